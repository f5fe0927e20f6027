/*
 * run.h - who runs next.
 *
 * Weighted fair queueing: a thread's virtual time advances by the time it ran
 * divided by its weight; of the ready threads the one runs whose next quantum
 * would end earliest in virtual time. A thread that a message made ready on this
 * CPU is handed the CPU directly when the current one goes to wait (the rest of
 * its quantum included), so a synchronous call costs no pass through the queue.
 * No tick is armed when nothing else is ready.
 *
 * All functions run on the CPU that they concern; locks are taken inside.
 */
#ifndef CAPOS_CORE_SCHED_RUN_H
#define CAPOS_CORE_SCHED_RUN_H

#include "sched/cpu.h"

void run_queue_init(struct cpu *cpu);

/* A thread that waits, or is new, becomes ready. */
void run_wake(struct thread *thread);

/* The current thread goes to wait; the CPU has no current one then. */
void run_wait(struct cpu *cpu);

/* Takes a thread that must not run again off this CPU and its queue. */
void run_remove(struct thread *thread);

/* The current thread gives way to the others that are ready, if any. */
void run_yield(struct cpu *cpu);

/* The tick: ends the quantum of the current thread if it is over. */
void run_tick(struct cpu *cpu, uint64_t now_ns);

/*
 * The way out of the kernel: chooses who runs, tells the machine, and arms the
 * next deadline. The last thing in every core_on_*.
 */
void run_leave(struct cpu *cpu);

#endif
