/*
 * short.h - a NOP alone, the short way: from the ring's owner, who does not wait.
 *
 * It needs none of what the drain of enter.c is prepared for: a deep queue, promises,
 * credits that came back. With it a program gives way.
 */
#ifndef CAPOS_CORE_RING_SHORT_H
#define CAPOS_CORE_RING_SHORT_H

#include <stdbool.h>
#include <stdint.h>

#include "hal.h"
#include "proc/thread.h"

/* What the short way of a NOP has to say. */
struct short_nop {
    uint64_t head; /* its first eight bytes */
    uint64_t user_data;
    uint32_t available; /* completions before it */
};

#define SHORT_QUIET ((uint64_t)RING_QUIET << 8)
#define SHORT_YIELD ((uint64_t)RING_YIELD << 8)

/* True if it is a NOP as it should be. Read once. */
static inline bool short_read(struct short_nop *nop, const struct sqe *place)
{
    uint64_t rest;

    __builtin_memcpy(&nop->head, place, sizeof(nop->head));
    nop->user_data = place->user_data;
    rest = nop->head & ~(SHORT_QUIET | SHORT_YIELD);
    rest |= place->cap | place->result;
    for (uint32_t i = 0; i < 4; i++) {
        rest |= place->words[i];
    }
    sync_read_once();
    return rest == RING_NOP;
}

/*
 * Takes the only entry of the current thread's queue, a NOP. False: it is not that,
 * or one has to look for room anew, and nothing was done. Only while fast_allowed.
 * No lock held.
 */
static inline bool short_take(struct thread *thread, struct short_nop *nop)
{
    struct ring_queue *queue = &thread->queue;
    uint32_t head = queue->sq_head;

    nop->available = sync_load(&queue->cq_tail) -
                     sync_load_shared(&queue->user->cq_head);
    if (sync_load_shared(&queue->user->sq_tail) - head != 1 ||
        sync_load64(&thread->attention) || sync_load(&queue->corrupt) ||
        nop->available > queue->cq_entries || !queue->spare ||
        !short_read(nop, &queue->sq[head & (queue->sq_entries - 1)])) {
        return false;
    }
    queue->sq_head = head + 1;
    sync_store_shared(&queue->kernel->sq_head, head + 1);
    hal_time_work(1);
    return true;
}

#endif
