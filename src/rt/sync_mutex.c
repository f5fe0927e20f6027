/* sync_mutex.c - see sync_mutex.h. */
#include "sync_mutex.h"

#include "sync_park.h"

/*
 * Whoever has waited takes the mutex as a waited one: others may still be
 * parked, and nobody counts them. At worst one release wakes nobody.
 */
void mutex_wait(struct mutex *mutex)
{
    while (sync_exchange(&mutex->state, MUTEX_WAITED) != MUTEX_FREE) {
        (void)park(&mutex->state, MUTEX_WAITED, TIMEOUT_NEVER);
    }
}

void mutex_wake(struct mutex *mutex)
{
    unpark_one(&mutex->state);
}
