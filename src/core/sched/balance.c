/* balance.c - idle CPUs, busy CPUs, and what lies between (balance.h). */
#include "sched/balance.h"

#include "limits.h"
#include "proc/thread.h"

static sync_u64 run_idle;
static sync_u64 run_untimed;

static uint64_t cpu_bit(const struct cpu *cpu)
{
    return 1ull << cpu->number;
}

static void balance_set(sync_u64 *mask, const struct cpu *cpu, bool set)
{
    if (set) {
        (void)sync_or64(mask, cpu_bit(cpu));
    } else {
        (void)sync_and64(mask, ~cpu_bit(cpu));
    }
}

void balance_set_idle(struct cpu *cpu, bool idle)
{
    if (cpu->idle != idle || idle) {
        cpu->idle = idle;
        balance_set(&run_idle, cpu, idle);
    }
}

void balance_set_untimed(struct cpu *cpu, bool untimed)
{
    if (cpu->untimed != untimed) {
        cpu->untimed = untimed;
        balance_set(&run_untimed, cpu, untimed);
    }
}

struct cpu *balance_choose(struct cpu *self, const struct thread *thread)
{
    struct cpu *home = &cpus[thread->hint ? thread->hint - 1
                                          : sync_load(&thread->cpu)];
    uint64_t idle = sync_load64(&run_idle);

    if (!self->current && !self->handoff && !sync_load(&self->queued)) {
        return self; /* it looks for a thread at this moment */
    }
    if (!idle || (idle & cpu_bit(home))) {
        return home;
    }
    return &cpus[__builtin_ctzll(idle)];
}

/* Takes CPUs of the wanted ones out of a mask, and returns those it took. */
static uint64_t balance_claim(sync_u64 *mask, uint64_t wanted)
{
    uint64_t there = sync_load64(mask) & wanted;

    return there ? sync_and64(mask, ~there) & there : 0;
}

void balance_notify(struct cpu *self, struct cpu *target)
{
    uint64_t others = ~cpu_bit(self);
    uint64_t told;

    self->pending |= CPU_PENDING_REARM;
    if (cpu_count() == 1 || (target == self && !self->current &&
                             sync_load(&self->queued) == 1)) {
        return; /* it goes on with that thread itself */
    }
    told = balance_claim(&run_idle, cpu_bit(target) & others);
    if (!told) {
        /* It is busy: an idle one may take the thread, or time must be shared. */
        uint64_t idle = sync_load64(&run_idle) & others;

        told = balance_claim(&run_idle, idle & -idle);
    }
    if (!told) {
        told = balance_claim(&run_untimed, others);
    }
    cpu_interrupt(told);
}

bool balance_contended(void)
{
    for (uint32_t i = 0; i < cpu_count(); i++) {
        if (sync_load(&cpus[i].queued)) {
            return true;
        }
    }
    return false;
}

/* Since when the first thread of a queue has been ready; UINT64_MAX: none. */
static uint64_t balance_since(struct cpu *cpu)
{
    const struct pairing_node *first;
    uint64_t since_ns = UINT64_MAX;

    if (!sync_load(&cpu->queued)) {
        return UINT64_MAX;
    }
    lock_acquire(&cpu->lock);
    first = pairing_first(&cpu->ready);
    if (first) {
        since_ns = container_of_const(first, struct thread,
                                      run_node)->ready_ns;
    }
    lock_release(&cpu->lock);
    return since_ns;
}

/* As balance_since, for a queue that this CPU may take from. */
static uint64_t balance_offer(const struct cpu *self, struct cpu *cpu)
{
    /*
     * From a shorter queue it would take back what that CPU has just taken, and
     * who is first here would keep this CPU for itself.
     */
    return cpu == self || sync_load(&cpu->queued) < sync_load(&self->queued)
               ? UINT64_MAX
               : balance_since(cpu);
}

struct cpu *balance_overdue(struct cpu *self)
{
    uint64_t own_ns;
    uint64_t first_ns = UINT64_MAX;
    struct cpu *first = NULL;

    if (cpu_count() == 1) {
        return NULL;
    }
    own_ns = balance_since(self);
    for (uint32_t i = 0; i < cpu_count(); i++) {
        uint64_t since_ns = balance_offer(self, &cpus[i]);

        if (since_ns < first_ns) {
            first_ns = since_ns;
            first = &cpus[i];
        }
    }
    return first && (own_ns == UINT64_MAX ||
                     first_ns + QUANTUM_NS / 2 < own_ns)
               ? first
               : NULL;
}
