/*
 * trace_make.h - traces for the tests of capos-trace: records one after the
 * other, each a nanosecond later than the one before.
 */
#ifndef CAPOS_TESTS_TRACE_MAKE_H
#define CAPOS_TESTS_TRACE_MAKE_H

#include "model.h"

#define TRACE_MAKE_RECORDS 512u

struct trace_make {
    struct trace trace;
    struct trace_record records[TRACE_MAKE_RECORDS];
};

static inline void trace_make_on(struct trace_make *make, uint16_t cpu,
                                 uint16_t kind, uint32_t thread, uint64_t a,
                                 uint64_t b)
{
    uint32_t at = make->trace.count++;

    make->trace.records = make->records;
    make->records[at] = (struct trace_record){
        .time_ns = at + 1, .kind = kind, .cpu = cpu, .thread = thread, .a = a,
        .b = b};
}

static inline void trace_make_add(struct trace_make *make, uint16_t kind,
                                  uint32_t thread, uint64_t a, uint64_t b)
{
    trace_make_on(make, 0, kind, thread, a, b);
}

/* "init", process 1, with thread 1, and "echo", process 2, with thread 2. */
static inline void trace_make_two(struct trace_make *make)
{
    *make = (struct trace_make){.trace = {.count = 0}};
    for (uint64_t id = 1; id <= 2; id++) {
        trace_make_add(make, TRACE_THREAD, (uint32_t)id, id, id);
        trace_make_add(make, TRACE_SPAWN, 0, id, id - 1);
        trace_make_add(make, TRACE_NAME, 0, id,
                       id == 1 ? 0x74696e69 : 0x6f686365);
    }
}

#endif
