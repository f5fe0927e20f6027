/*
 * dot.c - the graph for graphviz.
 *
 * To stay readable it shows who can talk to whom and what they share: objects
 * that one process alone holds, and nobody serves, become lines in its box.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "label.h"
#include "print.h"

/*
 * Which objects have a place of their own in the picture: for each of them, true
 * if two processes hold it, or one and somebody serves it, or all are wanted.
 */
static bool *dot_choose(const struct graph *graph, bool all)
{
    bool *shown = map_array(graph->object_count, sizeof(*shown));
    uint32_t *holder = map_array(graph->object_count, sizeof(*holder));

    for (uint32_t i = 0; i < graph->edge_count; i++) {
        const struct graph_edge *edge = &graph->edges[i];
        const struct graph_object *object = &graph->objects[edge->object];
        uint32_t process = edge->process + 1;

        if (!object->id || !graph_alive(graph, edge)) {
            continue;
        }
        shown[edge->object] |=
            all || graph_server(graph, object) ||
            (holder[edge->object] && holder[edge->object] != process);
        holder[edge->object] = process;
    }
    free(holder);
    return shown;
}

/* The holder's box: its name, and what nobody else has, sorted out by kind. */
static void dot_process(FILE *out, const struct graph *graph, uint32_t at,
                        const bool *shown)
{
    const struct graph_process *process = &graph->processes[at];
    bool *told = map_array(graph->edge_count, sizeof(*told));
    char name[LABEL_BYTES];

    fprintf(out, "  p%" PRIu64 " [shape=box, label=<<b>%s</b>", process->id,
            label_process(name, graph, process->id));
    for (uint32_t i = 0; i < graph->edge_count; i++) {
        const struct graph_edge *edge = &graph->edges[i];
        uint64_t interface = graph->objects[edge->object].interface;
        uint32_t same = 0;

        if (told[i] || edge->process != at || shown[edge->object] ||
            !graph_alive(graph, edge)) {
            continue;
        }
        for (uint32_t j = i; j < graph->edge_count; j++) {
            const struct graph_edge *other = &graph->edges[j];

            if (other->process == at && !shown[other->object] &&
                graph->objects[other->object].interface == interface &&
                graph_alive(graph, other)) {
                told[j] = true;
                same++;
            }
        }
        fprintf(out, "<br/><font point-size=\"9\">%s",
                label_interface(name, interface));
        fprintf(out, same > 1 ? " × %" PRIu32 "</font>" : "</font>", same);
    }
    fputs(">];\n", out);
    free(told);
}

static void dot_object(FILE *out, const struct graph *graph,
                       const struct graph_object *object)
{
    const struct graph_process *server = graph_server(graph, object);
    char interface[LABEL_BYTES];

    fprintf(out, "  o%" PRIu64 " [label=\"%s\"%s];\n", object->id,
            label_interface(interface, object->interface),
            server ? ", style=filled, fillcolor=\"#fff2cc\"" : "");
    if (server) {
        fprintf(out,
                "  o%" PRIu64 " -> p%" PRIu64
                " [style=dashed, label=\"served by\"];\n",
                object->id, server->id);
    }
}

/* How the edge looks: what may not go on is red, what can be cut is dotted. */
static void dot_edge(FILE *out, const struct graph *graph,
                     const struct graph_edge *edge)
{
    static const char *const colors[] = {"black", "#1f5fbf", "#2a8a3a",
                                         "#b06000"};

    fprintf(out, "  p%" PRIu64 " -> o%" PRIu64 " [color=\"%s\"%s%s];\n",
            graph->processes[edge->process].id,
            graph->objects[edge->object].id,
            edge->origin < 4 ? colors[edge->origin] : "black",
            edge->mode ? ", arrowhead=tee" : "",
            edge->node ? ", style=dotted" : "");
}

void print_dot(FILE *out, const struct graph *graph, bool all)
{
    bool *shown = dot_choose(graph, all);

    fputs("digraph authority {\n"
          "  rankdir=LR;\n"
          "  node [fontname=\"sans-serif\", fontsize=11];\n"
          "  edge [fontname=\"sans-serif\", fontsize=9];\n",
          out);
    for (uint32_t i = 0; i < graph->process_count; i++) {
        if (!graph->processes[i].ended) {
            dot_process(out, graph, i, shown);
        }
    }
    for (uint32_t i = 0; i < graph->object_count; i++) {
        if (shown[i]) {
            dot_object(out, graph, &graph->objects[i]);
        }
    }
    for (uint32_t i = 0; i < graph->edge_count; i++) {
        if (shown[graph->edges[i].object] &&
            graph_alive(graph, &graph->edges[i])) {
            dot_edge(out, graph, &graph->edges[i]);
        }
    }
    fputs("}\n", out);
    free(shown);
}
