/*
 * sim_time.c - the clock and the one-shot timers.
 *
 * In lockstep time is a number that grows by what entries and work cost, on
 * whichever CPU, and jumps to the first deadline when all of them idle: nothing
 * in it comes from the host, so runs repeat. With --realtime it never lags
 * behind the host's clock; with --parallel it is the host's clock.
 */
#include "sim_time.h"

#include "host.h"
#include "sim.h"

static uint64_t now_ns;
static struct time_page *time_page; /* NULL: not kept yet */

/* A deadline becomes a pending tick when the clock has reached it. */
static void check_deadline(struct sim_cpu *cpu, uint64_t time_ns)
{
    if (time_ns >= cpu->deadline_ns) {
        sim_pending_set(cpu, SIM_PENDING_TICK);
    }
}

static void check_deadlines(void)
{
    for (uint32_t i = 0; i < hal_sim_cpu_count; i++) {
        check_deadline(&hal_sim_cpus[i], now_ns);
    }
}

uint64_t sim_time_earliest(void)
{
    uint64_t earliest_ns = UINT64_MAX;

    for (uint32_t i = 0; i < hal_sim_cpu_count; i++) {
        if (hal_sim_cpus[i].deadline_ns < earliest_ns) {
            earliest_ns = hal_sim_cpus[i].deadline_ns;
        }
    }
    return earliest_ns;
}

void hal_sim_time_advance(uint64_t ns)
{
    if (!sim_options.parallel) {
        now_ns += ns;
        check_deadlines();
    }
}

void sim_time_reach(uint64_t time_ns)
{
    if (now_ns < time_ns) {
        now_ns = time_ns;
    }
    check_deadlines();
}

void sim_time_entry(void)
{
    struct sim_host *host = sim_host_self();
    uint64_t step = sync_peek64(&host->entries) + 1;

    sync_poke64(&host->entries, step);
    if (sim_options.parallel) {
        check_deadline(sim_cpu_self(), hal_time_now());
        sim_console_entry();
        return;
    }
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
    return sim_options.parallel ? host_clock_ns() : now_ns;
}

void hal_time_arm(uint64_t deadline_ns)
{
    struct sim_cpu *cpu = sim_cpu_self();

    cpu->deadline_ns = deadline_ns;
    check_deadline(cpu, hal_time_now());
}

void hal_time_disarm(void)
{
    sim_cpu_self()->deadline_ns = UINT64_MAX;
}

/* ------------------------------------------------- the clock that programs read */

enum hal_wall hal_time_page(struct time_page *page)
{
    time_page = page;
    if (sim_options.realtime) {
        page->wall_ns = host_wall_ns() - hal_time_now();
        return HAL_WALL_HOST;
    }
    page->wall_ns = (uint64_t)sim_options.epoch_s * 1000000000u;
    return HAL_WALL_SIMULATED;
}

void sim_time_leave(void)
{
    uint64_t time_ns = hal_time_now();
    uint64_t before_ns;

    if (time_page == NULL) {
        return;
    }
    /* With --parallel another CPU may have been later. */
    before_ns = __atomic_load_n(&time_page->now_ns, __ATOMIC_RELAXED);
    while (before_ns < time_ns &&
           !__atomic_compare_exchange_n(&time_page->now_ns, &before_ns,
                                        time_ns, false, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED)) {
    }
}
