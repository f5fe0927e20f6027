/* sync_semaphore.c - see sync_semaphore.h. */
#include "sync_semaphore.h"

#include "sync_park.h"

bool semaphore_try(struct semaphore *semaphore)
{
    uint32_t count = sync_load(&semaphore->count);

    while (count > 0) {
        if (sync_cas(&semaphore->count, &count, count - 1)) {
            return true;
        }
    }
    return false;
}

int32_t semaphore_acquire(struct semaphore *semaphore, uint64_t timeout_ns)
{
    bool taken = semaphore_try(semaphore);
    int32_t result = 0;

    if (taken) {
        return 0;
    }
    sync_add(&semaphore->waiters, 1);
    do {
        result = park(&semaphore->count, 0, timeout_ns);
        taken = semaphore_try(semaphore);
    } while (!taken && result != ERR_TIMED_OUT);
    sync_sub(&semaphore->waiters, 1);
    return taken ? 0 : ERR_TIMED_OUT;
}

/*
 * The count grows first: who reads waiters as 0 here leaves a count that a
 * waiter, which counts itself first, will see or be refused the PARK for.
 */
void semaphore_release(struct semaphore *semaphore)
{
    sync_add(&semaphore->count, 1);
    if (sync_load(&semaphore->waiters) > 0) {
        unpark_one(&semaphore->count);
    }
}
