/*
 * context_lend_test.c - a call lends its server what the client runs on: until
 * it ends, in whatever way, or the budget is used up; and chains of that.
 */
#include "context_play.h"

#include "core_check.h"

#define PARTIES 10u /* a chain longer than it may be */

/* Each serves an endpoint of its own and has a facet of the next one's. */
static struct player party[PARTIES];
static uint64_t context; /* init's; party 0 is bound to it */
static uint32_t parties;

static void begin(uint32_t count, uint64_t budget_ns)
{
    const struct fixture_request small = {
        .limits = {[LEDGER_PAGES] = 40, [LEDGER_TABLES] = 40,
                   [LEDGER_RINGS] = 10, [LEDGER_CALLS] = 128,
                   [LEDGER_VIRTUAL] = 1000, [LEDGER_THREADS] = 2,
                   [LEDGER_PROCESSES] = 1, [LEDGER_CAPS] = 20,
                   [LEDGER_SCRATCH] = 1, [LEDGER_LOG_BYTES] = 100,
                   [LEDGER_WEIGHT] = 2048}};
    uint64_t next = 0;

    fixture_begin();
    parties = count;
    for (uint32_t i = count; i-- > 0;) {
        struct fixture_request request = small;
        uint64_t endpoint = fixture_endpoint(&fixture_init);

        request.grants[0] = (struct fixture_grant){"service", endpoint};
        request.grants[1] =
            (struct fixture_grant){next ? "next" : NULL, next};
        fixture_spawn(&fixture_init, &request, &party[i]);
        next = fixture_mint(&fixture_init, endpoint, SERVICE_TAG, 0);
        fixture_release(&fixture_init, endpoint);
    }
    context = context_new(1024, budget_ns, 100 * MS);
    context_bind_thread(context, &party[0]);
    for (uint32_t i = count; i-- > 1;) {
        struct sqe sqe = service_recv_sqe(
            &party[i], player_cap(&party[i], "service"), 4, 0, 0);

        player_submit(&party[i], &sqe);
        player_wait(&party[i], TIMEOUT_NEVER);
    }
    fixture_sleep(500 * MS);
}

static void end(void)
{
    for (uint32_t i = 0; i < parties; i++) {
        ck_assert_ptr_null(sync_load_pointer(&party[i].thread->place.lent_to));
        ck_assert_ptr_null(party[i].thread->place.lender);
        player_detach(&party[i]);
    }
    fixture_end();
}

/* A party calls the next one, which is handed the CPU. Its CQE of the call. */
static struct cqe call_next(uint32_t index, uint64_t timeout_ns)
{
    struct player *caller = &party[index];
    struct sqe call = service_call_sqe(player_cap(caller, "next"), 5, 100);

    player_go(caller);
    player_push(caller, &call);
    player_wait(caller, timeout_ns);
    ck_assert(player_current(&party[index + 1]));
    return service_receive(&party[index + 1]);
}

/* The party returns the call, and goes on to wait if so asked. */
static void give_back(uint32_t index, const struct cqe *call, bool wait)
{
    struct sqe answer = service_return_sqe(call->call_id, 9, 200);

    player_push(&party[index], &answer);
    ck_assert_int_eq(player_enter(&party[index], wait ? 1 : 0,
                                  wait ? TIMEOUT_NEVER : TIMEOUT_POLL),
                     wait ? PLAYER_WAITS : 0);
}

static void expect_lent(uint32_t index)
{
    ck_assert_ptr_eq(context_runs_on(&party[index]), context_at(context));
}

static void expect_own(uint32_t index)
{
    ck_assert_ptr_null(context_runs_on(&party[index]));
}

START_TEST(test_round_trip)
{
    uint64_t used_ns;
    struct cqe call;

    begin(2, 50 * MS);
    for (uint32_t i = 0; i < 3; i++) {
        call = call_next(0, TIMEOUT_NEVER);
        expect_lent(1);
        used_ns = context_used_ns(context);
        fake_now_ns += MS / 2;
        give_back(1, &call, i != 1);
        expect_own(1);
        ck_assert_uint_ge(context_used_ns(context), used_ns + MS / 2);
        fake_now_ns += MS / 4; /* its own, if it goes on */
        player_go(&party[0]);
        (void)player_expect(&party[0], 5);
        if (i == 1) {
            player_go(&party[1]);
            player_wait(&party[1], TIMEOUT_NEVER);
        }
    }
    end();
}
END_TEST

