/*
 * work.h - long work, done in bounded steps on the way out of the kernel.
 *
 * A work item lies inside what it works on. Its step does a bounded amount and
 * says whether it is done; between steps the CPU looks for interrupts and, if
 * one waits, leaves and goes on at the next way out. Only the CPU that started
 * an item works on it, without locks.
 */
#ifndef CAPOS_CORE_SCHED_WORK_H
#define CAPOS_CORE_SCHED_WORK_H

#include <stdbool.h>

#include "list.h"

struct cpu;

struct work {
    struct list_node link;
    /* True: done; the item may be gone by then. */
    bool (*step)(struct work *work);
};

/* Queues the item on this CPU. It must not be queued already. */
void work_start(struct work *work);

/* Works until nothing is left or an interrupt waits. No lock held. */
void work_run(struct cpu *cpu);

#endif
