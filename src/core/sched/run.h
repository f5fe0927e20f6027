/*
 * run.h - who runs next, and where.
 *
 * Weighted fair queueing: a thread's virtual time advances by the time it ran
 * divided by its weight; of the ready threads of a CPU the one runs whose next
 * quantum would end earliest in virtual time. A thread that a message made ready
 * is handed the CPU directly when the current one goes to wait (the rest of its
 * quantum included), so a synchronous call costs no pass through the queue. No
 * tick is armed when nothing else is ready. doc/smp.md says how threads get from
 * one CPU to another.
 *
 * Functions on a thread want its lock held; the queues' locks are taken inside.
 */
#ifndef CAPOS_CORE_SCHED_RUN_H
#define CAPOS_CORE_SCHED_RUN_H

#include "hot.h"
#include "proc/thread.h"
#include "sched/cpu.h"
#include "sched/queue.h"

void run_queue_init(struct cpu *cpu);

/* As run_wake, for one that is not handed this CPU. */
void run_wake_elsewhere(struct cpu *cpu, struct thread *thread);

/* A thread that waits, or is new, becomes ready. It is locked, cpu this one. */
HOT void run_wake(struct cpu *cpu, struct thread *thread)
{
    lock_assert(&thread->lock);
    queue_trace(TRACE_WAKE, thread, 0);
    if (cpu->handoff || !cpu->current) {
        run_wake_elsewhere(cpu, thread);
        return;
    }
    sync_store(&thread->state, THREAD_READY);
    sync_store(&thread->busy, 1);
    cpu->handoff = thread;
}

/* Charges the time since slice_start_ns to a thread, and what it runs on. */
HOT void run_charge_to(struct cpu *cpu, struct thread *thread,
                       struct sched_context *context, uint64_t now_ns)
{
    uint64_t ran_ns = now_ns - sync_load64(&cpu->slice_start_ns);

    sync_store64(&cpu->slice_start_ns, now_ns);
    sync_store64(&thread->ran_ns, sync_load64(&thread->ran_ns) + ran_ns);
    if (context) {
        context_charge(context, ran_ns);
    }
}

/* The same for the current one. */
static inline void run_charge(struct cpu *cpu, uint64_t now_ns)
{
    struct thread *thread = cpu->current;

    run_charge_to(cpu, thread, context_of(&thread->place), now_ns);
}

/* The current thread goes to wait; this CPU lets go of it. Its lock held. */
HOT void run_wait(struct cpu *cpu)
{
    struct thread *thread = cpu->current;
    struct sched_context *context = context_of(&thread->place);
    uint64_t now_ns = hal_time_now();

    lock_assert(&thread->lock);
    cpu->now_ns = now_ns;
    run_charge_to(cpu, thread, context, now_ns);
    queue_trace(TRACE_WAIT, thread, 0);
    if (context && cpu->handoff) {
        context_lend(thread, cpu->handoff);
    }
    cpu->current = NULL;
    sync_store(&thread->busy, 0);
    sync_store(&thread->state, THREAD_WAITING);
}

/*
 * A thread that must not run again, in this state until now, leaves its queue;
 * a CPU that has it lets go of it on its way out. Its lock held.
 */
void run_remove(struct thread *thread, uint32_t state);

/*
 * A RUNNING thread has promises to see to: before its CPU, which may be this one,
 * leaves the kernel, or soon. Its lock held.
 */
void run_due(struct thread *thread);

/* The current thread gives way to the others that are ready, if any. */
void run_yield(struct cpu *cpu);

/* The tick: ends the quantum of the current thread if it is over. */
void run_tick(struct cpu *cpu, uint64_t now_ns);

/* Books what the current thread has run until now. */
void run_account(struct cpu *cpu);

/* A READY thread that was parked (context.h) joins a queue. Its lock held. */
void run_unpark(struct thread *thread);

/* What a thread runs on has changed: if it runs, its CPU looks. Its lock held. */
void run_recheck(const struct thread *thread);

/* Another CPU has put something into the queue, or wants the tick armed. */
void run_attend(struct cpu *cpu);

/*
 * The way out of the kernel, the last thing in every core_on_*: run_leave of
 * hand_over.h, or this, the long one. It does what is due and sees that somebody
 * runs if anybody can, chooses who, tells the machine, and arms the next deadline.
 * No lock held.
 */
void run_settle_all(struct cpu *cpu);

/*
 * The same when something is due, the current thread has made nobody ready, and
 * nothing is traced: short if it only yields (give_way.c).
 */
void run_settle_yield(struct cpu *cpu);

/*
 * What other CPUs can know of one, without locks: it goes on meanwhile, so the
 * numbers need not quite agree.
 */
struct run_look {
    uint64_t busy_ns;    /* time that threads have run here */
    uint64_t running_ns; /* of the thread, since it was last charged */
    uint64_t thread;     /* id; 0: it idles */
    uint64_t process;
    uint32_t queued; /* ready threads in its queue */
};

void run_look(const struct cpu *cpu, struct run_look *look);

#endif
