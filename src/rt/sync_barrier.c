/* sync_barrier.c - see sync_barrier.h. */
#include "sync_barrier.h"

#include "sync_park.h"

bool barrier_wait(struct barrier *barrier)
{
    uint32_t round = sync_load(&barrier->round);

    if (sync_add(&barrier->arrived, 1) + 1 == barrier->threads) {
        /* Before the round ends: nobody arrives for the next one until then. */
        sync_store(&barrier->arrived, 0);
        sync_add(&barrier->round, 1);
        unpark_all(&barrier->round);
        return true;
    }
    while (sync_load(&barrier->round) == round) {
        (void)park(&barrier->round, round, TIMEOUT_NEVER);
    }
    return false;
}
