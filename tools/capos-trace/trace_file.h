/*
 * trace_file.h - a trace file in memory.
 *
 * A file that is not a trace, of another version, or cut off in the middle of a
 * record is refused as a whole. What the records say is checked by nobody:
 * their readers take any value.
 */
#ifndef CAPOS_TOOLS_TRACE_FILE_H
#define CAPOS_TOOLS_TRACE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "trace.h"

struct trace {
    struct trace_file head;
    const struct trace_record *records;
    uint32_t count;
};

/*
 * Finds head and records in size bytes at bytes, which must be aligned to 8 and
 * stay. Returns NULL, or why these bytes are no trace that can be read.
 */
const char *trace_open(const void *bytes, size_t size, struct trace *trace);

#endif
