/*
 * model.h - what a trace tells as a whole: processes and their names, which
 * process a thread belongs to, and calls from their CALL to their end.
 *
 * Ids come from the records, so anything can turn up: an id that no THREAD or
 * SPAWN made known has an entry too, without a name. A trace may begin in the
 * middle of a run.
 */
#ifndef CAPOS_TOOLS_TRACE_MODEL_H
#define CAPOS_TOOLS_TRACE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "map.h"
#include "trace_file.h"

#define MODEL_NAME_BYTES 32u
#define MODEL_NO_CALL UINT32_MAX
#define MODEL_NAMELESS UINT32_MAX

struct model_process {
    uint64_t id;
    char name[MODEL_NAME_BYTES + 1]; /* printable; empty: unknown */
    uint32_t named;                  /* bytes of it that came */
    uint32_t namer; /* CPU that names it: two may, when a trace begins late */
};

struct model_thread {
    uint32_t id;
    uint32_t process;   /* index */
    uint32_t open_call; /* its CALL that has no id yet, or MODEL_NO_CALL */
    bool ended;
};

struct model_call {
    uint64_t interface;
    uint64_t object;
    uint64_t endpoint; /* 0: the kernel serves it */
    uint64_t id;       /* 0: it never had one */
    uint64_t call_ns;
    uint64_t end_ns;
    int64_t result;
    uint32_t method;
    uint32_t caller;   /* threads, by id */
    uint32_t receiver; /* 0: not delivered */
    bool ended;
    bool orphan; /* it ended after its caller */
};

struct model {
    const struct trace *trace;
    struct model_process *processes;
    struct model_thread *threads;
    struct model_call *calls;
    uint32_t *call_of; /* for each record: the call that it is about */
    uint32_t process_count;
    uint32_t thread_count;
    uint32_t call_count;
    uint32_t cpu_count;
    uint64_t id_max;  /* of processes and threads */
    uint64_t time_ns; /* the last one */
    struct map process_at;
    struct map thread_at;
    struct map call_at; /* open calls by id */
};

/* Reads all records. model_fini afterwards. */
void model_init(struct model *model, const struct trace *trace);

void model_fini(struct model *model);

/* Index of the thread with that id, which occurs in a record. */
uint32_t model_thread(const struct model *model, uint32_t id);

/* The process of the thread with that id; NULL: no such thread. */
const struct model_process *model_process_of(const struct model *model,
                                             uint32_t thread);

#endif
