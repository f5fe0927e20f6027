/*
 * lock.h - the kernel's spin lock, with its place in the order.
 *
 * Locks are taken in ascending order of enum lock_order; of two capability
 * tables, the one of the lower process id first. Debug builds check owner and
 * order, and that none is held on the way out to user code.
 */
#ifndef CAPOS_CORE_LOCK_H
#define CAPOS_CORE_LOCK_H

#include "sync.h"

enum lock_order {
    LOCK_PROCESSES = 1, /* the process table */
    LOCK_SPACE,         /* an address space */
    LOCK_CAPS,          /* a capability table */
    LOCK_NODE,          /* a revocation node */
    LOCK_ENDPOINT,      /* an endpoint with its facets */
    LOCK_THREAD,        /* a thread's completion queue and waiting state */
    LOCK_RUN,           /* a CPU's run queue and timers */
    LOCK_HEAP,          /* the kernel heap */
    LOCK_FRAMES,        /* the frame allocator */
    LOCK_LOG,           /* the log */
    LOCK_ORDERS,
};

struct lock {
    struct spinlock spin;
    uint32_t order; /* enum lock_order */
    uint32_t owner; /* CPU + 1 while held */
};

void lock_init(struct lock *lock, enum lock_order order);

/* Spins until the lock is this CPU's. Debug: stops on a break of the order. */
void lock_acquire(struct lock *lock);

void lock_release(struct lock *lock);

/* Stops (debug builds) unless this CPU holds the lock. */
void lock_assert(const struct lock *lock);

/* Stops (debug builds) if this CPU holds any lock. */
void lock_assert_none(void);

#endif
