/* queue.c - making a ring, and marking one as corrupt. */
#include "ring/queue.h"

#include "fail.h"

void ring_queue_init(struct ring_queue *queue, void *memory,
                     uint32_t sq_entries, uint32_t cq_entries)
{
    struct ring_header *header = memory;

    header->magic = RING_MAGIC;
    header->version = RING_VERSION;
    header->size_bytes = ring_bytes(sq_entries, cq_entries);
    header->sq_entries = sq_entries;
    header->cq_entries = cq_entries;
    header->sq_offset = RING_ENTRIES_OFFSET;
    header->cq_offset = RING_ENTRIES_OFFSET + 64u * sq_entries;
    *queue = (struct ring_queue){
        .sq = (struct sqe *)((char *)memory + header->sq_offset),
        .cq = (struct cqe *)((char *)memory + header->cq_offset),
        .user = ring_user_line(header),
        .kernel = ring_kernel_line(header),
        .sq_entries = sq_entries,
        .cq_entries = cq_entries,
    };
}

void ring_queue_corrupt(struct ring_queue *queue)
{
    if (!sync_load(&queue->corrupt)) {
        sync_store(&queue->corrupt, 1);
        queue->spare = 0;
        sync_store_shared(&queue->kernel->flags, RING_STATE_CORRUPT);
        (void)FAIL(ERR_BAD_RING, "index out of range");
    }
}
