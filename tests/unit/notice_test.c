/*
 * notice_test.c - notices: a server is told that nobody holds a facet any more.
 */
#include "facet_play.h"

START_TEST(test_notice)
{
    uint64_t facet;
    struct cqe cqe;
    struct cqe next;

    begin();
    facet = mint(5, 0);
    arm(1, 0);
    fixture_release(&fixture_init, facet);
    cqe = take(RING_CQE_UNHELD, 5);
    ck_assert(cqe.call_id & NOTICE_ID);
    /* It has the credit until it is returned, by whoever of the process. */
    facet = mint(6, 0);
    call(facet, 1);
    service_nothing(&server);
    give_back(cqe.call_id);
    next = take(RING_CQE_CALL, 6);
    service_nothing(&server);
    /* And then it is gone. */
    give_back(cqe.call_id);
    ck_assert_int_eq(player_expect(&server, 9).result, ERR_CALL_GONE);
    give_back(next.call_id);
    ck_assert_int_eq(player_expect(&fixture_init, 1).result, 0);
    service_nothing(&server);
    end();
}
END_TEST

/* Nobody else can return it, and no number near it is one. */
START_TEST(test_notice_forged)
{
    struct sqe sqe;
    struct cqe cqe;

    begin();
    arm(2, 0);
    fixture_release(&fixture_init, mint(5, 0));
    cqe = take(RING_CQE_UNHELD, 5);
    sqe = service_return_sqe(cqe.call_id, 8, 0);
    ck_assert_int_eq(player_do(&fixture_init, &sqe), ERR_CALL_GONE);
    for (uint32_t bit = 0; bit < 64; bit++) {
        sqe = service_return_sqe(cqe.call_id ^ 1ull << bit, 8, 0);
        ck_assert_int_eq(player_do(&server, &sqe), ERR_CALL_GONE);
    }
    give_back(cqe.call_id);
    service_nothing(&server);
    end();
}
END_TEST

/* After all calls that the facet had waiting, and not for those in flight. */
START_TEST(test_notice_after_calls)
{
    uint64_t facet;
    struct cqe first;
    struct cqe cqe;

    begin();
    facet = mint(5, 0);
    arm(2, 0);
    for (uint64_t i = 1; i <= 4; i++) {
        call(facet, i);
    }
    fixture_release(&fixture_init, facet);
    first = take(RING_CQE_CALL, 5);
    for (uint64_t i = 2; i <= 4; i++) {
        cqe = take(RING_CQE_CALL, 5);
        service_nothing(&server);
        give_back(cqe.call_id);
        ck_assert_int_eq(player_expect(&fixture_init, i).result, 0);
    }
    (void)take(RING_CQE_UNHELD, 5);
    give_back(first.call_id);
    ck_assert_int_eq(player_expect(&fixture_init, 1).result, 0);
    end();
}
END_TEST

/* Many at once wait for credits, in order, and none is lost. */
START_TEST(test_notice_many)
{
    uint64_t facets[100];
    uint32_t blocks;

    begin();
    for (uint32_t i = 0; i < 100; i++) {
        facets[i] = mint(i, 0);
    }
    blocks = machine_heap_blocks;
    for (uint32_t i = 0; i < 100; i++) {
        fixture_release(&fixture_init, facets[i]);
    }
    ck_assert_uint_eq(machine_heap_blocks, blocks); /* kept, and no more */
    arm(3, 0);
    for (uint32_t i = 0; i < 100; i++) {
        give_back(take(RING_CQE_UNHELD, i).call_id);
    }
    service_nothing(&server);
    fake_retire();
    ck_assert_uint_eq(machine_heap_blocks, blocks - 100);
    end();
}
END_TEST

/* Notices have turns like calls: a busy client holds up none. */
START_TEST(test_notice_turn)
{
    uint64_t busy;
    uint64_t idle;

    begin();
    busy = mint(1, 0);
    idle = mint(2, 0);
    arm(1, 0);
    for (uint64_t i = 1; i <= 5; i++) {
        call(busy, i);
    }
    fixture_release(&fixture_init, idle);
    give_back(take(RING_CQE_CALL, 1).call_id);
    give_back(take(RING_CQE_UNHELD, 2).call_id);
    give_back(take(RING_CQE_CALL, 1).call_id);
    for (uint64_t i = 1; i <= 2; i++) {
        ck_assert_int_eq(player_expect(&fixture_init, i).result, 0);
    }
    end();
}
END_TEST