/* A client that goes on by itself lends nothing; nor one without context. */
START_TEST(test_not_lent)
{
    struct sqe sqe;
    struct cqe call;

    begin(3, 50 * MS);
    player_go(&party[0]);
    sqe = service_call_sqe(player_cap(&party[0], "next"), 5, 100);
    player_push(&party[0], &sqe);
    ck_assert_int_eq(player_enter(&party[0], 0, TIMEOUT_POLL), 0);
    player_go(&party[1]);
    expect_own(1);
    call = service_receive(&party[1]);
    give_back(1, &call, false);
    call = call_next(1, TIMEOUT_NEVER);
    expect_own(2);
    give_back(2, &call, true);
    end();
}
END_TEST

/* The budget is used up: the server goes on with what is its own. */
START_TEST(test_used_up)
{
    struct cqe call;

    begin(2, 2 * MS);
    call = call_next(0, TIMEOUT_NEVER);
    expect_lent(1);
    while (context_runs_on(&party[1])) {
        ck_assert_uint_ne(fake->armed_ns, UINT64_MAX);
        fixture_tick();
    }
    ck_assert(player_current(&party[1]));
    ck_assert_int_le(context_left_ns(context), 0);
    fake_now_ns += 5 * MS;
    give_back(1, &call, true);
    ck_assert_int_ge(context_left_ns(context), -(int64_t)MS / 10);
    ck_assert(party[0].thread->place.parked);
    player_go(&party[0]);
    ck_assert_int_gt(context_left_ns(context), 0);
    (void)player_expect(&party[0], 5);
    end();
}
END_TEST

/* The client stops waiting; the server has it until the call is cancelled. */
START_TEST(test_timeout_and_cancel)
{
    struct sqe cancel = service_cancel_sqe(5);

    begin(2, 50 * MS);
    (void)call_next(0, MS);
    player_go(&party[0]);
    expect_lent(1);
    player_submit(&party[0], &cancel);
    expect_own(1);
    end();
}
END_TEST

/* The next call of the client is lent for instead. */
START_TEST(test_second_call)
{
    struct cqe call;

    begin(2, 50 * MS);
    call = call_next(0, MS);
    player_go(&party[1]);
    player_wait(&party[1], TIMEOUT_NEVER);
    expect_lent(1);
    (void)call_next(0, TIMEOUT_NEVER);
    expect_lent(1);
    give_back(1, &call, false); /* not the one that lends */
    expect_lent(1);
    fixture_kill(&fixture_init, party[0].handle, 0);
    expect_own(1);
    end();
}
END_TEST

START_TEST(test_client_killed)
{
    begin(2, 50 * MS);
    (void)call_next(0, TIMEOUT_NEVER);
    fixture_kill(&fixture_init, party[0].handle, 0);
    player_go(&party[1]);
    expect_own(1);
    end();
}
END_TEST

START_TEST(test_server_killed)
{
    begin(2, 50 * MS);
    (void)call_next(0, TIMEOUT_NEVER);
    fixture_kill(&fixture_init, party[1].handle, 0);
    player_go(&party[0]);
    ck_assert_int_eq(player_expect(&party[0], 5).result, ERR_DISCONNECTED);
    expect_lent(0);
    end();
}
END_TEST

/* The server lets go of its endpoint: the call in its hands ends. */
START_TEST(test_endpoint_gone)
{
    struct sqe sqe;

    begin(2, 50 * MS);
    (void)call_next(0, TIMEOUT_NEVER);
    sqe = (struct sqe){.opcode = RING_RELEASE,
                       .flags = RING_QUIET,
                       .cap = player_cap(&party[1], "service")};
    player_submit(&party[1], &sqe);
    player_go(&party[0]);
    ck_assert_int_lt(player_expect(&party[0], 5).result, 0);
    expect_own(1);
    end();
}
END_TEST

