/*
 * sim_flush.c - what CPUs ask of each other about mappings, and whether the
 * core asks often enough.
 *
 * The host's page table is one, so a mapping that was taken away is gone for
 * all at once. A real CPU may go on using it until it is told; what is kept
 * here is how long it could. The core has until the end of the core_on_* in
 * which it took access away to flush every other CPU on which the space is
 * active; a CPU that has changed its space meanwhile has forgotten the mapping
 * by itself.
 *
 * One CPU has one active space, so for each pair of CPUs (who took away, who
 * may still use it) one place is enough to remember.
 */
#include "host.h"
#include "sim.h"

static uint64_t bit(const struct sim_cpu *cpu)
{
    return 1ull << cpu->number;
}

/* The lowest CPU of a mask, which is not empty; takes it out. */
static struct sim_cpu *first_of(uint64_t *cpus)
{
    struct sim_cpu *cpu = &hal_sim_cpus[__builtin_ctzll(*cpus)];

    *cpus &= *cpus - 1;
    return cpu;
}

/* ------------------------------------------------------------------ flushes */

void sim_flush_answer(void)
{
    struct sim_cpu *self = sim_cpu_self();
    uint64_t waiting;

    if (sync_load64(&self->flush_from) == 0) {
        return;
    }
    waiting = sync_and64(&self->flush_from, 0);
    while (waiting != 0) {
        struct sim_cpu *from = first_of(&waiting);

        sync_and64(&from->flush_waiting, ~bit(self));
        sim_lockstep_progress();
    }
}

static void forget_stale(struct sim_cpu *self, struct hal_space *space,
                         uint64_t cpus)
{
    uint64_t stale = self->stale_cpus & cpus;

    while (stale != 0) {
        const struct sim_cpu *cpu = first_of(&stale);

        if (self->stale[cpu->number].space == space) {
            self->stale[cpu->number].space = NULL;
            self->stale_cpus &= ~bit(cpu);
        }
    }
}

void hal_tlb_flush(struct hal_space *space, uint64_t cpus)
{
    struct sim_cpu *self = sim_cpu_self();
    uint64_t asked = 0;

    forget_stale(self, space, cpus);
    for (uint32_t i = 0; i < hal_sim_cpu_count; i++) {
        if ((cpus >> i & 1) != 0 && i != self->number &&
            sync_load(&hal_sim_cpus[i].started) != 0) {
            asked |= 1ull << i;
        }
    }
    sync_store64(&self->flush_waiting, asked);
    while (asked != 0) {
        struct sim_cpu *cpu = first_of(&asked);

        if (sync_or64(&cpu->flush_from, bit(self)) == 0 &&
            sim_options.parallel) {
            host_kick(cpu->number); /* else whoever asked before does */
        }
    }
    while (sync_load64(&self->flush_waiting) != 0) {
        hal_cpu_relax();
    }
}

/* ---------------------------------------------------------------- the check */

/* The CPU has not changed its space since. */
static bool still_active(const struct sim_cpu *cpu,
                         const struct sim_stale *stale)
{
    return sync_load64(&cpu->activations) == stale->activation;
}

void sim_flush_stale(struct hal_space *space, uint64_t va)
{
    struct sim_cpu *self = sim_cpu_self();

    if (hal_sim_cpu_count == 1 || sim_options.parallel) {
        return;
    }
    for (uint32_t i = 0; i < hal_sim_cpu_count; i++) {
        const struct sim_cpu *cpu = &hal_sim_cpus[i];
        struct sim_stale *stale = &self->stale[i];

        if (cpu == self || sync_load_pointer(&cpu->space) != space ||
            (stale->space != NULL && still_active(cpu, stale))) {
            continue;
        }
        *stale = (struct sim_stale){space, va, sync_load64(&cpu->activations)};
        self->stale_cpus |= 1ull << i;
    }
}

void sim_flush_check(void)
{
    struct sim_cpu *self = sim_cpu_self();
    uint64_t stale_cpus = self->stale_cpus;

    self->stale_cpus = 0;
    while (stale_cpus != 0) {
        const struct sim_cpu *cpu = first_of(&stale_cpus);
        struct sim_stale *stale = &self->stale[cpu->number];

        if (still_active(cpu, stale)) {
            sim_stop_because("missing TLB shootdown: CPU %u took window + "
                             "0x%lx of space %u away and did not flush CPU %u, "
                             "where it is active",
                             (unsigned)self->number,
                             (unsigned long)(stale->va - stale->space->base),
                             (unsigned)sim_space_number(stale->space),
                             (unsigned)cpu->number);
        }
        stale->space = NULL;
    }
}

void sim_flush_ended(const struct hal_space *space)
{
    for (uint32_t i = 0; i < hal_sim_cpu_count; i++) {
        if (sync_load_pointer(&hal_sim_cpus[i].space) == space) {
            sim_stop_because("space %u ends while it is active on CPU %u",
                             (unsigned)sim_space_number(space), (unsigned)i);
        }
    }
}
