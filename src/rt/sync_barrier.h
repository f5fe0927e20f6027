/*
 * sync_barrier.h - threads that wait for each other.
 *
 * {.threads = n} is a barrier for n of them, to be used again and again.
 */
#ifndef CAPOS_RT_SYNC_BARRIER_H
#define CAPOS_RT_SYNC_BARRIER_H

#include "sync.h"

struct barrier {
    uint32_t threads;
    sync_u32 arrived;
    sync_u32 round; /* parked on */
};

/* Returns when all have called it; true in exactly one of them, the last. */
bool barrier_wait(struct barrier *barrier);

#endif
