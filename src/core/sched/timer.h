/*
 * timer.h - deadlines in a CPU's queue.
 *
 * A timer lies inside what waits for it, so starting one cannot fail. It is in
 * the queue of the CPU that started it, whose lock guards the queue. fire runs
 * on that CPU, in a tick, with no lock held, and may do what a tick may: no
 * allocation. A timer leaves its queue by timer_stop or by firing, and only one
 * of the two sees it leave: that one owns what waits. Starting and stopping the
 * same timer is ordered by a lock of whoever it belongs to.
 */
#ifndef CAPOS_CORE_SCHED_TIMER_H
#define CAPOS_CORE_SCHED_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "hot.h"
#include "pairing.h"
#include "sync.h"

struct cpu;

struct timer {
    struct pairing_node node;
    uint64_t deadline_ns;
    void (*fire)(struct timer *timer);
    sync_pointer cpu; /* whose queue it is in; NULL: not started */
};

/* Makes the CPU's empty queue. */
void timer_queue_init(struct cpu *cpu);

/* Fires at or after deadline_ns. The timer must not be started already. */
void timer_start(struct timer *timer, uint64_t deadline_ns);

/* Takes a started timer out; false: it has fired or fires at this moment. */
bool timer_take(struct timer *timer);

/* Stops a timer. False: it is not started, or it has fired or does so now. */
HOT bool timer_stop(struct timer *timer)
{
    return sync_load_pointer(&timer->cpu) && timer_take(timer);
}

/*
 * Stops a timer that may be another one's by now: only if, with its queue locked,
 * *id is still that. False otherwise, and as for timer_stop.
 */
bool timer_stop_of(struct timer *timer, const sync_u64 *id, uint64_t expected);

/* Fires what is due, at most budget timers. */
void timer_expire(struct cpu *cpu, uint64_t now_ns, uint32_t budget);

/* Deadline of the first timer, UINT64_MAX if there is none. Queue unlocked. */
uint64_t timer_next(struct cpu *cpu);

#endif
