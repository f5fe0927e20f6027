/* trace_file.c - what makes bytes a trace. */
#include "trace_file.h"

#include <string.h>

const char *trace_open(const void *bytes, size_t size, struct trace *trace)
{
    size_t records;

    if (size < sizeof(trace->head)) {
        return "shorter than the head of a trace";
    }
    memcpy(&trace->head, bytes, sizeof(trace->head));
    records = size - sizeof(trace->head);
    if (trace->head.magic != TRACE_MAGIC) {
        return "not a trace";
    }
    if (trace->head.version != TRACE_VERSION) {
        return "a trace of another version";
    }
    if (trace->head.record_bytes != sizeof(struct trace_record)) {
        return "damaged: records of another size";
    }
    if (records % sizeof(struct trace_record) != 0) {
        return "damaged: ends in the middle of a record";
    }
    if (records / sizeof(struct trace_record) >= UINT32_MAX) {
        return "too long: more than 4,000,000,000 records";
    }
    trace->records = (const void *)((const uint8_t *)bytes +
                                    sizeof(trace->head));
    trace->count = (uint32_t)(records / sizeof(struct trace_record));
    return NULL;
}