/* While it is lent: the client has none, so neither has the server. */
static void unbind_lent(bool release)
{
    struct cqe call;

    begin(2, 100 * MS);
    call = call_next(0, TIMEOUT_NEVER);
    player_go(&fixture_init);
    expect_lent(1);
    if (release) {
        fixture_release(&fixture_init, context);
    } else {
        ck_assert_int_eq(
            context_do(context, SCHEDULING_CONTEXT_METHOD_UNBIND, 0), 0);
    }
    expect_own(0);
    expect_own(1);
    player_go(&party[1]);
    give_back(1, &call, true);
    end();
}

START_TEST(test_unbound)
{
    unbind_lent(false);
}
END_TEST

START_TEST(test_released)
{
    unbind_lent(true);
}
END_TEST

/* The server calls on: all run on the first one's, and give it back in turn. */
START_TEST(test_chain)
{
    struct cqe calls[PARTIES];

    begin(4, 50 * MS);
    for (uint32_t i = 0; i < 3; i++) {
        calls[i + 1] = call_next(i, TIMEOUT_NEVER);
        expect_lent(i + 1);
    }
    for (uint32_t i = 3; i > 0; i--) {
        give_back(i, &calls[i], true);
        expect_own(i);
        expect_lent(i - 1);
        (void)player_expect(&party[i - 1], 5);
    }
    end();
}
END_TEST

/* One in the middle ends: those behind it lose what it lent. */
START_TEST(test_chain_cut)
{
    begin(4, 50 * MS);
    for (uint32_t i = 0; i < 3; i++) {
        (void)call_next(i, TIMEOUT_NEVER);
    }
    fixture_kill(&fixture_init, party[1].handle, 0);
    player_go(&party[0]);
    expect_own(2);
    expect_own(3);
    expect_lent(0);
    ck_assert_int_eq(player_expect(&party[0], 5).result, ERR_DISCONNECTED);
    end();
}
END_TEST

START_TEST(test_chain_long)
{
    begin(PARTIES, 90 * MS);
    for (uint32_t i = 0; i + 1 < PARTIES; i++) {
        (void)call_next(i, TIMEOUT_NEVER);
    }
    for (uint32_t i = 0; i < CONTEXT_CHAIN_MAX; i++) {
        expect_lent(i);
    }
    expect_own(CONTEXT_CHAIN_MAX);
    expect_own(PARTIES - 1);
    fixture_kill(&fixture_init, party[0].handle, 0);
    for (uint32_t i = 1; i < PARTIES; i++) {
        expect_own(i);
    }
    end();
}
END_TEST

/* Two that call each other are no chain without end. */
START_TEST(test_circle)
{
    struct sqe sqe;
    uint64_t facet;
    uint64_t back;

    begin(2, 50 * MS);
    player_go(&party[0]);
    sqe = service_recv_sqe(&party[0], player_cap(&party[0], "service"), 1, 0,
                           0);
    player_submit(&party[0], &sqe);
    facet = fixture_mint(&party[0], player_cap(&party[0], "service"),
                         SERVICE_TAG, 0);
    {
        struct cap_edge edge;

        ck_assert(cap_read(&party[0].process->caps, facet, &edge));
        ck_assert_int_eq(cap_insert(&party[1].process->caps, &edge, &back), 0);
    }
    (void)call_next(0, TIMEOUT_NEVER);
    expect_lent(1);
    sqe = service_call_sqe(back, 6, 1);
    player_push(&party[1], &sqe);
    player_wait(&party[1], TIMEOUT_NEVER);
    ck_assert(player_current(&party[0]));
    expect_lent(0);
    expect_lent(1);
    ck_assert_ptr_null(sync_load_pointer(&party[1].thread->place.lent_to));
    fixture_kill(&fixture_init, party[0].handle, 0);
    expect_own(1);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_round_trip,
        test_not_lent,
        test_used_up,
        test_timeout_and_cancel,
        test_second_call,
        test_client_killed,
        test_server_killed,
        test_endpoint_gone,
        test_unbound,
        test_released,
        test_chain,
        test_chain_cut,
        test_chain_long,
        test_circle,
        NULL,
    };

    return check_run("context-lend", tests);
}
