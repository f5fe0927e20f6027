/*
 * graph.c - one pass over the records of authority.
 *
 * An EDGE begins an edge; the EDGE_TO, EDGE_FROM, EDGE_HOW and EDGE_ABOUT of the
 * same CPU that follow are about it. The same holds for NODE and NODE_OF.
 */
#include "graph.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "capos.gen.h"

/*
 * The index of what has that id, which the map knows; new ones come to the end of
 * the array, zeroed but for their id, their first member.
 */
static uint32_t graph_meet(struct map *at_id, void *array, uint32_t *count,
                           size_t bytes, uint64_t id)
{
    uint32_t at = map_get(at_id, id);
    void *elements;

    if (at != MAP_NONE) {
        return at;
    }
    at = (*count)++;
    memcpy(&elements, array, sizeof(elements));
    elements = map_grow(elements, at, bytes);
    memcpy(array, &elements, sizeof(elements));
    memset((char *)elements + at * bytes, 0, bytes);
    memcpy((char *)elements + at * bytes, &id, sizeof(id));
    map_set(at_id, id, at);
    return at;
}

_Static_assert(offsetof(struct graph_process, id) == 0 &&
                   offsetof(struct graph_object, id) == 0 &&
                   offsetof(struct graph_node, id) == 0,
               "graph_meet writes it there");

static uint32_t graph_meet_process(struct graph *graph, uint64_t id)
{
    return graph_meet(&graph->process_at, &graph->processes,
                      &graph->process_count, sizeof(*graph->processes), id);
}

static uint32_t graph_meet_object(struct graph *graph, uint64_t id)
{
    return graph_meet(&graph->object_at, &graph->objects,
                      &graph->object_count, sizeof(*graph->objects), id);
}

static struct graph_node *graph_meet_node(struct graph *graph, uint64_t id)
{
    return &graph->nodes[graph_meet(&graph->node_at, &graph->nodes,
                                    &graph->node_count,
                                    sizeof(*graph->nodes), id)];
}

/* Which edge the CPU's records are about. */
static uint32_t *graph_open(struct graph *graph, uint16_t cpu)
{
    while (graph->cpu_count <= cpu) {
        graph->open = map_grow(graph->open, graph->cpu_count,
                               sizeof(*graph->open));
        graph->open[graph->cpu_count++] = GRAPH_NONE;
    }
    return &graph->open[cpu];
}

static void graph_spawn(struct graph *graph, const struct trace_record *record)
{
    struct graph_process *process =
        &graph->processes[graph_meet_process(graph, record->a)];

    process->parent = record->b;
    process->name[0] = '\0';
}

static void graph_name(struct graph *graph, const struct trace_record *record)
{
    struct graph_process *process =
        &graph->processes[graph_meet_process(graph, record->a)];
    size_t length = strlen(process->name);

    for (uint32_t i = 0; i < 8 && length < GRAPH_NAME_BYTES; i++) {
        char c = (char)(record->b >> 8 * i);

        if (c == '\0') {
            break;
        }
        process->name[length++] = c >= ' ' && c <= '~' ? c : '?';
    }
    process->name[length] = '\0';
}

static void graph_edge_begin(struct graph *graph,
                             const struct trace_record *record)
{
    uint32_t process = graph_meet_process(graph, record->a);
    uint32_t at = graph->edge_count;

    graph->edges = map_grow(graph->edges, at, sizeof(*graph->edges));
    graph->edges[at] = (struct graph_edge){
        .process = process,
        .object = graph_meet_object(graph, 0),
        .cap = record->b,
    };
    graph->edge_count++;
    map_set(&graph->processes[process].edge_at, record->b, at);
    *graph_open(graph, record->cpu) = at;
}

static void graph_edge_end(struct graph *graph,
                           const struct trace_record *record)
{
    uint32_t process = graph_meet_process(graph, record->a);
    uint32_t at = map_get(&graph->processes[process].edge_at, record->b);

    if (at != MAP_NONE) {
        graph->edges[at].ended = true;
    }
}

