/*
 * sync_tell.h - what a race checker is told of atomics and locks: nothing.
 * ThreadSanitizer knows them by itself.
 */
#ifndef CAPOS_ABI_SYNC_TELL_H
#define CAPOS_ABI_SYNC_TELL_H

#include <stddef.h>

/* Before a word is read, or (also) written, atomically; and after it was read. */
static inline void sync_tell_load(const void *word, size_t bytes)
{
    (void)word, (void)bytes;
}

static inline void sync_tell_store(const void *word, size_t bytes)
{
    (void)word, (void)bytes;
}

static inline void sync_tell_loaded(const void *word)
{
    (void)word;
}

/* A lock that is new, that was taken, that is about to be given up. */
static inline void sync_tell_lock(const void *lock, size_t bytes)
{
    (void)lock, (void)bytes;
}

static inline void sync_tell_locked(const void *lock)
{
    (void)lock;
}

static inline void sync_tell_unlock(const void *lock)
{
    (void)lock;
}

#endif
