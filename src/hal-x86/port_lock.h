/*
 * port_lock.h - the lock around a device of this back end.
 *
 * Held with interrupts off, never while core is called. The one who has it may
 * ask for it again without waiting: an NMI that says something may have struck
 * while its CPU was writing, and so may the end of the machine.
 */
#ifndef CAPOS_X86_PORT_LOCK_H
#define CAPOS_X86_PORT_LOCK_H

#include "hal.h"

struct port_lock {
    uint32_t owner; /* CPU + 1, 0: free */
};

/* True if the lock was taken: to be given back with port_lock_release. */
static inline bool port_lock_acquire(struct port_lock *lock)
{
    uint32_t self = hal_cpu_self() + 1;
    uint32_t owner = 0;

    while (!__atomic_compare_exchange_n(&lock->owner, &owner, self, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        if (owner == self) {
            return false;
        }
        hal_cpu_relax();
        owner = 0;
    }
    return true;
}

/* taken: what port_lock_acquire returned. */
static inline void port_lock_release(struct port_lock *lock, bool taken)
{
    if (taken) {
        __atomic_store_n(&lock->owner, 0, __ATOMIC_RELEASE);
    }
}

#endif
