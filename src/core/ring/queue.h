/*
 * queue.h - the kernel's side of a ring.
 *
 * The indices here are the truth; those in shared memory are for the program.
 * reserved counts completions that are promised: a place is reserved when an
 * operation is accepted that completes later, and used when it completes. Only
 * the ring's owner reserves (on its own entry to the kernel), so room, once
 * seen, stays. Posting is guarded by the thread's lock.
 */
#ifndef CAPOS_CORE_RING_QUEUE_H
#define CAPOS_CORE_RING_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "ring.h"
#include "sync.h"

struct ring_queue {
    struct sqe *sq;
    struct cqe *cq;
    struct ring_user *user;
    struct ring_kernel *kernel;
    uint32_t sq_entries;
    uint32_t cq_entries;
    uint32_t sq_head;
    uint32_t cq_tail;
    uint32_t reserved;
    bool corrupt;
};

/* Makes the ring in zeroed memory that the kernel reaches at memory. */
void ring_queue_init(struct ring_queue *queue, void *memory,
                     uint32_t sq_entries, uint32_t cq_entries);

/* Marks the ring as corrupt, for its owner to see. */
void ring_queue_corrupt(struct ring_queue *queue);

/* Completions that the program has not consumed; marks a corrupt ring. */
static inline uint32_t ring_available(struct ring_queue *queue)
{
    uint32_t head = sync_load_shared(&queue->user->cq_head);

    if (queue->cq_tail - head > queue->cq_entries) {
        ring_queue_corrupt(queue);
        return 0;
    }
    return queue->cq_tail - head;
}

/* Places for completions that are neither used nor promised; 0 if corrupt. */
static inline uint32_t ring_room(struct ring_queue *queue)
{
    uint32_t used = ring_available(queue) + queue->reserved;

    return !queue->corrupt && used < queue->cq_entries
               ? queue->cq_entries - used
               : 0;
}

/* The place of the next completion; fill it, then ring_publish. */
static inline struct cqe *ring_place(struct ring_queue *queue)
{
    return &queue->cq[queue->cq_tail & (queue->cq_entries - 1)];
}

static inline void ring_publish(struct ring_queue *queue)
{
    queue->cq_tail++;
    sync_store_shared(&queue->kernel->cq_tail, queue->cq_tail);
}

#endif
