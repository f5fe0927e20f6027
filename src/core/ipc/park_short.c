/*
 * park_short.c - PARK and UNPARK, the short way (park.h): of a private word,
 * without a timeout, and waking one.
 *
 * They do what park.c does, under the same locks; all that could be otherwise is
 * looked at before anything is changed, and then left to it.
 */
#include "hal.h"
#include "ipc/park_table.h"
#include "proc/process.h"
#include "ring/complete.h"
#include "start.h"

/* Compares the word of a private key. Space locked, so it stays mapped. */
static inline bool park_holds(struct space *space, uint64_t address,
                              uint32_t expected)
{
    size_t bytes = sizeof(uint32_t);
    const uint32_t *word =
        hal_user_view(&space->hal, address, HAL_READ, &bytes);

    return word && bytes == sizeof(uint32_t) &&
           sync_load_shared(word) == expected;
}

/* Parks at the end of the bucket, if the word is as it should be. */
static inline bool park_stand_short(struct park *park, uint32_t expected)
{
    struct space *space = &park->thread->process->space;
    uint32_t number = park_hash(&park->key);
    bool holds;

    lock_acquire(&space->lock);
    lock_acquire(&park_buckets[number].lock);
    holds = park_holds(space, park->key.offset, expected);
    if (holds) {
        ring_promise_spare(&park->thread->queue);
        park_stand(park, number);
    }
    lock_release(&park_buckets[number].lock);
    lock_release(&space->lock);
    return holds;
}

bool park_wait_short(struct thread *thread, const struct sqe *place,
                     uint64_t head)
{
    struct park *park = park_record(thread);
    uint64_t address = place->park.address;
    uint32_t expected = place->park.expected;
    uint64_t user_data = place->user_data;
    uint64_t rest = (head ^ RING_PARK) | place->cap | place->park.count |
                    ~place->park.timeout_ns | place->park.reserved |
                    place->result | address % sizeof(uint32_t);

    _Static_assert(~TIMEOUT_NEVER == 0, "a timeout is part of the rest");
    sync_read_once();
    if (rest || !park) {
        return false;
    }
    park->key = (struct park_key){thread->process, address};
    park->memory = NULL;
    park->user_data = user_data;
    park->timeout.deadline_ns = UINT64_MAX;
    return park_stand_short(park, expected);
}

/* Completes a parked operation of a private key; false: not so. Bucket locked. */
static inline bool park_finish_short(struct park *park)
{
    struct thread *thread = park->thread;
    struct cqe *place;
    bool alive;

    lock_acquire(&thread->lock);
    alive = sync_load(&thread->state) != THREAD_ENDED;
    if (alive) {
        list_remove(&park->link);
        (void)timer_stop(&park->timeout);
        place = ring_place(&thread->queue);
        place->user_data = park->user_data;
        place->kind = RING_CQE_COMPLETION;
        place->flags = 0;
        place->method = 0;
        place->result = 0;
        sync_store(&park->bucket, 0);
        complete_publish(thread);
    }
    lock_release(&thread->lock);
    return alive;
}

/* Wakes the first of the key's bucket, if it is that; *woken: there was one. */
static inline bool park_wake_first(const struct park_key *key, bool *woken)
{
    struct park_bucket *bucket = &park_buckets[park_hash(key)];
    struct list_node *first;
    bool done = true;

    lock_acquire(&bucket->lock);
    first = list_first(&bucket->parks);
    *woken = first != NULL;
    if (first) {
        struct park *park = container_of(first, struct park, link);

        done = park->key.offset == key->offset &&
               park->key.owner == key->owner && park_finish_short(park);
    }
    lock_release(&bucket->lock);
    return done;
}

bool park_wake_short(struct thread *thread, const struct sqe *place,
                     uint64_t head)
{
    const uint64_t quiet = (uint64_t)RING_QUIET << 8;
    struct park_key key = {thread->process, place->park.address};
    uint64_t user_data = place->user_data;
    uint64_t rest = ((head & ~quiet) ^ RING_UNPARK) | place->cap |
                    place->park.expected | (place->park.count ^ 1u) |
                    place->park.timeout_ns | place->park.reserved |
                    place->result | key.offset % sizeof(uint32_t);
    bool woken;

    sync_read_once();
    if (rest || !park_wake_first(&key, &woken)) {
        return false;
    }
    if (!(head & quiet)) {
        complete_plain(thread, user_data, woken);
        ring_use_spare(&thread->queue);
    }
    return true;
}
