/* lock.c - spin locks that know their owner and their place in the order. */
#include "lock.h"

#include "fail.h"
#include "hal.h"

/* Debug: bit n is set while the CPU holds a lock of order n. */
static uint32_t lock_held[LIMIT_CPUS];

void lock_init(struct lock *lock, enum lock_order order)
{
    atomic_init(&lock->spin.held, 0);
    lock->order = order;
    lock->owner = 0;
}

/*
 * Two locks of one order are held together only where the header says how they
 * are ordered among themselves; the mask then keeps the bit until the first one
 * released, which is all that the check needs.
 */
void lock_check_wanted(const struct lock *lock)
{
    uint32_t cpu = hal_cpu_self();

    ASSERT(lock->order > 0 && lock->order < LOCK_ORDERS);
    ASSERT(lock->owner != cpu + 1);
    ASSERT((lock_held[cpu] >> (lock->order + 1)) == 0);
}

void lock_check_taken(struct lock *lock)
{
    uint32_t cpu = hal_cpu_self();

    lock->owner = cpu + 1;
    lock_held[cpu] |= 1u << lock->order;
}

void lock_check_leaving(struct lock *lock)
{
    uint32_t cpu = hal_cpu_self();

    ASSERT(lock->owner == cpu + 1);
    lock->owner = 0;
    lock_held[cpu] &= ~(1u << lock->order);
}

void lock_assert(const struct lock *lock)
{
    if (VARIANT_CHECKS) {
        ASSERT(lock->owner == hal_cpu_self() + 1);
    }
}

void lock_check_none(void)
{
    ASSERT(lock_held[hal_cpu_self()] == 0);
}
