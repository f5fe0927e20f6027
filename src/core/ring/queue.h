/*
 * queue.h - the kernel's side of a ring.
 *
 * The indices here are the truth; those in shared memory are for the program.
 * A place is promised when an operation is accepted that completes later, and
 * the promise kept when it completes: promised - kept places are spoken for.
 * promised is raised by the ring's owner in the kernel, or by others under the
 * thread's lock while it waits; cq_tail and kept are raised under the lock, the
 * tail first. So room that the owner sees may grow but not shrink.
 */
#ifndef CAPOS_CORE_RING_QUEUE_H
#define CAPOS_CORE_RING_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "hot.h"
#include "ring.h"
#include "sync.h"

struct ring_queue {
    struct sqe *sq;
    struct cqe *cq;
    struct ring_user *user;
    struct ring_kernel *kernel;
    uint32_t sq_entries;
    uint32_t cq_entries;
    uint32_t sq_head; /* owner's */
    uint32_t spare;   /* owner's: free places that it saw; 0: corrupt */
    sync_u32 cq_tail;
    sync_u32 promised;
    sync_u32 kept;
    sync_u32 corrupt;
};

/* Makes the ring in zeroed memory that the kernel reaches at memory. */
void ring_queue_init(struct ring_queue *queue, void *memory,
                     uint32_t sq_entries, uint32_t cq_entries);

/* Marks the ring as corrupt, for its owner to see: by it, or while it waits. */
void ring_queue_corrupt(struct ring_queue *queue);

/* False: the program has corrupted its index of the completions. */
static inline bool ring_sound(const struct ring_queue *queue)
{
    return sync_load(&queue->cq_tail) -
               sync_load_shared(&queue->user->cq_head) <=
           queue->cq_entries;
}

/* Completions that the program has not consumed; marks a corrupt ring. */
static inline uint32_t ring_available(struct ring_queue *queue)
{
    uint32_t head = sync_load_shared(&queue->user->cq_head);
    uint32_t tail = sync_load(&queue->cq_tail);

    if (tail - head > queue->cq_entries) {
        ring_queue_corrupt(queue);
        return 0;
    }
    return tail - head;
}

/* Places for completions that are neither used nor promised; 0 if corrupt. */
static inline uint32_t ring_room(struct ring_queue *queue)
{
    /* kept before the tail: a completion in between counts twice, not never. */
    uint32_t kept = sync_load(&queue->kept);
    uint32_t promised = sync_load(&queue->promised) - kept;
    uint32_t used = ring_available(queue) + promised;

    return !sync_load(&queue->corrupt) && used < queue->cq_entries
               ? queue->cq_entries - used
               : 0;
}

/*
 * True if there is room for another completion. The owner need not look each time,
 * for there can only be more than it saw: it counts down the places that it takes
 * one by one. Whoever takes several, or for the owner, has it look again.
 */
HOT bool ring_has_spare(struct ring_queue *queue)
{
    if (!queue->spare) {
        queue->spare = ring_room(queue);
    }
    return queue->spare;
}

/* One of those was used at once, unless it has to be looked for anew anyway. */
static inline void ring_use_spare(struct ring_queue *queue)
{
    queue->spare -= queue->spare != 0;
}

/* Promises one of those, when there is one. */
HOT void ring_promise_spare(struct ring_queue *queue)
{
    queue->spare--;
    sync_store(&queue->promised, sync_load(&queue->promised) + 1);
}

/* Promises places; there is room. The owner, or as the head of this file says. */
static inline void ring_promise(struct ring_queue *queue, uint32_t places)
{
    queue->spare = 0;
    sync_store(&queue->promised, sync_load(&queue->promised) + places);
}

/* The place of the next completion; fill it, then publish. Thread locked. */
HOT struct cqe *ring_place(struct ring_queue *queue)
{
    return &queue->cq[sync_load(&queue->cq_tail) & (queue->cq_entries - 1)];
}

/* Publishes the place; returns the tail now. Thread locked. */
HOT uint32_t ring_publish(struct ring_queue *queue)
{
    uint32_t tail = sync_load(&queue->cq_tail) + 1;

    sync_store(&queue->cq_tail, tail);
    sync_store_shared(&queue->kernel->cq_tail, tail);
    return tail;
}

/* So many promises are kept or fall away. Thread locked. */
HOT void ring_keep(struct ring_queue *queue, uint32_t places)
{
    sync_store(&queue->kept, sync_load(&queue->kept) + places);
}

#endif
