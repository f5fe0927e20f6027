/*
 * sync_condition.h - waiting until something that a mutex guards has changed.
 *
 * All zero is a condition that nobody waits for. The usual form:
 *
 *     mutex_acquire(&mutex);
 *     while (!ready) {
 *         condition_wait(&condition, &mutex, TIMEOUT_NEVER);
 *     }
 *
 * Who makes it true does so with the mutex held, and signals then or later.
 * Without a waiter signalling does not enter the kernel.
 */
#ifndef CAPOS_RT_SYNC_CONDITION_H
#define CAPOS_RT_SYNC_CONDITION_H

#include "sync_mutex.h"

struct condition {
    sync_u32 sequence; /* grows with each signal; parked on */
    sync_u32 waiters;
};

/*
 * Releases the mutex, waits for a signal, and takes the mutex again. It may
 * return without a signal. 0, or ERR_TIMED_OUT: timeout_ns passed without one;
 * the mutex is held in either case.
 */
int32_t condition_wait(struct condition *condition, struct mutex *mutex,
                       uint64_t timeout_ns);

/* Wakes one of those who wait, or all. Any thread. */
void condition_signal(struct condition *condition);
void condition_broadcast(struct condition *condition);

#endif
