/*
 * sim_trace.c - writes the trace (src/abi/trace.h), some records at a time.
 *
 * One trace at a time, of --trace or of hal_trace_start. Records of all CPUs go
 * into one buffer in the order of their times, under a lock.
 */
#include "host.h"
#include "sim.h"
#include "sim_lock.h"

#define RECORDS_BUFFERED 1024u
#define LAST_TRIES 100000u

sync_u32 hal_sim_trace_enabled;
static struct sim_lock trace_lock;
static struct trace_record records[RECORDS_BUFFERED];
static uint32_t used;

static void flush_locked(void)
{
    uint32_t count = used;

    used = 0; /* first: a panic while writing flushes again */
    if (count > 0) {
        host_trace_write(records, count * sizeof(records[0]));
    }
}

void sim_trace_flush(void)
{
    /* The machine may end because of what the one that holds it does. */
    bool locked = sim_lock_try(&trace_lock, LAST_TRIES);

    flush_locked();
    if (locked) {
        sim_lock_release(&trace_lock);
    }
}

void hal_trace(enum trace_kind kind, uint32_t thread, uint64_t a, uint64_t b)
{
    if (!hal_trace_enabled()) {
        return;
    }
    sim_lock_take(&trace_lock);
    if (used == RECORDS_BUFFERED) {
        flush_locked();
    }
    if (hal_trace_enabled()) { /* not stopped meanwhile */
        records[used++] = (struct trace_record){
            .time_ns = hal_time_now(),
            .kind = (uint16_t)kind,
            .cpu = (uint16_t)hal_cpu_self(),
            .thread = thread,
            .a = a,
            .b = b,
        };
    }
    sim_lock_release(&trace_lock);
}

/* Begins the file that is open for writing. */
static void begin(void)
{
    struct trace_file head = {
        .magic = TRACE_MAGIC,
        .version = TRACE_VERSION,
        .record_bytes = sizeof(struct trace_record),
        .seed = sim_options.seed,
    };

    host_trace_write(&head, sizeof(head));
    sync_store(&hal_sim_trace_enabled, 1);
}

void sim_trace_start(void)
{
    spinlock_init(&trace_lock.spin);
    if (sim_options.trace_path != NULL) {
        begin();
    }
}

static void end(void)
{
    sync_store(&hal_sim_trace_enabled, 0);
    flush_locked();
    host_trace_close();
}

/* A name in the current directory, printable, and not a hidden one. */
static bool good_name(const char *name)
{
    size_t length = 0;

    for (; name[length] != '\0'; length++) {
        if (name[length] == '/' || name[length] <= ' ' || name[length] > '~' ||
            length == SIM_TRACE_NAME_BYTES - 1) {
            return false;
        }
    }
    return length > 0 && name[0] != '.';
}

int32_t hal_trace_start(const char *name)
{
    if (!good_name(name)) {
        return ERR_INVALID;
    }
    sim_lock_take(&trace_lock);
    flush_locked();
    bool opened = host_trace_open(name); /* if not, the old one goes on */

    if (opened) {
        begin();
    }
    sim_lock_release(&trace_lock);
    return opened ? 0 : ERR_INVALID;
}

void hal_trace_stop(void)
{
    sim_lock_take(&trace_lock);
    end();
    sim_lock_release(&trace_lock);
}
