/*
 * balance.h - which CPU a thread goes to, and from where an idle one takes.
 *
 * Two masks say what CPUs are like: idle (no thread), untimed (one thread, no
 * tick armed, because nobody else was ready anywhere). A CPU sets its bit and
 * then looks at the queues again; who puts a thread into a queue does that first
 * and then looks at the masks. Both are atomic read-modify-writes, so one of the
 * two sees the other. Whoever clears another CPU's bit interrupts it.
 */
#ifndef CAPOS_CORE_SCHED_BALANCE_H
#define CAPOS_CORE_SCHED_BALANCE_H

#include "sched/cpu.h"

/* Says whether this CPU is idle, untimed. */
void balance_set_idle(struct cpu *cpu, bool idle);
void balance_set_untimed(struct cpu *cpu, bool untimed);

/* Where a thread that becomes ready here goes: see doc/smp.md. */
struct cpu *balance_choose(struct cpu *self, const struct thread *thread);

/* A thread came into target's queue: wakes who must know. */
void balance_notify(struct cpu *self, struct cpu *target);

/* True if a thread is ready on any CPU. */
bool balance_contended(void);

/*
 * The CPU from whose queue this one should take now, instead of from its own;
 * NULL: none. Its own is empty, or no longer than that one, and what is first
 * here has waited less, by half a quantum.
 */
struct cpu *balance_overdue(struct cpu *self);

#endif
