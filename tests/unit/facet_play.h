/*
 * facet_play.h - init makes and calls facets, another process serves them: what
 * facet_test and notice_test are played with.
 */
#ifndef CAPOS_TESTS_FACET_PLAY_H
#define CAPOS_TESTS_FACET_PLAY_H

#include "check_run.h"
#include "core_service.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "ipc/notice.h"

static struct player server;
static uint64_t endpoint; /* init's */
static uint64_t served;   /* the server's */

static inline void begin(void)
{
    struct fixture_request request = {0};

    fixture_begin();
    endpoint = fixture_endpoint(&fixture_init);
    request.grants[0] = (struct fixture_grant){"service", endpoint};
    fixture_spawn(&fixture_init, &request, &server);
    served = player_cap(&server, "service");
}

/* The endpoint goes first, and with it every call that init has in flight. */
static inline void end(void)
{
    const struct sqe release = {.opcode = RING_RELEASE, .cap = endpoint};
    const struct sqe other = {.opcode = RING_RELEASE, .cap = served};
    struct cqe cqe;

    while (player_pop(&fixture_init, &cqe)) {
    }
    player_submit(&fixture_init, &release);
    player_submit(&server, &other);
    while (player_pop(&fixture_init, &cqe)) {
    }
    fixture_kill(&fixture_init, server.handle, 0);
    player_detach(&server);
    fixture_end();
}

static inline void arm(uint32_t credits, uint32_t slots)
{
    struct sqe sqe = service_recv_sqe(&server, served, credits, slots,
                                      slots ? 1024 : 0);

    player_submit(&server, &sqe);
}

static inline uint64_t mint(uint64_t tag, uint32_t queue_limit)
{
    return fixture_mint(&fixture_init, endpoint, tag, queue_limit);
}

static inline uint64_t mint_one_shot(uint64_t tag)
{
    struct cqe cqe = player_call(&fixture_init, endpoint, ENDPOINT_INTERFACE_ID,
                                 ENDPOINT_METHOD_MINT, tag, ECHO_INTERFACE_ID,
                                 1ull << 32);

    ck_assert_int_gt(cqe.result, 0);
    return player_result_cap(&fixture_init, &cqe, 0);
}

static inline void call(uint64_t facet, uint64_t user_data)
{
    struct sqe sqe = service_call_sqe(facet, user_data, user_data);

    player_submit(&fixture_init, &sqe);
}

static inline void call_memory(uint64_t facet, uint64_t user_data)
{
    struct sqe sqe = service_message_sqe(&fixture_init, facet, user_data, 8);

    player_submit(&fixture_init, &sqe);
}

static inline struct cqe take(enum ring_cqe_kind kind, uint64_t tag)
{
    struct cqe cqe = player_expect(&server, SERVICE_RECV);

    ck_assert_int_eq(cqe.kind, kind);
    ck_assert_uint_eq(cqe.tag, tag);
    return cqe;
}

static inline void give_back(uint64_t id)
{
    struct sqe sqe = service_return_sqe(id, 9, 0);

    player_submit(&server, &sqe);
}

/* Cancels a call of init's. */
static inline void cancel(uint64_t user_data)
{
    const struct sqe sqe = service_cancel_sqe(user_data);

    player_submit(&fixture_init, &sqe);
    ck_assert_int_eq(player_expect(&fixture_init, user_data).result,
                     ERR_CANCELLED);
    ck_assert_int_eq(player_expect(&fixture_init, user_data + 1).result, 0);
}

/* Closes facets, by their tag; a call that init has in flight there ends. */
static inline void close_tag(uint64_t tag, uint64_t in_flight)
{
    const uint64_t words[4] = {tag};
    const struct sqe sqe =
        player_call_sqe(&fixture_init, endpoint, ENDPOINT_INTERFACE_ID,
                        ENDPOINT_METHOD_CLOSE, words);

    player_submit(&fixture_init, &sqe);
    if (in_flight) {
        ck_assert_int_eq(player_expect(&fixture_init, in_flight).result,
                         ERR_DISCONNECTED);
    }
    ck_assert_int_eq(player_expect(&fixture_init, sqe.user_data).result, 0);
}

static inline struct facet *facet_behind(uint64_t cap)
{
    return facet_of(cap_lookup(&fixture_init.process->caps, cap));
}

#endif
