/*
 * sync_semaphore.h - a number of things to be had, one at a time.
 *
 * {.count = n} is a semaphore with n of them. Without contention neither side
 * enters the kernel.
 */
#ifndef CAPOS_RT_SYNC_SEMAPHORE_H
#define CAPOS_RT_SYNC_SEMAPHORE_H

#include "sync.h"

struct semaphore {
    sync_u32 count; /* parked on, while 0 */
    sync_u32 waiters;
};

/* Takes one if there is one; true if it did. Any thread. */
bool semaphore_try(struct semaphore *semaphore);

/*
 * Takes one, waiting for it. ERR_TIMED_OUT: there was none for timeout_ns (who
 * is woken and finds that another was faster waits as long again).
 */
int32_t semaphore_acquire(struct semaphore *semaphore, uint64_t timeout_ns);

/* Adds one. Any thread. */
void semaphore_release(struct semaphore *semaphore);

#endif
