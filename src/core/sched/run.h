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

#include "proc/thread.h"
#include "sched/cpu.h"

void run_queue_init(struct cpu *cpu);

/* A thread that waits, or is new, becomes ready. Its lock held. */
void run_wake(struct thread *thread);

/* The current thread goes to wait; this CPU lets go of it. Its lock held. */
void run_wait(struct cpu *cpu);

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

/* Another CPU has put something into the queue, or wants the tick armed. */
void run_attend(struct cpu *cpu);

/* Makes a space active on this CPU, NULL for none. */
void run_activate(struct cpu *cpu, struct space *space);

/*
 * The way out of the kernel, the last thing in every core_on_*. No lock held.
 * run_settle is the long one: it does what is due and sees that somebody runs if
 * anybody can, chooses who, tells the machine, and arms the next deadline.
 */
void run_settle(struct cpu *cpu);

/*
 * The short one, for when the current thread simply goes on; it has made nobody
 * ready, and nothing is traced.
 */
static inline void run_go_on(struct cpu *cpu)
{
    if (cpu->pending || cpu->due ||
        sync_load(&cpu->current->state) == THREAD_ENDED) {
        run_settle(cpu);
        return;
    }
    lock_assert_none();
    retire_leave(&cpu->retirement);
}

/* Either. */
static inline void run_leave(struct cpu *cpu)
{
    if (!cpu->current || cpu->handoff || hal_trace_enabled()) {
        run_settle(cpu);
    } else {
        run_go_on(cpu);
    }
}

/*
 * What other CPUs can know of one, without locks: it goes on meanwhile, so the
 * numbers need not quite agree.
 */
struct run_look {
    uint64_t busy_ns;    /* as far as it is booked */
    uint64_t running_ns; /* of the thread, not booked yet */
    uint64_t thread;     /* id; 0: it idles */
    uint64_t process;
    uint32_t queued; /* ready threads in its queue */
};

void run_look(const struct cpu *cpu, struct run_look *look);

#endif
