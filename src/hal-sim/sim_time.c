/*
 * sim_time.c - the clock and the one-shot timer.
 *
 * In lockstep time is a number that grows by what entries and work cost and
 * jumps to the deadline when the machine idles: nothing in it comes from the
 * host, so runs repeat. With --realtime it never lags behind the host's clock.
 */
#include "sim_time.h"

#include "host.h"
#include "sim.h"

static uint64_t now_ns;

/* The deadline becomes a pending tick when the clock has reached it. */
static void check_deadline(void)
{
    if (now_ns >= sim_cpu_self()->deadline_ns) {
        sim_pending_set(sim_host_self(), SIM_PENDING_TICK);
    }
}

void hal_sim_time_advance(uint64_t ns)
{
    now_ns += ns;
    check_deadline();
}

void sim_time_reach(uint64_t time_ns)
{
    if (now_ns < time_ns) {
        now_ns = time_ns;
    }
    check_deadline();
}

void sim_time_entry(void)
{
    uint64_t step = ++sim_cpu_self()->entries;

    if (sim_options.realtime) {
        sim_time_reach(host_clock_ns());
    }
    hal_sim_time_advance(SIM_ENTRY_NS + (sim_random() & SIM_ENTRY_JITTER_NS));
    sim_console_entry();
    if (step == sim_options.until) {
        sim_until();
    }
}

uint64_t hal_time_now(void)
{
    return now_ns;
}

void hal_time_arm(uint64_t deadline_ns)
{
    sim_cpu_self()->deadline_ns = deadline_ns;
    check_deadline();
}

void hal_time_disarm(void)
{
    sim_cpu_self()->deadline_ns = UINT64_MAX;
}
