/*
 * sync_rwlock.h - many readers or one writer.
 *
 * All zero is a free lock. Writers go first: while one waits, no new reader
 * gets in. Without contention nobody enters the kernel.
 */
#ifndef CAPOS_RT_SYNC_RWLOCK_H
#define CAPOS_RT_SYNC_RWLOCK_H

#include "sync.h"

#define RWLOCK_READER 1u            /* bits 0-15: readers that hold it */
#define RWLOCK_WAITING (1u << 16)   /* bits 16-30: writers that wait */
#define RWLOCK_WRITER (1u << 31)    /* a writer holds it */

struct rwlock {
    sync_u32 state; /* readers are parked on it */
    sync_u32 turn;  /* grows whenever a writer may try; writers are parked */
    sync_u32 readers_waiting;
};

/* Takes the lock with other readers, or alone, waiting for it. Any thread. */
void rwlock_acquire_read(struct rwlock *rwlock);
void rwlock_acquire_write(struct rwlock *rwlock);

/* Gives it back, as it was taken. */
void rwlock_release_read(struct rwlock *rwlock);
void rwlock_release_write(struct rwlock *rwlock);

#endif
