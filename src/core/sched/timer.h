/*
 * timer.h - things to do at a time, per CPU.
 *
 * A timer lies inside what waits for it (a thread, a call record), so starting
 * one allocates nothing. Timers of equal deadline fire in the order of starting.
 * Guarded by the CPU's run lock; fire runs on the tick, without locks.
 */
#ifndef CAPOS_CORE_SCHED_TIMER_H
#define CAPOS_CORE_SCHED_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "pairing.h"

struct cpu;

struct timer {
    struct pairing_node node;
    uint64_t deadline_ns;
    void (*fire)(struct timer *timer);
    struct cpu *cpu; /* whose queue it is in; NULL: not started */
};

/* Makes the CPU's empty queue. */
void timer_queue_init(struct cpu *cpu);

/* Fires at or after deadline_ns. The timer must not be started already. */
void timer_start(struct timer *timer, uint64_t deadline_ns);

/* Stops a started timer. */
void timer_take(struct timer *timer);

/* Stops a timer; no effect if it is not started or has fired. */
static inline void timer_stop(struct timer *timer)
{
    if (timer->cpu) {
        timer_take(timer);
    }
}

/* Fires what is due, at most budget timers. */
void timer_expire(struct cpu *cpu, uint64_t now_ns, uint32_t budget);

/* Deadline of the first timer, UINT64_MAX if there is none. */
uint64_t timer_next(const struct cpu *cpu);

#endif
