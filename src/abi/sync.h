/*
 * sync.h - atomics and the spin lock, for kernel core and libcapos alike.
 *
 * Nothing else in core or rt names a C11 atomic, so the same source builds
 * plain, for ThreadSanitizer, for Helgrind, and exploring. Build variants are
 * header directories: sync_variant.h defines SYNC_POINT(), called before every
 * atomic access (empty in plain builds), and SYNC_RELAX(), called in each spin;
 * sync_tell.h tells a race checker what it cannot see.
 */
#ifndef CAPOS_ABI_SYNC_H
#define CAPOS_ABI_SYNC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sync_tell.h"
#include "sync_variant.h"

typedef _Atomic(uint32_t) sync_u32;
typedef _Atomic(uint64_t) sync_u64;
typedef _Atomic(void *) sync_pointer;

#define SYNC_LOADS(word) \
    do { \
        SYNC_POINT(); \
        sync_tell_load(word, sizeof(*(word))); \
    } while (0)

#define SYNC_STORES(word) \
    do { \
        SYNC_POINT(); \
        sync_tell_store(word, sizeof(*(word))); \
    } while (0)

static inline uint32_t sync_load(const sync_u32 *word)
{
    SYNC_LOADS(word);

    uint32_t value = atomic_load_explicit(word, memory_order_acquire);

    sync_tell_loaded(word);
    return value;
}

static inline void sync_store(sync_u32 *word, uint32_t value)
{
    SYNC_STORES(word);
    atomic_store_explicit(word, value, memory_order_release);
}

/* Returns the value before. */
static inline uint32_t sync_add(sync_u32 *word, uint32_t value)
{
    SYNC_STORES(word);

    uint32_t before =
        atomic_fetch_add_explicit(word, value, memory_order_acq_rel);

    sync_tell_loaded(word);
    return before;
}

/* Returns the value before. */
static inline uint32_t sync_sub(sync_u32 *word, uint32_t value)
{
    SYNC_STORES(word);

    uint32_t before =
        atomic_fetch_sub_explicit(word, value, memory_order_acq_rel);

    sync_tell_loaded(word);
    return before;
}

static inline uint32_t sync_exchange(sync_u32 *word, uint32_t value)
{
    SYNC_STORES(word);

    uint32_t before =
        atomic_exchange_explicit(word, value, memory_order_acq_rel);

    sync_tell_loaded(word);
    return before;
}

/* True if *word was expected and is now value; *expected is updated if not. */
static inline bool sync_cas(sync_u32 *word, uint32_t *expected, uint32_t value)
{
    SYNC_STORES(word);

    bool swapped = atomic_compare_exchange_strong_explicit(
        word, expected, value, memory_order_acq_rel, memory_order_acquire);

    sync_tell_loaded(word);
    return swapped;
}

static inline uint64_t sync_load64(const sync_u64 *word)
{
    SYNC_LOADS(word);

    uint64_t value = atomic_load_explicit(word, memory_order_acquire);

    sync_tell_loaded(word);
    return value;
}

static inline void sync_store64(sync_u64 *word, uint64_t value)
{
    SYNC_STORES(word);
    atomic_store_explicit(word, value, memory_order_release);
}

/* Returns the value before. */
static inline uint64_t sync_add64(sync_u64 *word, uint64_t value)
{
    SYNC_STORES(word);

    uint64_t before =
        atomic_fetch_add_explicit(word, value, memory_order_acq_rel);

    sync_tell_loaded(word);
    return before;
}

static inline bool sync_cas64(sync_u64 *word, uint64_t *expected,
                              uint64_t value)
{
    SYNC_STORES(word);

    bool swapped = atomic_compare_exchange_strong_explicit(
        word, expected, value, memory_order_acq_rel, memory_order_acquire);

    sync_tell_loaded(word);
    return swapped;
}

