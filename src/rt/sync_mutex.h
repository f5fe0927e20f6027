/*
 * sync_mutex.h - mutual exclusion between the threads of a program.
 *
 * All zero is a free mutex. Without contention neither side enters the kernel.
 * Not recursive, not fair: who runs may overtake who was just woken.
 */
#ifndef CAPOS_RT_SYNC_MUTEX_H
#define CAPOS_RT_SYNC_MUTEX_H

#include "sync.h"

enum mutex_state {
    MUTEX_FREE = 0,
    MUTEX_HELD = 1,
    MUTEX_WAITED = 2, /* held, and somebody may be parked */
};

struct mutex {
    sync_u32 state; /* enum mutex_state; parked on */
};

/* The parts that enter the kernel. */
void mutex_wait(struct mutex *mutex);
void mutex_wake(struct mutex *mutex);

/* Takes the mutex if it is free; true if it did. Any thread. */
static inline bool mutex_try(struct mutex *mutex)
{
    uint32_t state = MUTEX_FREE;

    return sync_cas(&mutex->state, &state, MUTEX_HELD);
}

/* Takes the mutex, waiting as long as it is held. Any thread. */
static inline void mutex_acquire(struct mutex *mutex)
{
    if (!mutex_try(mutex)) {
        mutex_wait(mutex);
    }
}

/* Gives it back. By who holds it. */
static inline void mutex_release(struct mutex *mutex)
{
    if (sync_exchange(&mutex->state, MUTEX_FREE) == MUTEX_WAITED) {
        mutex_wake(mutex);
    }
}

#endif
