/*
 * hand_over.h - from a thread that waits straight to the one that it made ready.
 *
 * The usual end of a call or of its return, inline: who waits now has made another
 * one ready, which runs at once, for the rest of the quantum. Nobody looks at the
 * queues, and of accounts only ran_ns is kept (run.c).
 */
#ifndef CAPOS_CORE_SCHED_HAND_OVER_H
#define CAPOS_CORE_SCHED_HAND_OVER_H

#include "hot.h"
#include "proc/process.h"
#include "sched/run.h"

/*
 * Makes a space active on this CPU, NULL for none. Who looks for the CPUs that use
 * a space (cpu_mask_of) finds this one before it can use the new tables, and until
 * it no longer uses those before.
 */
HOT void run_activate(struct cpu *cpu, struct space *space)
{
    if (sync_load_pointer(&cpu->space) != space) {
        (void)sync_exchange_pointer(&cpu->space, space);
        hal_space_activate(space ? &space->hal : NULL);
        sync_store_pointer(&cpu->space_before, space);
    }
}

/* Tells the machine to resume the current thread; there is one. */
HOT void run_resume(struct cpu *cpu, struct thread *thread)
{
    run_activate(cpu, &thread->process->space);
    hal_user_resume(&thread->context);
    sync_store_pointer(&cpu->shown, thread);
}

/*
 * A thread that was handed the CPU becomes its current one; false: it was stopped
 * meanwhile. It is busy, so nobody else changes its state but to end it, which is
 * an exchange (thread_stop): of the two, one comes second and sees the other.
 */
HOT bool run_begin(struct cpu *cpu, struct thread *thread)
{
    uint32_t ready = THREAD_READY;

    if (sync_load(&thread->cpu) != cpu->number) {
        queue_adopt(cpu, thread);
    }
    if (!sync_cas(&thread->state, &ready, THREAD_RUNNING)) {
        sync_store(&thread->busy, 0);
        return false;
    }
    cpu->current = thread;
    return true;
}

/*
 * Does that. False: it is not so simple, and nobody was handed the CPU. Nothing is
 * traced.
 */
HOT bool run_hand_over(struct cpu *cpu)
{
    struct thread *next = cpu->handoff;
    uint64_t now_ns = cpu->now_ns;

    if (!next || now_ns >= cpu->quantum_end_ns || cpu->pending | cpu->due ||
        context_of(&next->place)) {
        return false;
    }
    ASSERT(now_ns);
    cpu->handoff = NULL;
    if (!run_begin(cpu, next)) {
        return false; /* it was stopped */
    }
    cpu->now_ns = 0;
    sync_store64(&cpu->slice_start_ns, now_ns);
    run_resume(cpu, next);
    if (sync_load64(&next->attention) & THREAD_DUE) {
        cpu->due = CPU_DUE_NOW;
        return false;
    }
    return true;
}

/*
 * The way out of the kernel when the current thread went to wait. No lock held.
 */
HOT void run_settle(struct cpu *cpu)
{
    if (run_hand_over(cpu)) {
        lock_assert_none();
        retire_leave(&cpu->retirement);
    } else {
        run_settle_all(cpu);
    }
}

/*
 * The short one, for when the current thread simply goes on, or gives way; it has
 * made nobody ready, and nothing is traced.
 */
static inline void run_go_on(struct cpu *cpu)
{
    if (cpu->pending) {
        run_settle_yield(cpu);
    } else if (cpu->due || sync_load(&cpu->current->state) == THREAD_ENDED) {
        run_settle_all(cpu);
    } else {
        lock_assert_none();
        retire_leave(&cpu->retirement);
    }
}

/* Whichever it is. */
static inline void run_leave(struct cpu *cpu)
{
    if (hal_trace_enabled() || (cpu->current && cpu->handoff)) {
        run_settle_all(cpu);
    } else if (!cpu->current) {
        run_settle(cpu);
    } else {
        run_go_on(cpu);
    }
}

#endif
