/*
 * graph.h - who held which capability at one moment of a trace.
 *
 * An edge is a capability in a process's table (doc/authority.md). Edges that have
 * ended are kept: the grants that living ones came from lead through them. What
 * is cut by a Revoker is no authority any more and counts as ended.
 *
 * A trace that begins in the middle of a run names what lives first; givers of
 * before that are unknown. Ids come from the file, so anything can turn up.
 */
#ifndef CAPOS_TOOLS_GRAPH_H
#define CAPOS_TOOLS_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "map.h"
#include "trace_file.h"

#define GRAPH_NAME_BYTES 32u
#define GRAPH_NONE UINT32_MAX

struct graph_process {
    uint64_t id;
    uint64_t parent;
    char name[GRAPH_NAME_BYTES + 1]; /* printable; empty: unknown */
    bool ended;
    struct map edge_at; /* by CapId: the edge */
};

struct graph_object {
    uint64_t id;
    uint64_t interface;
    uint64_t subject; /* what it is about: EDGE_ABOUT in trace.h; 0: nothing */
};

struct graph_node { /* of revocation */
    uint64_t id;
    uint64_t parent;
    bool cut;
};

struct graph_edge {
    uint32_t process; /* index */
    uint32_t object;  /* index */
    uint64_t cap;
    uint64_t giver; /* process id; 0: the kernel */
    uint64_t giver_cap;
    uint64_t node; /* 0: the root */
    uint8_t mode;
    uint8_t origin;
    bool ended;
};

struct graph {
    struct graph_process *processes;
    struct graph_object *objects;
    struct graph_node *nodes;
    struct graph_edge *edges;
    uint32_t process_count;
    uint32_t object_count;
    uint32_t node_count;
    uint32_t edge_count;
    struct map process_at;
    struct map object_at;
    struct map node_at;
    struct map server_at; /* by endpoint's object id: the process */
    uint32_t *open; /* for each CPU: the edge that its records are about */
    uint32_t cpu_count;
};

/*
 * Reads the records up to one, which is not read any more (UINT32_MAX: all), or
 * up to a time, which is (UINT64_MAX: all). graph_fini afterwards.
 */
void graph_init(struct graph *graph, const struct trace *trace,
                uint32_t record, uint64_t time_ns);

void graph_fini(struct graph *graph);

/* True if the edge is there at that moment, and not cut. */
bool graph_alive(const struct graph *graph, const struct graph_edge *edge);

/* The edge that this one was given from, living or not; NULL: the kernel's. */
const struct graph_edge *graph_giver(const struct graph *graph,
                                     const struct graph_edge *edge);

/*
 * The process that serves an object: who holds its endpoint. NULL: the kernel
 * serves it, or nobody does any more.
 */
const struct graph_process *graph_server(const struct graph *graph,
                                         const struct graph_object *object);

/* The process with that id, or NULL. */
const struct graph_process *graph_process(const struct graph *graph,
                                          uint64_t id);

#endif
