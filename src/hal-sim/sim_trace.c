/* sim_trace.c - writes the trace (src/abi/trace.h), some records at a time. */
#include "host.h"
#include "sim.h"

#define RECORDS_BUFFERED 1024u

bool hal_sim_trace_enabled;
static struct trace_record records[RECORDS_BUFFERED];
static uint32_t used;

void sim_trace_start(uint64_t seed)
{
    struct trace_file head = {
        .magic = TRACE_MAGIC,
        .version = TRACE_VERSION,
        .record_bytes = sizeof(struct trace_record),
        .seed = seed,
    };

    if (sim_options.trace_path != NULL) {
        host_trace_write(&head, sizeof(head));
        hal_sim_trace_enabled = true;
    }
}

void sim_trace_flush(void)
{
    uint32_t count = used;

    used = 0; /* first: a panic while writing flushes again */
    if (count > 0) {
        host_trace_write(records, count * sizeof(records[0]));
    }
}

void hal_trace(enum trace_kind kind, uint32_t thread, uint64_t a, uint64_t b)
{
    if (!hal_sim_trace_enabled) {
        return;
    }
    records[used++] = (struct trace_record){
        .time_ns = hal_time_now(),
        .kind = (uint16_t)kind,
        .cpu = (uint16_t)hal_cpu_self(),
        .thread = thread,
        .a = a,
        .b = b,
    };
    if (used == RECORDS_BUFFERED) {
        sim_trace_flush();
    }
}
