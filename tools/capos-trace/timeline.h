/*
 * timeline.h - a trace as text: a line for each record that the filter lets
 * through.
 *
 * Nothing here trusts a record: an unknown kind, opcode, error or interface is
 * shown as its number.
 */
#ifndef CAPOS_TOOLS_TRACE_TIMELINE_H
#define CAPOS_TOOLS_TRACE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model.h"

/* Which records are shown; all zero but to_ns = UINT64_MAX: every one. */
struct timeline_filter {
    bool by_kind;
    bool by_thread;
    bool by_cpu;
    const char *process; /* id or name; NULL: every one */
    uint16_t kind;
    uint16_t cpu;
    uint32_t thread; /* 0: records of no thread */
    uint64_t from_ns;
    uint64_t to_ns; /* inclusive */
};

/* Prints the records of the trace. Returns how many. */
uint32_t timeline_print(FILE *out, const struct model *model,
                        const struct timeline_filter *filter);

/* True if a process of the trace has that id or name. */
bool timeline_process_known(const struct model *model, const char *process);

#endif
