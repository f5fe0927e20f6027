/*
 * sim_lock.h - the spin lock of the simulated machine's own tables.
 *
 * Held for a moment, in kernel mode, where no signal handler takes it; one at a
 * time. In lockstep nobody waits for one, because no CPU is left while it holds
 * one. {0} is a free lock.
 */
#ifndef SIM_SIM_LOCK_H
#define SIM_SIM_LOCK_H

#include "hal.h"
#include "sync.h"

struct sim_lock {
    struct spinlock spin;
};

static inline void sim_lock_take(struct sim_lock *lock)
{
    while (!spinlock_try(&lock->spin)) {
        hal_sim_relax();
    }
}

/* For ends of the machine: takes it if it becomes free within some tries. */
static inline bool sim_lock_try(struct sim_lock *lock, uint32_t tries)
{
    while (tries > 0 && !spinlock_try(&lock->spin)) {
        tries--;
    }
    return tries > 0;
}

static inline void sim_lock_release(struct sim_lock *lock)
{
    spinlock_release(&lock->spin);
}

#endif
