/*
 * sim_lockstep.c - several virtual CPUs on one host thread.
 *
 * Each has a stack of its own, and one of them runs. It lets go of the host
 * thread only inside the kernel: outside of core_on_*, when it spins or waits
 * for a flush, when it idles, and, in the exploring build, before it accesses
 * what CPUs share. Who goes on is decided by sim_schedule.c. So a run depends
 * on the seed and on what the programs do, and on nothing else.
 */
#include "host.h"
#include "sim.h"

/* So many rounds of spinning in which nothing changes are a deadlock. */
#define SPINS_MAX 1000000u

static uint32_t spins;

static bool ready(const struct sim_cpu *cpu)
{
    return sync_load(&cpu->started) != 0 &&
           (!cpu->idle || sync_load64(&cpu->flush_from) != 0 ||
            sync_load64(&cpu->pending) != 0);
}

/* Every CPU that could run, but not the one left out. */
static uint32_t list_ready(struct sim_cpu **list, const struct sim_cpu *but)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < hal_sim_cpu_count; i++) {
        if (&hal_sim_cpus[i] != but && ready(&hal_sim_cpus[i])) {
            list[count++] = &hal_sim_cpus[i];
        }
    }
    return count;
}

static void switch_to(struct sim_cpu *next)
{
    struct sim_cpu *self = sim_cpu_self();

    if (next != self) {
        /* The xmm registers hold what another CPU left there. */
        sync_store_pointer(&next->last, NULL);
        sim_host_self()->cpu = next;
        host_fiber_switch(self, next);
    }
}

/* Lets one of the CPUs that can run go on; false: none can. */
static bool run_one(const struct sim_cpu *but)
{
    struct sim_cpu *list[SIM_CPUS_MAX];
    uint32_t count = list_ready(list, but);

    if (count == 0) {
        return false;
    }
    switch_to(sim_schedule_choose(list, count));
    return true;
}

enum sim_others sim_lockstep_others(void)
{
    struct sim_cpu *list[SIM_CPUS_MAX];
    uint32_t count = list_ready(list, sim_cpu_self());

    for (uint32_t i = 0; i < count; i++) {
        if (!list[i]->hogs) {
            return SIM_OTHERS_READY;
        }
    }
    return count > 0 ? SIM_OTHERS_HOG : SIM_OTHERS_NONE;
}

void sim_lockstep_progress(void)
{
    if (!sim_options.parallel) {
        spins = 0;
    }
}

void sim_lockstep_switch(void)
{
    if (hal_sim_cpu_count > 1) {
        run_one(NULL);
    }
}

void sim_lockstep_relax(void)
{
    struct sim_cpu *self = sim_cpu_self();

    if (++spins == SPINS_MAX) {
        sim_stop_because("CPU %u spins for ever, and so do all that run",
                         (unsigned)self->number);
    }
    sim_schedule_spins(self);
    run_one(self);
}

void sim_lockstep_idle(void)
{
    struct sim_cpu *self = sim_cpu_self();

    self->idle = true;
    self->hogs = false;
    if (!run_one(NULL)) {
        sim_idle_machine();
    }
    self->idle = false;
}

/* The first thing on a CPU's own stack. */
static void start(void)
{
    host_fiber_entered();
    sim_cpu_start();
}

void sim_lockstep_start(void)
{
    for (uint32_t i = 1; i < hal_sim_cpu_count; i++) {
        if (!host_fiber_create(&hal_sim_cpus[i], start)) {
            hal_stop("the host gives no stack for a CPU");
        }
        sync_store(&hal_sim_cpus[i].started, 1);
    }
}
