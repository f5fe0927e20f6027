/* text.c - the graph as lines. */
#include "label.h"
#include "print.h"

static void text_edge(FILE *out, const struct graph *graph,
                      const struct graph_edge *edge)
{
    char cap[LABEL_BYTES];
    char object[LABEL_BYTES];
    char giver[LABEL_BYTES];

    fprintf(out, "  %-8s %-44s %s, %s", label_cap(cap, edge->cap),
            label_object(object, graph, &graph->objects[edge->object]),
            label_mode(edge->mode), label_origin(edge->origin));
    if (edge->giver) {
        fprintf(out, " from %s %s", label_process(giver, graph, edge->giver),
                label_cap(cap, edge->giver_cap));
    }
    fputs(edge->node ? ", revocable\n" : "\n", out);
}

void print_text(FILE *out, const struct graph *graph)
{
    char name[LABEL_BYTES];

    for (uint32_t i = 0; i < graph->process_count; i++) {
        const struct graph_process *process = &graph->processes[i];

        if (process->ended) {
            continue;
        }
        fprintf(out, "%s\n", label_process(name, graph, process->id));
        for (uint32_t e = 0; e < graph->edge_count; e++) {
            if (graph->edges[e].process == i &&
                graph_alive(graph, &graph->edges[e])) {
                text_edge(out, graph, &graph->edges[e]);
            }
        }
    }
}
