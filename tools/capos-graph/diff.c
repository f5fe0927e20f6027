/*
 * diff.c - two graphs as sorted lists of lines without ids, compared like texts.
 */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

#include "label.h"

#define DIFF_LINE_BYTES (4 * LABEL_BYTES)

struct diff_lines {
    char (*lines)[DIFF_LINE_BYTES];
    uint32_t count;
};

static const char *diff_name(const struct graph_process *process)
{
    return process && process->name[0] ? process->name : "?";
}

/* An edge without the numbers that change from run to run. */
static void diff_line(char line[DIFF_LINE_BYTES], const struct graph *graph,
                      const struct graph_edge *edge)
{
    const struct graph_object *object = &graph->objects[edge->object];
    const struct graph_process *server = graph_server(graph, object);
    const struct graph_process *about =
        server ? server : graph_process(graph, object->subject);
    const struct graph_process *giver = graph_process(graph, edge->giver);
    char interface[LABEL_BYTES];

    snprintf(line, DIFF_LINE_BYTES, "%s: %s%s%s, %s, %s%s%s%s",
             diff_name(&graph->processes[edge->process]),
             label_interface(interface, object->interface),
             about ? " of " : "", about ? diff_name(about) : "",
             label_mode(edge->mode), label_origin(edge->origin),
             giver ? " from " : "", giver ? diff_name(giver) : "",
             edge->node ? ", revocable" : "");
}

static int diff_order(const void *a, const void *b)
{
    return strcmp(a, b);
}

static struct diff_lines diff_list(const struct graph *graph)
{
    struct diff_lines list = {NULL, 0};

    for (uint32_t i = 0; i < graph->edge_count; i++) {
        if (graph_alive(graph, &graph->edges[i])) {
            list.lines = map_grow(list.lines, list.count,
                                  sizeof(*list.lines));
            diff_line(list.lines[list.count++], graph, &graph->edges[i]);
        }
    }
    if (list.count) {
        qsort(list.lines, list.count, sizeof(*list.lines), diff_order);
    }
    return list;
}

uint32_t diff_print(FILE *out, const struct graph *first,
                    const struct graph *second)
{
    struct diff_lines old = diff_list(first);
    struct diff_lines new = diff_list(second);
    uint32_t differences = 0;
    uint32_t i = 0;
    uint32_t j = 0;

    while (i < old.count || j < new.count) {
        int order = i == old.count   ? 1
                    : j == new.count ? -1
                                     : strcmp(old.lines[i], new.lines[j]);

        if (order) {
            fprintf(out, "%c %s\n", order < 0 ? '-' : '+',
                    order < 0 ? old.lines[i] : new.lines[j]);
            differences++;
        }
        i += order <= 0;
        j += order >= 0;
    }
    free(old.lines);
    free(new.lines);
    return differences;
}