/* Returns the value before. */
static inline uint64_t sync_or64(sync_u64 *word, uint64_t bits)
{
    SYNC_STORES(word);

    uint64_t before =
        atomic_fetch_or_explicit(word, bits, memory_order_acq_rel);

    sync_tell_loaded(word);
    return before;
}

/* Returns the value before. */
static inline uint64_t sync_and64(sync_u64 *word, uint64_t bits)
{
    SYNC_STORES(word);

    uint64_t before =
        atomic_fetch_and_explicit(word, bits, memory_order_acq_rel);

    sync_tell_loaded(word);
    return before;
}

static inline void *sync_load_pointer(const sync_pointer *word)
{
    SYNC_LOADS(word);

    void *value = atomic_load_explicit(word, memory_order_acquire);

    sync_tell_loaded(word);
    return value;
}

static inline void sync_store_pointer(sync_pointer *word, void *pointer)
{
    SYNC_STORES(word);
    atomic_store_explicit(word, pointer, memory_order_release);
}

/* Returns the pointer before. A full barrier. */
static inline void *sync_exchange_pointer(sync_pointer *word, void *pointer)
{
    SYNC_STORES(word);

    void *before =
        atomic_exchange_explicit(word, pointer, memory_order_seq_cst);

    sync_tell_loaded(word);
    return before;
}

/*
 * Where only the value counts, and nothing that was written before it: a hint,
 * or a word that its writer alone reads exactly.
 */
static inline uint32_t sync_peek(const sync_u32 *word)
{
    SYNC_LOADS(word);
    return atomic_load_explicit(word, memory_order_relaxed);
}

static inline uint64_t sync_peek64(const sync_u64 *word)
{
    SYNC_LOADS(word);
    return atomic_load_explicit(word, memory_order_relaxed);
}

static inline void sync_poke64(sync_u64 *word, uint64_t value)
{
    SYNC_LOADS(word); /* orders nothing, unlike the other stores */
    atomic_store_explicit(word, value, memory_order_relaxed);
}

/* Words of shared memory that are plain in an ABI structure (ring indices). */
static inline uint32_t sync_load_shared(const uint32_t *word)
{
    SYNC_LOADS(word);

    uint32_t value = __atomic_load_n(word, __ATOMIC_ACQUIRE);

    sync_tell_loaded(word);
    return value;
}

static inline uint64_t sync_load_shared64(const uint64_t *word)
{
    SYNC_LOADS(word);

    uint64_t value = __atomic_load_n(word, __ATOMIC_ACQUIRE);

    sync_tell_loaded(word);
    return value;
}

static inline void sync_store_shared(uint32_t *word, uint32_t value)
{
    SYNC_STORES(word);
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

/*
 * The spin lock: test and test-and-set. Core wraps it in struct lock. It is a
 * lock to race checkers, not a word.
 */
struct spinlock {
    sync_u32 held;
};

static inline void spinlock_init(struct spinlock *lock)
{
    atomic_init(&lock->held, 0);
    sync_tell_lock(lock, sizeof(*lock));
}

static inline __attribute__((always_inline)) bool spinlock_try(struct spinlock *lock)
{
    SYNC_POINT();
    if (atomic_exchange_explicit(&lock->held, 1, memory_order_acquire) != 0) {
        return false;
    }
    sync_tell_locked(lock);
    return true;
}

/* For spinning on, without writing. */
static inline bool spinlock_held(const struct spinlock *lock)
{
    return atomic_load_explicit(&lock->held, memory_order_relaxed) != 0;
}

static inline void spinlock_acquire(struct spinlock *lock)
{
    while (!spinlock_try(lock)) {
        while (spinlock_held(lock)) {
            SYNC_RELAX();
        }
    }
}

static inline void spinlock_release(struct spinlock *lock)
{
    SYNC_POINT();
    sync_tell_unlock(lock);
    atomic_store_explicit(&lock->held, 0, memory_order_release);
}

#endif
