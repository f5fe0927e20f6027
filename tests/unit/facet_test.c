/*
 * facet_test.c - facets: turns, limits and one-shot ones. Notices are in
 * notice_test.c.
 */
#include "facet_play.h"

/* However much one client asks for, the other one has every second turn. */
START_TEST(test_turns)
{
    uint64_t greedy;
    uint64_t modest;

    begin();
    greedy = mint(1, 0);
    modest = mint(2, 0);
    arm(1, 0);
    for (uint64_t i = 0; i < 20; i++) {
        call(greedy, 100 + i);
    }
    give_back(take(RING_CQE_CALL, 1).call_id);
    (void)player_expect(&fixture_init, 100);
    for (uint64_t i = 1; i < 10; i++) {
        struct cqe cqe;

        /* One call at a time, made while the other one's is served. */
        call(modest, 200 + i);
        give_back(take(RING_CQE_CALL, 1).call_id);
        (void)player_expect(&fixture_init, 100 + i);
        cqe = take(RING_CQE_CALL, 2);
        ck_assert_uint_eq(cqe.words[0], 200 + i);
        give_back(cqe.call_id);
        (void)player_expect(&fixture_init, 200 + i);
    }
    end();
}
END_TEST

/* A call that needs a slot holds up only its own facet. */
START_TEST(test_slots_hold_up_nobody)
{
    uint64_t messages;
    struct cqe first;

    begin();
    messages = mint(1, 0);
    arm(3, 1);
    call_memory(messages, 1);
    first = take(RING_CQE_CALL, 1);
    call_memory(messages, 2);
    call(messages, 3); /* behind it, in the order of its facet */
    service_nothing(&server);
    call(mint(2, 0), 4);
    (void)take(RING_CQE_CALL, 2);
    service_nothing(&server);
    give_back(first.call_id); /* wrong form: it stays */
    ck_assert_int_eq(player_expect(&server, 9).result, ERR_WRONG_FORM);
    /* Its facet's next call fits any credit: it may pass now. */
    cancel(2);
    (void)take(RING_CQE_CALL, 1);
    end();
}
END_TEST

START_TEST(test_queue_limit_each)
{
    uint64_t narrow;
    uint64_t wide;

    begin();
    narrow = mint(1, 1);
    wide = mint(2, 3);
    call(narrow, 1);
    for (uint64_t i = 2; i < 5; i++) {
        call(wide, i);
    }
    service_nothing(&fixture_init);
    call(narrow, 5);
    ck_assert_int_eq(player_expect(&fixture_init, 5).result, ERR_OVERLOADED);
    call(wide, 6);
    ck_assert_int_eq(player_expect(&fixture_init, 6).result, ERR_OVERLOADED);
    arm(1, 0);
    (void)take(RING_CQE_CALL, 1);
    call(narrow, 7); /* its only place is free again */
    service_nothing(&fixture_init);
    end();
}
END_TEST

/* ----------------------------------------------------------------- one-shot */

START_TEST(test_one_shot)
{
    uint64_t facet;
    struct cqe cqe;

    begin();
    facet = mint_one_shot(5);
    call(facet, 1);
    call(facet, 2);
    ck_assert_int_eq(player_expect(&fixture_init, 2).result, ERR_OVERLOADED);
    arm(2, 0);
    cqe = take(RING_CQE_CALL, 5);
    call(facet, 3);
    ck_assert_int_eq(player_expect(&fixture_init, 3).result,
                     ERR_DISCONNECTED);
    give_back(cqe.call_id);
    ck_assert_int_eq(player_expect(&fixture_init, 1).result, 0);
    /* Closed by its call: nothing is to be told. */
    fixture_release(&fixture_init, facet);
    service_nothing(&server);
    end();
}
END_TEST

/* A call that was not delivered is not the one. */
START_TEST(test_one_shot_not_delivered)
{
    uint64_t facet;

    begin();
    facet = mint_one_shot(5);
    call(facet, 1);
    cancel(1);
    call(facet, 2);
    arm(1, 0);
    (void)take(RING_CQE_CALL, 5);
    end();
}
END_TEST

/* Its call in flight ends when it is closed, like any other. */
START_TEST(test_one_shot_closed)
{
    uint64_t facet;

    begin();
    facet = mint_one_shot(5);
    arm(1, 0);
    call(facet, 1);
    (void)take(RING_CQE_CALL, 5);
    close_tag(5, 1);
    end();
}
END_TEST

/* One that nobody called is told of when it goes. */
START_TEST(test_one_shot_unused)
{
    begin();
    arm(1, 0);
    fixture_release(&fixture_init, mint_one_shot(5));
    (void)take(RING_CQE_UNHELD, 5);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_turns,
        test_slots_hold_up_nobody,
        test_queue_limit_each,
        test_one_shot,
        test_one_shot_not_delivered,
        test_one_shot_closed,
        test_one_shot_unused,
        NULL,
    };

    return check_run("facet", tests);
}
