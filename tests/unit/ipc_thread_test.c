/*
 * ipc_thread_test.c - calls that one thread of a server receives and another one
 * returns: the credit finds its way back, once.
 */
#include "check_run.h"
#include "core_check.h"
#include "core_service.h"

static struct service s;

START_TEST(test_return_by_other_thread)
{
    struct player second;
    uint64_t id;

    service_begin(&s, 0);
    (void)fixture_thread(&s.server, &second);
    service_arm(&s, 1, 0);
    id = service_taken(&s, 5);
    service_call(&s, 6);
    /* The owner runs or is ready: it collects the credit when it enters. */
    player_go(&s.server);
    service_return(&second, id);
    service_nothing(&second);
    ck_assert_int_eq(player_expect(&s.client, 5).result, 0);
    player_go(&s.server);
    (void)player_enter(&s.server, 0, TIMEOUT_POLL);
    (void)service_receive(&s.server);
    player_detach(&second);
    service_end(&s);
}
END_TEST

/* The owner sleeps in the gate: the credit must wake it with the next call. */
START_TEST(test_return_wakes_owner)
{
    struct player second;
    uint64_t id;

    service_begin(&s, 0);
    (void)fixture_thread(&s.server, &second);
    service_arm(&s, 1, 0);
    service_call(&s, 5);
    service_call(&s, 6);
    id = service_receive(&s.server).call_id;
    player_go(&s.server);
    player_wait(&s.server, TIMEOUT_NEVER);
    service_return(&second, id);
    ck_assert_uint_eq(service_receive(&s.server).words[0], 6);
    player_detach(&second);
    service_end(&s);
}
END_TEST

/* The same, the first call having been cancelled meanwhile. */
START_TEST(test_late_return_wakes_owner)
{
    struct player second;
    uint64_t id;

    service_begin(&s, 0);
    (void)fixture_thread(&s.server, &second);
    service_arm(&s, 1, 0);
    service_call(&s, 5);
    service_call(&s, 6);
    id = service_receive(&s.server).call_id;
    service_cancel(&s.client, 5);
    player_go(&s.server);
    player_wait(&s.server, TIMEOUT_NEVER);
    service_return_late(&second, id);
    ck_assert_uint_eq(service_receive(&s.server).words[0], 6);
    player_detach(&second);
    service_end(&s);
}
END_TEST

/* The last credit of a cancelled receive comes from another thread. */
static void settle_by_other(bool late)
{
    struct player second;
    uint64_t id;

    service_begin(&s, 0);
    (void)fixture_thread(&s.server, &second);
    service_arm(&s, 1, 0);
    id = service_taken(&s, 5);
    service_cancel(&s.server, SERVICE_RECV);
    if (late) {
        service_cancel(&s.client, 5);
    }
    player_go(&s.server);
    player_wait(&s.server, TIMEOUT_NEVER);
    service_return(&second, id);
    ck_assert_ptr_null(s.server.thread->receives[0].endpoint);
    player_detach(&second);
    service_end(&s);
}

START_TEST(test_return_settles_cancelled)
{
    settle_by_other(false);
}
END_TEST

START_TEST(test_late_return_settles_cancelled)
{
    settle_by_other(true);
}
END_TEST

/*
 * A credit on its way to its owner must not be given a second time. The owner
 * waits without a place in its queue, so the credit is left for it; then its
 * program makes room, and RETURNs again.
 */
START_TEST(test_credit_given_once)
{
    struct fixture_request request = {.cq_entries = 4};
    struct player owner;
    struct player second;
    struct sqe sqe;
    uint64_t endpoint;
    uint64_t facet;
    uint64_t id;

    fixture_begin();
    endpoint = fixture_endpoint(&fixture_init);
    facet = fixture_mint(&fixture_init, endpoint, SERVICE_TAG, 0);
    request.grants[0] = (struct fixture_grant){"service", endpoint};
    fixture_spawn(&fixture_init, &request, &owner);
    (void)fixture_thread(&owner, &second);
    sqe = service_recv_sqe(&owner, player_cap(&owner, "service"), 1, 0, 0);
    player_submit(&owner, &sqe);
    sqe = service_call_sqe(facet, 5, 5);
    player_submit(&fixture_init, &sqe);
    id = service_receive(&owner).call_id;
    /* One place is promised to the RECV; three NOPs take the others. */
    player_go(&owner);
    sqe = (struct sqe){.opcode = RING_NOP, .user_data = 3};
    for (uint32_t i = 0; i < 3; i++) {
        player_push(&owner, &sqe);
    }
    ck_assert_int_eq(player_enter(&owner, 4, TIMEOUT_NEVER), PLAYER_WAITS);
    service_cancel(&fixture_init, 5);
    service_return_late(&second, id);
    ck_assert_uint_ne(sync_load64(&owner.thread->receives[0].returned), 0);
    for (uint32_t i = 0; i < 3; i++) {
        (void)player_expect(&owner, 3);
    }
    service_return_late(&second, id);
    service_return_late(&second, 0);
    core_check();
    player_detach(&owner);
    player_detach(&second);
    fixture_end();
}
END_TEST

START_TEST(test_stranger_returns)
{
    struct player stranger;
    uint64_t id;

    service_begin(&s, 0);
    fixture_spawn(&fixture_init, &(struct fixture_request){0}, &stranger);
    service_arm(&s, 1, 0);
    id = service_taken(&s, 5);
    service_return_late(&stranger, id);
    service_return_late(&s.client, id);
    service_return_late(&s.server, id + (1ull << 32));
    service_return_late(&s.server, id ^ 1);
    service_return_late(&s.server, UINT64_MAX);
    service_return_late(&s.server, 0);
    service_nothing(&s.client);
    service_return(&s.server, id);
    ck_assert_int_eq(player_expect(&s.client, 5).result, 0);
    player_detach(&stranger);
    service_end(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_return_by_other_thread,
        test_return_wakes_owner,
        test_late_return_wakes_owner,
        test_return_settles_cancelled,
        test_late_return_settles_cancelled,
        test_credit_given_once,
        test_stranger_returns,
        NULL,
    };

    return check_run("ipc_thread", tests);
}
