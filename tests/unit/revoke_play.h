/*
 * revoke_play.h - init lends and takes back: what the tests of revocation are
 * played with.
 */
#ifndef CAPOS_TESTS_REVOKE_PLAY_H
#define CAPOS_TESTS_REVOKE_PLAY_H

#include "cap/transfer.h"
#include "core_service.h"
#include "mem/frames.h"

/* A new revoker; its CapId with init. */
static inline uint64_t revoker(void)
{
    struct cqe cqe = player_call(
        &fixture_init, player_cap(&fixture_init, "revokers"),
        REVOKER_FACTORY_INTERFACE_ID, REVOKER_FACTORY_METHOD_CREATE, 0, 0, 0);

    ck_assert_int_gt(cqe.result, 0);
    return player_result_cap(&fixture_init, &cqe, 0);
}

/* ATTACH with one descriptor; its completion. */
static inline struct cqe attach_xfer(uint64_t cap,
                                     const struct ring_xfer *xfer)
{
    uint64_t message[8];
    struct wire_builder builder;
    struct revoker_attach_params_builder params;
    struct sqe sqe;
    uint64_t at = fixture_init.scratch + SCRATCH_FREE;

    wire_builder_init(&builder, message, sizeof(message));
    params.s = wire_builder_root(&builder, 0, 1);
    revoker_attach_params_set_cap(params, 0);
    sqe = player_message_sqe(&fixture_init, cap, REVOKER_INTERFACE_ID,
                             REVOKER_METHOD_ATTACH, &builder);
    player_write(&fixture_init, at, xfer, sizeof(*xfer));
    sqe.memory.ncaps = 1;
    sqe.memory.xfers = at;
    player_submit(&fixture_init, &sqe);
    return player_expect(&fixture_init, sqe.user_data);
}

static inline uint64_t attach(uint64_t cap, uint64_t target)
{
    struct ring_xfer xfer = {.cap = target};
    struct cqe cqe = attach_xfer(cap, &xfer);

    ck_assert_int_gt(cqe.result, 0);
    return player_result_cap(&fixture_init, &cqe, 0);
}

static inline void revoke(uint64_t cap)
{
    struct cqe cqe = player_call(&fixture_init, cap, REVOKER_INTERFACE_ID,
                                 REVOKER_METHOD_REVOKE, 0, 0, 0);

    ck_assert_int_eq(cqe.result, 0);
}

static inline struct cap_edge edge_of(uint64_t cap)
{
    struct cap_edge edge;

    ck_assert(cap_read(&fixture_init.process->caps, cap, &edge));
    return edge;
}

/* A page of memory; its CapId with init. */
static inline uint64_t page(void)
{
    struct cqe cqe =
        player_call(&fixture_init, player_cap(&fixture_init, "frames"),
                    FRAME_ALLOCATOR_INTERFACE_ID,
                    FRAME_ALLOCATOR_METHOD_ALLOCATE, 1, 0, 0);

    ck_assert_int_gt(cqe.result, 0);
    return player_result_cap(&fixture_init, &cqe, 0);
}

/* Maps a page for init to read and write; where it is. */
static inline uint64_t map_page(uint64_t memory)
{
    const uint64_t words[4] = {
        0, 0, 1 | (uint64_t)PROTECTION_READ_WRITE << 32, 0};
    struct sqe sqe =
        player_call_sqe(&fixture_init, memory, MEMORY_OBJECT_INTERFACE_ID,
                        MEMORY_OBJECT_METHOD_MAP, words);
    struct cqe cqe;

    player_submit(&fixture_init, &sqe);
    cqe = player_expect(&fixture_init, sqe.user_data);
    ck_assert_int_eq(cqe.result, 0);
    return cqe.words[0];
}

/* Gives back the scratch frame of init, which else stays until its end. */
static inline void scratch_forget(void)
{
    struct space *space = &fixture_init.process->space;

    ledger_refund(space->ledger, LEDGER_SCRATCH, 1);
    frames_free(space->scratch, 1);
    space->scratch = HAL_NO_FRAME;
}

#endif
