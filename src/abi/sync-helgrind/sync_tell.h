/*
 * sync_tell.h - what Helgrind is told of atomics and locks. It sees single
 * instructions: an atomic word would be a race for it, and a lock nothing.
 *
 * Order is told generously: a load comes after every store before it, whether
 * it saw its value or not. What is missed thereby, ThreadSanitizer finds.
 */
#ifndef CAPOS_ABI_SYNC_TELL_H
#define CAPOS_ABI_SYNC_TELL_H

#include <stddef.h>

#include <valgrind/helgrind.h>

/* Before a word is read, or (also) written, atomically; and after it was read. */
static inline void sync_tell_load(const void *word, size_t bytes)
{
    VALGRIND_HG_DISABLE_CHECKING(word, bytes);
}

static inline void sync_tell_store(const void *word, size_t bytes)
{
    VALGRIND_HG_DISABLE_CHECKING(word, bytes);
    ANNOTATE_HAPPENS_BEFORE(word);
}

static inline void sync_tell_loaded(const void *word)
{
    ANNOTATE_HAPPENS_AFTER(word);
}

/*
 * A lock that is new, that was taken, that is about to be given up. At its place
 * Helgrind may still know one that is gone.
 */
static inline void sync_tell_lock(const void *lock, size_t bytes)
{
    VALGRIND_HG_MUTEX_INIT_POST(lock, 0);
    VALGRIND_HG_MUTEX_DESTROY_PRE(lock);
    VALGRIND_HG_MUTEX_INIT_POST(lock, 0);
    VALGRIND_HG_DISABLE_CHECKING(lock, bytes);
}

static inline void sync_tell_locked(const void *lock)
{
    VALGRIND_HG_MUTEX_LOCK_PRE(lock, 1);
    VALGRIND_HG_MUTEX_LOCK_POST(lock);
}

static inline void sync_tell_unlock(const void *lock)
{
    VALGRIND_HG_MUTEX_UNLOCK_PRE(lock);
}

#endif
