/*
 * work.h - long work, done in bounded steps on the way out of the kernel.
 *
 * A work item lies inside what it works on. Its step does a bounded amount and
 * says how it stands; between steps the CPU looks for interrupts and, if one
 * waits, leaves and goes on at the next way out. Only the CPU that started an
 * item works on it.
 */
#ifndef CAPOS_CORE_SCHED_WORK_H
#define CAPOS_CORE_SCHED_WORK_H

#include "list.h"

struct cpu;

enum work_status {
    WORK_DONE = 0, /* the item may be gone by then */
    WORK_MORE,
    WORK_WAIT, /* nothing can be done until another CPU has moved on */
};

struct work {
    struct list_node link;
    enum work_status (*step)(struct work *work);
};

/* Queues the item on this CPU. It must not be queued already. */
void work_start(struct work *work);

/*
 * Works until nothing is left, an interrupt waits or all items wait for other
 * CPUs. No lock held.
 */
void work_run(struct cpu *cpu);

#endif
