/*
 * park_table.h - the table of parked operations, for the two ways to it: park.c
 * has the general one, park_short.c the short one.
 */
#ifndef CAPOS_CORE_IPC_PARK_TABLE_H
#define CAPOS_CORE_IPC_PARK_TABLE_H

#include "ipc/park.h"
#include "list.h"
#include "lock.h"
#include "proc/thread.h"

#define PARK_BUCKET_BITS 8u

struct park_bucket {
    struct lock lock;
    struct list parks;
};

extern struct park_bucket park_buckets[1u << PARK_BUCKET_BITS];
extern uint64_t park_seed; /* nobody can aim at another's bucket */

/* Number of the key's bucket. */
static inline uint32_t park_hash(const struct park_key *key)
{
    const uint64_t factor = 0x9e3779b97f4a7c15ull;
    uint64_t hash = (key->offset >> 2) ^ park_seed;

    hash = (hash * factor) ^ (uintptr_t)key->owner;
    return (uint32_t)((hash * factor) >> (64 - PARK_BUCKET_BITS));
}

/* A record that is free; NULL: PARK_RECORDS operations are parked. */
static inline struct park *park_record(struct thread *thread)
{
    for (uint32_t i = 0; i < PARK_RECORDS; i++) {
        if (!sync_load(&thread->parks[i].bucket)) {
            return &thread->parks[i];
        }
    }
    return NULL;
}

/* Waits in that bucket from now on. It is locked, the completion promised. */
static inline void park_stand(struct park *park, uint32_t number)
{
    list_push_back(&park_buckets[number].parks, &park->link);
    sync_store(&park->bucket, number + 1);
}

#endif