/* What else there is to know of the edge that the CPU has begun. */
static void graph_edge_more(struct graph *graph,
                            const struct trace_record *record)
{
    uint32_t at = *graph_open(graph, record->cpu);
    struct graph_edge *edge;

    if (at == GRAPH_NONE) {
        return;
    }
    edge = &graph->edges[at];
    switch (record->kind) {
    case TRACE_EDGE_TO:
        edge->object = graph_meet_object(graph, record->a);
        graph->objects[edge->object].interface = record->b;
        break;
    case TRACE_EDGE_FROM:
        edge->giver = record->a;
        edge->giver_cap = record->b;
        break;
    case TRACE_EDGE_ABOUT:
        graph->objects[edge->object].subject = record->b;
        break;
    default: /* EDGE_HOW */
        edge->mode = (uint8_t)record->a;
        edge->origin = (uint8_t)(record->a >> 8);
        edge->node = record->b;
    }
}

static void graph_record(struct graph *graph,
                         const struct trace_record *record)
{
    switch (record->kind) {
    case TRACE_SPAWN:
        graph_spawn(graph, record);
        break;
    case TRACE_NAME:
        graph_name(graph, record);
        break;
    case TRACE_EXIT:
        graph->processes[graph_meet_process(graph, record->a)].ended = true;
        break;
    case TRACE_EDGE:
        graph_edge_begin(graph, record);
        break;
    case TRACE_EDGE_TO:
    case TRACE_EDGE_FROM:
    case TRACE_EDGE_HOW:
    case TRACE_EDGE_ABOUT:
        graph_edge_more(graph, record);
        break;
    case TRACE_EDGE_END:
        graph_edge_end(graph, record);
        break;
    case TRACE_NODE:
        graph_meet_node(graph, record->a)->parent = record->b;
        break;
    case TRACE_NODE_CUT:
        graph_meet_node(graph, record->a)->cut = true;
        break;
    default:
        break;
    }
}

/* Who holds an endpoint serves what was minted of it. */
static void graph_find_servers(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->edge_count; i++) {
        const struct graph_edge *edge = &graph->edges[i];
        const struct graph_object *object = &graph->objects[edge->object];

        if (object->interface == ENDPOINT_INTERFACE_ID &&
            graph_alive(graph, edge)) {
            map_set(&graph->server_at, object->id, edge->process);
        }
    }
}

void graph_init(struct graph *graph, const struct trace *trace,
                uint32_t record, uint64_t time_ns)
{
    *graph = (struct graph){.process_count = 0};
    for (uint32_t i = 0; i < trace->count && i < record &&
                         trace->records[i].time_ns <= time_ns;
         i++) {
        graph_record(graph, &trace->records[i]);
    }
    graph_find_servers(graph);
}

void graph_fini(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->process_count; i++) {
        map_fini(&graph->processes[i].edge_at);
    }
    map_fini(&graph->process_at);
    map_fini(&graph->object_at);
    map_fini(&graph->node_at);
    map_fini(&graph->server_at);
    free(graph->processes);
    free(graph->objects);
    free(graph->nodes);
    free(graph->edges);
    free(graph->open);
}

/* A node below one that was cut is cut; ids may form any shape, even a ring. */
static bool graph_cut(const struct graph *graph, uint64_t id)
{
    for (uint32_t steps = 0; id != 0 && steps <= graph->node_count; steps++) {
        uint32_t at = map_get(&graph->node_at, id);

        if (at == MAP_NONE) {
            return false;
        }
        if (graph->nodes[at].cut) {
            return true;
        }
        id = graph->nodes[at].parent;
    }
    return false;
}

bool graph_alive(const struct graph *graph, const struct graph_edge *edge)
{
    return !edge->ended && !graph->processes[edge->process].ended &&
           !graph_cut(graph, edge->node);
}

const struct graph_process *graph_process(const struct graph *graph,
                                          uint64_t id)
{
    uint32_t at = map_get(&graph->process_at, id);

    return at == MAP_NONE ? NULL : &graph->processes[at];
}

const struct graph_edge *graph_giver(const struct graph *graph,
                                     const struct graph_edge *edge)
{
    const struct graph_process *giver = graph_process(graph, edge->giver);
    uint32_t at = giver ? map_get(&giver->edge_at, edge->giver_cap) : MAP_NONE;

    return at == MAP_NONE ? NULL : &graph->edges[at];
}

const struct graph_process *graph_server(const struct graph *graph,
                                         const struct graph_object *object)
{
    uint32_t at = object->interface != ENDPOINT_INTERFACE_ID
                      ? map_get(&graph->server_at, object->subject)
                      : MAP_NONE;

    return at == MAP_NONE ? NULL : &graph->processes[at];
}
