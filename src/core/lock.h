/*
 * lock.h - the kernel's spin lock, with its place in the order.
 *
 * Locks are taken in ascending order of enum lock_order; of two address spaces
 * or capability tables, the one of the lower process id first. Debug builds check
 * owner and order, and that none is held on the way out to user code. A CPU that
 * spins answers TLB flushes (hal_cpu_relax), so a lock may be held while waiting
 * for one.
 */
#ifndef CAPOS_CORE_LOCK_H
#define CAPOS_CORE_LOCK_H

#include "hal.h"
#include "hot.h"
#include "sync.h"
#include "variant.h"

enum lock_order {
    LOCK_PROCESSES = 1, /* the list of processes */
    LOCK_PROCESS,       /* a process: state, threads, who waits for it */
    LOCK_ENDPOINT,      /* an endpoint with its facets and receives */
    LOCK_SPACE,         /* an address space; see doc/smp.md */
    LOCK_CAPS,          /* a capability table */
    LOCK_PARK,          /* a bucket of parked operations; waiters of an object */
    LOCK_NODE,          /* a revocation node */
    LOCK_THREAD,        /* a thread's completion queue and state */
    LOCK_ORPHANS,       /* calls that a process holds without a receive */
    LOCK_CONTEXT,       /* scheduling contexts */
    LOCK_RUN,           /* a CPU's run queue and timers */
    LOCK_THREADS,       /* the thread table */
    LOCK_LEDGER,        /* who owns ledgers, and what is below them */
    LOCK_HEAP,          /* the kernel heap */
    LOCK_FRAMES,        /* the frame allocator */
    LOCK_LOG,           /* the log */
    LOCK_ORDERS,
};

struct lock {
    struct spinlock spin;
    uint32_t order; /* enum lock_order */
    sync_u32 owner; /* CPU + 1 while held */
};

void lock_init(struct lock *lock, enum lock_order order);

/* Debug builds: before the lock is taken, after, and before it is released. */
void lock_check_wanted(const struct lock *lock);
void lock_check_taken(struct lock *lock);
void lock_check_leaving(struct lock *lock);

/* Spins until the lock, which is another CPU's, is this one's. */
void lock_spin(struct lock *lock);

/* Takes the lock, spinning. Debug: stops on a break of the order. */
HOT void lock_acquire(struct lock *lock)
{
    if (VARIANT_CHECKS) {
        lock_check_wanted(lock);
    }
    if (!spinlock_try(&lock->spin)) {
        lock_spin(lock);
    }
    if (VARIANT_CHECKS) {
        lock_check_taken(lock);
    }
}

HOT void lock_release(struct lock *lock)
{
    if (VARIANT_CHECKS) {
        lock_check_leaving(lock);
    }
    spinlock_release(&lock->spin);
}

/* Stops (debug builds) unless this CPU holds the lock. */
void lock_assert(const struct lock *lock);

/* Debug builds: stops if this CPU holds any lock. */
void lock_check_none(void);

static inline void lock_assert_none(void)
{
    if (VARIANT_CHECKS) {
        lock_check_none();
    }
}

#endif
