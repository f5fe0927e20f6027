/*
 * caller_info_test.c - which session a call comes from: who may ask, when, and
 * what two servers can make of the answers.
 */
#include "check_run.h"
#include "core_service.h"

static struct service s;

static struct sqe info_sqe(uint64_t call_id)
{
    return (struct sqe){
        .opcode = RING_CALLER_INFO, .cap = call_id, .user_data = 50};
}

/* A call of the client's, delivered; its id. */
static uint64_t deliver(uint64_t user_data)
{
    struct sqe sqe = service_call_sqe(s.facet, user_data, 0);

    player_submit(&s.client, &sqe);
    return service_receive(&s.server).call_id;
}

/* What the server is told. */
static uint64_t ask(uint64_t call_id)
{
    struct sqe sqe = info_sqe(call_id);
    struct cqe cqe;

    player_submit(&s.server, &sqe);
    cqe = player_expect(&s.server, 50);
    ck_assert_int_eq(cqe.result, 0);
    ck_assert_int_eq(cqe.kind, RING_CQE_COMPLETION);
    ck_assert_int_eq(cqe.flags, RING_CQE_INLINE);
    ck_assert_uint_eq(cqe.words[1], 0);
    return cqe.words[0];
}

START_TEST(test_session)
{
    uint64_t first;
    uint64_t id;

    service_begin(&s, 0);
    service_arm(&s, 4, 0);
    id = deliver(1);
    ck_assert_uint_eq(s.client.process->session_id, 0);
    ck_assert_uint_eq(ask(id), 0);
    s.client.process->session_id = 7;
    first = ask(id);
    ck_assert_uint_ne(first, 0);
    ck_assert_uint_ne(first, 7);
    ck_assert_uint_eq(ask(deliver(2)), first);
    s.client.process->session_id = 8;
    ck_assert_uint_ne(ask(deliver(3)), first);
    ck_assert_uint_ne(ask(id), 0);
    service_end(&s);
}
END_TEST

/* The same session is another number at another endpoint. */
START_TEST(test_endpoints)
{
    struct player *init = &fixture_init;
    struct sqe sqe;
    uint64_t told[2];

    fixture_begin();
    init->process->session_id = 7;
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t endpoint = fixture_endpoint(init);
        struct cqe cqe;

        sqe = service_recv_sqe(init, endpoint, 1, 0, 0);
        player_submit(init, &sqe);
        sqe = service_call_sqe(fixture_mint(init, endpoint, SERVICE_TAG, 0),
                               3, 0);
        player_submit(init, &sqe);
        cqe = service_receive(init);
        sqe = info_sqe(cqe.call_id);
        player_submit(init, &sqe);
        told[i] = player_expect(init, 50).words[0];
        sqe = service_return_sqe(cqe.call_id, 9, 0);
        player_submit(init, &sqe);
        ck_assert_int_eq(player_expect(init, 3).result, 0);
        sqe = (struct sqe){.opcode = RING_RELEASE, .cap = endpoint,
                           .flags = RING_QUIET};
        player_submit(init, &sqe);
        ck_assert_int_eq(player_expect(init, SERVICE_RECV).result,
                         ERR_DISCONNECTED);
    }
    ck_assert_uint_ne(told[0], told[1]);
    init->process->session_id = 0;
    fixture_end();
}
END_TEST

/* Only who holds the call may ask, and only while it does. */
START_TEST(test_refused)
{
    struct sqe sqe;
    uint64_t id;

    service_begin(&s, 0);
    service_arm(&s, 1, 0);
    id = deliver(1);
    sqe = info_sqe(id);
    ck_assert_int_eq(player_do(&s.client, &sqe), ERR_CALL_GONE);
    ck_assert_int_eq(player_do(&fixture_init, &sqe), ERR_CALL_GONE);
    for (uint32_t bit = 0; bit < 64; bit++) {
        sqe = info_sqe(id ^ 1ull << bit);
        ck_assert_int_eq(player_do(&s.server, &sqe), ERR_CALL_GONE);
    }
    sqe = service_return_sqe(id, 9, 0);
    player_submit(&s.server, &sqe);
    (void)player_expect(&s.client, 1);
    sqe = info_sqe(id);
    ck_assert_int_eq(player_do(&s.server, &sqe), ERR_CALL_GONE);
    for (uint32_t i = 0; i < 4; i++) {
        sqe = info_sqe(id);
        sqe.words[i] = 1;
        ck_assert_int_eq(player_do(&s.server, &sqe), ERR_BAD_FLAGS);
    }
    service_end(&s);
}
END_TEST

/* Any thread of the process may ask. */
START_TEST(test_thread)
{
    struct player second;
    struct sqe sqe;

    service_begin(&s, 0);
    (void)fixture_thread(&s.server, &second);
    service_arm(&s, 1, 0);
    sqe = info_sqe(deliver(1));
    ck_assert_int_eq(player_do(&second, &sqe), 0);
    player_detach(&second);
    service_end(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_session,
        test_endpoints,
        test_refused,
        test_thread,
        NULL,
    };

    return check_run("caller_info", tests);
}
