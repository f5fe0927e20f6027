/*
 * sync.h - atomics and the spin lock, for kernel core and libcapos alike.
 *
 * Nothing else in core or rt names a C11 atomic, so the same source builds
 * plain, for ThreadSanitizer, and exploring. The build variant is a header
 * directory: sync_variant.h defines SYNC_POINT(), called before every atomic
 * access (empty in plain builds), and SYNC_RELAX(), called in every spin.
 */
#ifndef CAPOS_ABI_SYNC_H
#define CAPOS_ABI_SYNC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sync_variant.h"

typedef _Atomic(uint32_t) sync_u32;
typedef _Atomic(uint64_t) sync_u64;

static inline uint32_t sync_load(const sync_u32 *word)
{
    SYNC_POINT();
    return atomic_load_explicit(word, memory_order_acquire);
}

static inline void sync_store(sync_u32 *word, uint32_t value)
{
    SYNC_POINT();
    atomic_store_explicit(word, value, memory_order_release);
}

/* Returns the value before. */
static inline uint32_t sync_add(sync_u32 *word, uint32_t value)
{
    SYNC_POINT();
    return atomic_fetch_add_explicit(word, value, memory_order_acq_rel);
}

/* Returns the value before. */
static inline uint32_t sync_sub(sync_u32 *word, uint32_t value)
{
    SYNC_POINT();
    return atomic_fetch_sub_explicit(word, value, memory_order_acq_rel);
}

static inline uint32_t sync_exchange(sync_u32 *word, uint32_t value)
{
    SYNC_POINT();
    return atomic_exchange_explicit(word, value, memory_order_acq_rel);
}

/* True if *word was expected and is now value; *expected is updated if not. */
static inline bool sync_cas(sync_u32 *word, uint32_t *expected, uint32_t value)
{
    SYNC_POINT();
    return atomic_compare_exchange_strong_explicit(
        word, expected, value, memory_order_acq_rel, memory_order_acquire);
}

static inline uint64_t sync_load64(const sync_u64 *word)
{
    SYNC_POINT();
    return atomic_load_explicit(word, memory_order_acquire);
}

static inline void sync_store64(sync_u64 *word, uint64_t value)
{
    SYNC_POINT();
    atomic_store_explicit(word, value, memory_order_release);
}

/* Returns the value before. */
static inline uint64_t sync_add64(sync_u64 *word, uint64_t value)
{
    SYNC_POINT();
    return atomic_fetch_add_explicit(word, value, memory_order_acq_rel);
}

static inline bool sync_cas64(sync_u64 *word, uint64_t *expected,
                              uint64_t value)
{
    SYNC_POINT();
    return atomic_compare_exchange_strong_explicit(
        word, expected, value, memory_order_acq_rel, memory_order_acquire);
}

/* Words of shared memory that are plain in an ABI structure (ring indices). */
static inline uint32_t sync_load_shared(const uint32_t *word)
{
    SYNC_POINT();
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void sync_store_shared(uint32_t *word, uint32_t value)
{
    SYNC_POINT();
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/*
 * What was read from shared memory before is not read again after: the compiler
 * must keep its copy.
 */
static inline void sync_read_once(void)
{
    SYNC_POINT();
    atomic_signal_fence(memory_order_seq_cst);
}

/* The spin lock: test and test-and-set. Core wraps it in struct lock. */
struct spinlock {
    sync_u32 held;
};

static inline bool spinlock_try(struct spinlock *lock)
{
    return sync_exchange(&lock->held, 1) == 0;
}

static inline void spinlock_acquire(struct spinlock *lock)
{
    while (!spinlock_try(lock)) {
        while (atomic_load_explicit(&lock->held, memory_order_relaxed)) {
            SYNC_RELAX();
        }
    }
}

static inline void spinlock_release(struct spinlock *lock)
{
    sync_store(&lock->held, 0);
}

#endif
