/*
 * fake_ring.h - a small ring, for tests of libcapos against a gate that is a C
 * function: what the test does with the entries is its own.
 */
#ifndef CAPOS_TESTS_FAKE_RING_H
#define CAPOS_TESTS_FAKE_RING_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ring.h"
#include "start.h"

enum { FAKE_SQ = 4, FAKE_CQ = 8 };

struct fake_ring {
    _Alignas(64) struct ring_header header;
    struct ring_user user;
    struct ring_kernel kernel;
    char reserved[64];
    struct sqe sqes[FAKE_SQ];
    struct cqe cqes[FAKE_CQ];
};

_Static_assert(offsetof(struct fake_ring, sqes) == RING_ENTRIES_OFFSET, "abi");

/* Makes it an empty ring. Returns what a thread with that ring starts with. */
static inline struct start_block fake_ring_init(struct fake_ring *ring,
                                                gate_fn *gate)
{
    memset(ring, 0, sizeof(*ring));
    ring->header = (struct ring_header){
        .magic = RING_MAGIC,
        .version = RING_VERSION,
        .sq_entries = FAKE_SQ,
        .cq_entries = FAKE_CQ,
        .sq_offset = offsetof(struct fake_ring, sqes),
        .cq_offset = offsetof(struct fake_ring, cqes),
    };
    return (struct start_block){
        .gate = (uintptr_t)gate,
        .ring = (uintptr_t)ring,
        .stack_high = UINTPTR_MAX,
    };
}

static inline uint32_t fake_ring_available(const struct fake_ring *ring)
{
    return ring->kernel.cq_tail - ring->user.cq_head;
}

/* The next entry that the program has submitted; NULL: there is none. */
static inline const struct sqe *fake_ring_consume(struct fake_ring *ring)
{
    ck_assert_uint_le(ring->user.sq_tail - ring->kernel.sq_head, FAKE_SQ);
    if (ring->kernel.sq_head == ring->user.sq_tail) {
        return NULL;
    }
    return &ring->sqes[ring->kernel.sq_head++ % FAKE_SQ];
}

static inline void fake_ring_post(struct fake_ring *ring, const struct cqe *cqe)
{
    uint32_t tail = ring->kernel.cq_tail;

    ck_assert_uint_lt(fake_ring_available(ring), FAKE_CQ);
    ring->cqes[tail % FAKE_CQ] = *cqe;
    ring->kernel.cq_tail = tail + 1;
}

static inline void fake_ring_complete(struct fake_ring *ring,
                                      uint64_t user_data, int32_t result)
{
    struct cqe cqe = {.user_data = user_data, .result = result};

    fake_ring_post(ring, &cqe);
}

#endif
