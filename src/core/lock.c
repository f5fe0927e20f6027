/* lock.c - spin locks that know their owner and their place in the order. */
#include "lock.h"

#include "fail.h"

/*
 * Debug: bit n is set while the CPU holds a lock of order n; twice, while it
 * holds two of them (two address spaces, two capability tables).
 */
static struct {
    uint32_t once;
    uint32_t twice;
} lock_held[LIMIT_CPUS];

void lock_init(struct lock *lock, enum lock_order order)
{
    spinlock_init(&lock->spin);
    lock->order = order;
    atomic_init(&lock->owner, 0);
    sync_tell_load(&lock->owner, sizeof(lock->owner));
}

static uint32_t lock_owner(const struct lock *lock)
{
    return atomic_load_explicit(&lock->owner, memory_order_relaxed);
}

static void lock_set_owner(struct lock *lock, uint32_t owner)
{
    atomic_store_explicit(&lock->owner, owner, memory_order_relaxed);
}

static bool lock_order_pairs(uint32_t order)
{
    return order == LOCK_SPACE || order == LOCK_CAPS;
}

void lock_spin(struct lock *lock)
{
    do {
        while (spinlock_held(&lock->spin)) {
            hal_cpu_relax();
        }
    } while (!spinlock_try(&lock->spin));
}

void lock_check_wanted(const struct lock *lock)
{
    uint32_t cpu = hal_cpu_self();
    uint32_t bit = 1u << lock->order;

    ASSERT(lock->order > 0 && lock->order < LOCK_ORDERS);
    ASSERT(lock_owner(lock) != cpu + 1);
    ASSERT((lock_held[cpu].once >> (lock->order + 1)) == 0);
    ASSERT(!(lock_held[cpu].once & bit) ||
           (lock_order_pairs(lock->order) && !(lock_held[cpu].twice & bit)));
}

void lock_check_taken(struct lock *lock)
{
    uint32_t cpu = hal_cpu_self();
    uint32_t bit = 1u << lock->order;

    lock_set_owner(lock, cpu + 1);
    lock_held[cpu].twice |= lock_held[cpu].once & bit;
    lock_held[cpu].once |= bit;
}

void lock_check_leaving(struct lock *lock)
{
    uint32_t cpu = hal_cpu_self();
    uint32_t bit = 1u << lock->order;

    ASSERT(lock_owner(lock) == cpu + 1);
    lock_set_owner(lock, 0);
    if (lock_held[cpu].twice & bit) {
        lock_held[cpu].twice &= ~bit;
    } else {
        lock_held[cpu].once &= ~bit;
    }
}

void lock_assert(const struct lock *lock)
{
    if (VARIANT_CHECKS) {
        ASSERT(lock_owner(lock) == hal_cpu_self() + 1);
    }
}

void lock_check_none(void)
{
    ASSERT(lock_held[hal_cpu_self()].once == 0);
}
