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
    int32_t result = 0;

    if (semaphore_try(semaphore)) {
        return 0;
    }
    sync_add(&semaphore->waiters, 1);
    while (!semaphore_try(semaphore) && result != ERR_TIMED_OUT) {
        result = park(&semaphore->count, 0, timeout_ns);
    }
    sync_sub(&semaphore->waiters, 1);
    return result;
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
