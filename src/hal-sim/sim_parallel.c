/*
 * sim_parallel.c - virtual CPUs on a host thread each (--parallel).
 *
 * What one CPU asks of another is a word of the other's struct sim_cpu, set
 * atomically, and a signal: the handler interrupts user code, a sleep ends, and
 * the kernel looks at the word on its way out. Runs are not reproducible.
 */
#include "host.h"
#include "sim.h"

/* CPUs that have nothing to wait for but each other. */
static sync_u32 hopeless;

static bool nothing_pending(void)
{
    for (uint32_t i = 0; i < hal_sim_cpu_count; i++) {
        if (sync_load64(&hal_sim_cpus[i].pending) != 0) {
            return false;
        }
    }
    return true;
}

/*
 * Who is counted here sets no other CPU's pending bits and clears none of its
 * own, so when all are, what is seen of the bits is the last word.
 */
static void sleep_hopeless(void)
{
    uint32_t count = sync_add(&hopeless, 1) + 1;

    if (count == hal_sim_cpu_count && nothing_pending() &&
        !sim_console_awaited()) {
        sim_deadlock();
    }
    host_live_wait(false, UINT64_MAX);
    sync_sub(&hopeless, 1);
}

void sim_parallel_idle(void)
{
    struct sim_cpu *self = sim_cpu_self();
    uint64_t now_ns = hal_time_now();

    sim_console_entry();
    if (self->deadline_ns == UINT64_MAX) {
        sleep_hopeless();
    } else if (self->deadline_ns > now_ns) {
        host_live_wait(false, self->deadline_ns - now_ns);
        now_ns = hal_time_now();
    }
    if (self->deadline_ns <= now_ns) {
        sim_pending_set(self, SIM_PENDING_TICK);
    }
}

void sim_parallel_start(void)
{
    for (uint32_t i = 1; i < hal_sim_cpu_count; i++) {
        if (!host_cpu_start(&hal_sim_cpus[i])) {
            hal_stop("the host gives no thread for a CPU");
        }
    }
}