/* A closed facet sends none, nor one that is held again when its turn comes. */
START_TEST(test_notice_not_due)
{
    struct facet *facet;
    uint64_t cap;

    begin();
    cap = mint(5, 0);
    close_tag(5, 0);
    fixture_release(&fixture_init, cap);
    cap = mint(6, 0);
    facet = facet_behind(cap);
    object_get(&facet->object);
    fixture_release(&fixture_init, cap);
    ck_assert(facet->notice);
    object_hold(&facet->object);
    arm(1, 0);
    service_nothing(&server);
    ck_assert(!facet->notice);
    /* And once more when it is let go of again. */
    object_unhold(&facet->object);
    object_put(&facet->object);
    (void)take(RING_CQE_UNHELD, 6);
    service_nothing(&server);
    end();
}
END_TEST

/* The endpoint goes while notices wait. */
START_TEST(test_notice_endpoint_closes)
{
    begin();
    fixture_release(&fixture_init, mint(5, 0));
    fixture_release(&fixture_init, mint(6, 0));
    fixture_release(&server, served);
    fixture_release(&fixture_init, endpoint);
    end();
}
END_TEST

/* A receive is cancelled with a notice in its server's hands, others waiting. */
START_TEST(test_notice_receive_cancelled)
{
    const struct sqe cancel = service_cancel_sqe(SERVICE_RECV);
    struct cqe cqe;

    begin();
    arm(1, 0);
    fixture_release(&fixture_init, mint(5, 0));
    fixture_release(&fixture_init, mint(6, 0));
    cqe = take(RING_CQE_UNHELD, 5);
    player_submit(&server, &cancel);
    ck_assert_int_eq(player_expect(&server, SERVICE_RECV).result,
                     ERR_CANCELLED);
    ck_assert_int_eq(player_expect(&server, SERVICE_RECV + 1).result, 0);
    give_back(cqe.call_id);
    service_nothing(&server);
    arm(1, 0);
    (void)take(RING_CQE_UNHELD, 6);
    end();
}
END_TEST

/* Another thread returns it; one that ends takes it along. */
START_TEST(test_notice_threads)
{
    struct player second;
    uint64_t handle;
    struct sqe sqe;
    struct cqe cqe;

    begin();
    handle = fixture_thread(&server, &second);
    arm(1, 0);
    fixture_release(&fixture_init, mint(5, 0));
    fixture_release(&fixture_init, mint(6, 0));
    cqe = take(RING_CQE_UNHELD, 5);
    sqe = service_return_sqe(cqe.call_id, 9, 0);
    player_submit(&second, &sqe);
    service_nothing(&second);
    player_go(&server);
    (void)player_enter(&server, 0, TIMEOUT_POLL);
    (void)take(RING_CQE_UNHELD, 6);
    sqe = service_recv_sqe(&second, served, 1, 0, 0);
    player_submit(&second, &sqe);
    fixture_release(&fixture_init, mint(7, 0));
    cqe = player_expect(&second, SERVICE_RECV);
    ck_assert_int_eq(cqe.kind, RING_CQE_UNHELD);
    (void)player_call(&server, handle, THREAD_HANDLE_INTERFACE_ID,
                      THREAD_HANDLE_METHOD_END, 0, 0, 0);
    player_detach(&second);
    give_back(cqe.call_id);
    ck_assert_int_eq(player_expect(&server, 9).result, ERR_CALL_GONE);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_notice,
        test_notice_forged,
        test_notice_after_calls,
        test_notice_many,
        test_notice_turn,
        test_notice_not_due,
        test_notice_endpoint_closes,
        test_notice_receive_cancelled,
        test_notice_threads,
        NULL,
    };

    return check_run("notice", tests);
}
