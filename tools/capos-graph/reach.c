/*
 * reach.c - direct holders with the chain of their grants, and who can get
 * there by calling them.
 *
 * The second is what could happen, not what does: a process that can call
 * another one reaches what that one is willing to do for it.
 */
#include "reach.h"

#include <stdlib.h>

#include "label.h"

#define REACH_CHAIN_MAX 64u /* grants shown; a damaged trace may have a ring */

/* How a process gets there. */
struct reach {
    uint32_t *by; /* edge + 1; 0: not at all */
    bool *direct;
};

/* True if target names the object, or the process that serves it. */
static bool reach_wanted(const struct graph *graph,
                         const struct graph_object *object,
                         const char *target)
{
    const struct graph_process *server = graph_server(graph, object);

    return object->id && (label_names_object(target, object) ||
                          (server && label_names_process(target, server)));
}

static uint32_t reach_direct(const struct graph *graph, struct reach *reach,
                             const char *target)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < graph->edge_count; i++) {
        const struct graph_edge *edge = &graph->edges[i];

        if (graph_alive(graph, edge) && !reach->by[edge->process] &&
            reach_wanted(graph, &graph->objects[edge->object], target)) {
            reach->by[edge->process] = i + 1;
            reach->direct[edge->process] = true;
            found++;
        }
    }
    return found;
}

/* Who can call somebody who gets there, until nobody is added. */
static void reach_indirect(const struct graph *graph, struct reach *reach)
{
    bool more = true;

    while (more) {
        more = false;
        for (uint32_t i = 0; i < graph->edge_count; i++) {
            const struct graph_edge *edge = &graph->edges[i];
            const struct graph_process *server =
                graph_server(graph, &graph->objects[edge->object]);

            if (server && !reach->by[edge->process] &&
                reach->by[server - graph->processes] &&
                graph_alive(graph, edge)) {
                reach->by[edge->process] = i + 1;
                more = true;
            }
        }
    }
}

static void reach_chain(FILE *out, const struct graph *graph,
                        const struct graph_edge *edge)
{
    char name[LABEL_BYTES];
    char cap[LABEL_BYTES];

    for (uint32_t i = 0; edge && i < REACH_CHAIN_MAX; i++) {
        fprintf(out, "    %s, %s, from %s", label_origin(edge->origin),
                label_mode(edge->mode),
                label_process(name, graph, edge->giver));
        if (edge->giver) {
            fprintf(out, " %s", label_cap(cap, edge->giver_cap));
        }
        fputs(edge->node ? ", revocable\n" : "\n", out);
        edge = graph_giver(graph, edge);
    }
}

static void reach_one(FILE *out, const struct graph *graph, uint32_t process,
                      const struct reach *reach)
{
    const struct graph_edge *edge = &graph->edges[reach->by[process] - 1];
    char name[LABEL_BYTES];
    char object[LABEL_BYTES];
    char cap[LABEL_BYTES];

    fprintf(out, "%s %s %s, capability %s\n",
            label_process(name, graph, graph->processes[process].id),
            reach->direct[process] ? "holds" : "can ask",
            label_object(object, graph, &graph->objects[edge->object]),
            label_cap(cap, edge->cap));
    reach_chain(out, graph, edge);
}

bool reach_print(FILE *out, const struct graph *graph, const char *target)
{
    struct reach reach = {
        map_array(graph->process_count, sizeof(*reach.by)),
        map_array(graph->process_count, sizeof(*reach.direct)),
    };
    bool found = reach_direct(graph, &reach, target) != 0;

    reach_indirect(graph, &reach);
    for (uint32_t direct = 2; direct-- > 0;) {
        for (uint32_t i = 0; i < graph->process_count; i++) {
            if (reach.by[i] && reach.direct[i] == direct) {
                reach_one(out, graph, i, &reach);
            }
        }
    }
    free(reach.by);
    free(reach.direct);
    return found;
}
