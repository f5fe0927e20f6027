/*
 * user_lock.h - a short lock between the threads of one program.
 *
 * A waiter gives its time away instead of spinning: the holder may be a
 * preempted thread on this very CPU.
 */
#ifndef CAPOS_RT_USER_LOCK_H
#define CAPOS_RT_USER_LOCK_H

#include "sync.h"

struct user_lock {
    struct spinlock spin;
};

/* Lets another thread run. Any thread. */
void user_lock_wait(void);

static inline void user_lock_acquire(struct user_lock *lock)
{
    while (!spinlock_try(&lock->spin)) {
        user_lock_wait();
    }
}

static inline void user_lock_release(struct user_lock *lock)
{
    spinlock_release(&lock->spin);
}

#endif
