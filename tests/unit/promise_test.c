/*
 * promise_test.c - calls on what earlier calls will return: kept promises, order,
 * limits, and waiting. How they break and end is in promise_end_test.c.
 */
#include "promise_play.h"

/* A kernel object's capability, used in the same entry. */
START_TEST(test_kernel_at_once)
{
    const uint64_t pages[4] = {3};
    struct sqe made;
    struct sqe asked;
    uint32_t sequence;
    struct cqe cqe;

    begin();
    sequence = next_sequence();
    made = player_call_sqe(&fixture_init, frames, FRAME_ALLOCATOR_INTERFACE_ID,
                           FRAME_ALLOCATOR_METHOD_ALLOCATE, pages);
    made.flags |= RING_PROMISE;
    asked = player_call_sqe(&fixture_init, ring_promised(sequence, 0),
                            MEMORY_OBJECT_INTERFACE_ID,
                            MEMORY_OBJECT_METHOD_SIZE, NULL);
    asked.flags |= RING_PROMISED;
    asked.user_data = 7;
    player_push(&fixture_init, &made);
    player_push(&fixture_init, &asked);
    enter();
    ck_assert_int_gt(result_of(made.user_data), 0);
    cqe = player_expect(&fixture_init, 7);
    ck_assert_int_eq(cqe.result, 0);
    ck_assert_uint_eq(cqe.words[0], 3 * PAGE_SIZE);
    /* Later entries may name it, too, while its record lasts. */
    ck_assert_int_eq(player_do(&fixture_init, &asked), 0);
    asked.cap = ring_promised(sequence, 1);
    ck_assert_int_eq(player_do(&fixture_init, &asked), ERR_BAD_CAPABILITY);
    end();
}
END_TEST

/* open and read of a service in one entry; the client need not come between. */
START_TEST(test_one_entry)
{
    struct sqe sqe;
    struct cqe cqe;

    begin();
    arm(4);
    player_go(&server);
    (void)player_enter(&server, 1, TIMEOUT_NEVER);
    push_read(push_open(0), 7);
    await(2);
    ck_assert(player_current(&server));
    cqe = take(TAG_DIRECTORY);
    service_nothing(&server);
    sqe = keep_sqe(cqe.call_id, file);
    player_push(&server, &sqe);
    /* The client was chosen, made its call, and waits on. */
    ck_assert_int_eq(player_enter(&server, 1, TIMEOUT_NEVER), 1);
    ck_assert(player_current(&server));
    ck_assert_uint_eq(fixture_init.thread->state, THREAD_WAITING);
    cqe = take(TAG_FILE);
    ck_assert_uint_eq(cqe.words[0], 7);
    answer(cqe.call_id);
    player_go(&fixture_init);
    ck_assert_int_eq(fixture_init.thread->context.result, 2);
    cqe = player_expect(&fixture_init, MADE);
    ck_assert_int_eq(cqe.result, 8);
    ck_assert_uint_ne(player_result_cap(&fixture_init, &cqe, 0), 0);
    ck_assert_int_eq(result_of(7), 0);
    end();
}
END_TEST

/* A service returned a capability to a kernel object. */
START_TEST(test_kernel_dependent)
{
    struct sqe asked;
    struct cqe cqe;
    uint32_t sequence;

    begin();
    arm(1);
    sequence = push_open(0);
    asked = player_call_sqe(&fixture_init, ring_promised(sequence, 0),
                            MEMORY_OBJECT_INTERFACE_ID,
                            MEMORY_OBJECT_METHOD_SIZE, NULL);
    asked.flags |= RING_PROMISED;
    asked.user_data = 7;
    player_push(&fixture_init, &asked);
    await(2);
    keep(take(TAG_DIRECTORY).call_id, memory);
    player_go(&fixture_init);
    ck_assert_int_eq(result_of(MADE), 8);
    cqe = player_expect(&fixture_init, 7);
    ck_assert_int_eq(cqe.result, 0);
    ck_assert_uint_eq(cqe.words[0], PAGE_SIZE);
    end();
}
END_TEST

/* Calls on one promised capability come in the order of submission. */
START_TEST(test_order)
{
    uint32_t sequence;

    begin();
    arm(1);
    sequence = push_open(0);
    for (uint64_t i = 1; i <= 3; i++) {
        push_read(sequence, i);
    }
    enter();
    push_read(sequence, 4);
    enter();
    keep(take(TAG_DIRECTORY).call_id, file);
    push_read(sequence, 5); /* the first ones have not been made yet */
    enter();
    push_read(sequence, 6);
    enter();
    (void)player_expect(&fixture_init, MADE);
    for (uint64_t i = 1; i <= 6; i++) {
        struct cqe cqe = take(TAG_FILE);

        ck_assert_uint_eq(cqe.words[0], i);
        answer(cqe.call_id);
        ck_assert_int_eq(result_of(i), 0);
    }
    end();
}
END_TEST

/* A direct call of the capability, once it is known, comes after them. */
START_TEST(test_order_direct)
{
    struct sqe direct;
    uint32_t sequence;
    struct cqe cqe;

    begin();
    arm(2);
    sequence = push_open(0);
    push_read(sequence, 1);
    enter();
    keep(take(TAG_DIRECTORY).call_id, file);
    cqe = player_expect(&fixture_init, MADE);
    direct = service_call_sqe(player_result_cap(&fixture_init, &cqe, 0), 2, 2);
    player_submit(&fixture_init, &direct);
    ck_assert_uint_eq(take(TAG_FILE).words[0], 1);
    ck_assert_uint_eq(take(TAG_FILE).words[0], 2);
    end();
}
END_TEST

/* A dependent is a promise itself, and so on. */
START_TEST(test_chain)
{
    struct sqe middle;
    uint32_t first;
    uint32_t second;
    uint32_t third;

    begin();
    arm(4);
    first = push_open(0);
    second = next_sequence();
    middle = open_sqe(ring_promised(first, 0), RING_PROMISE | RING_PROMISED,
                      MADE + 1);
    player_push(&fixture_init, &middle);
    third = next_sequence();
    middle.cap = ring_promised(second, 0);
    middle.user_data = MADE + 2;
    player_push(&fixture_init, &middle);
    push_read(third, 7);
    await(4);
    keep(take(TAG_DIRECTORY).call_id, file);
    let_run();
    keep(take(TAG_FILE).call_id, file);
    let_run();
    keep(take(TAG_FILE).call_id, file);
    let_run();
    answer(take(TAG_FILE).call_id);
    player_go(&fixture_init);
    for (uint64_t i = 0; i < 3; i++) {
        ck_assert_int_eq(result_of(MADE + i), 8);
    }
    ck_assert_int_eq(result_of(7), 0);
    end();
}
END_TEST

/* -------------------------------------------------------------------- limits */

/* As many promises at a time as there are records; a settled one makes room. */
START_TEST(test_records)
{
    struct sqe sqe;

    begin();
    arm(1);
    for (uint64_t i = 0; i < PROMISE_RECORDS; i++) {
        (void)push_open(i);
    }
    enter();
    sqe = open_sqe(directory, RING_PROMISE, 7);
    ck_assert_int_eq(player_do(&fixture_init, &sqe), ERR_OVERLOADED);
    keep(take(TAG_DIRECTORY).call_id, file);
    enter();
    ck_assert_int_eq(result_of(MADE), 8);
    player_submit(&fixture_init, &sqe);
    service_nothing(&fixture_init);
    sqe.user_data = 8;
    ck_assert_int_eq(player_do(&fixture_init, &sqe), ERR_OVERLOADED);
    end();
}
END_TEST

/* A dependent costs a call record and a place from its submission on. */
START_TEST(test_charged)
{
    uint32_t records;
    uint32_t sequence;

    begin();
    records = fixture_init.thread->call_count;
    sequence = push_open(0);
    for (uint64_t i = 1; i < records; i++) {
        push_read(sequence, i);
    }
    enter();
    service_nothing(&fixture_init);
    push_read(sequence, 999);
    enter();
    ck_assert_int_eq(result_of(999), ERR_OVERLOADED);
    /* They run though no record is free. */
    arm(1);
    keep(take(TAG_DIRECTORY).call_id, file);
    enter();
    (void)player_expect(&fixture_init, MADE);
    for (uint64_t i = 1; i < records; i++) {
        answer(take(TAG_FILE).call_id);
        ck_assert_int_eq(result_of(i), 0);
    }
    end();
}
END_TEST

/* -------------------------------------------------------------------- waiting */

/* Who waits with a limit of time and is woken for a dependent waits no longer. */
START_TEST(test_timeout)
{
    uint64_t begun_ns;

    begin();
    arm(2);
    push_read(push_open(0), 7);
    player_go(&fixture_init);
    begun_ns = fake_now_ns;
    ck_assert_int_eq(player_enter(&fixture_init, 2, 5000000), PLAYER_WAITS);
    keep(take(TAG_DIRECTORY).call_id, file);
    let_run();
    (void)take(TAG_FILE);
    player_go(&server);
    (void)player_enter(&server, 1, 20000000);
    while (!player_current(&fixture_init)) {
        fixture_tick();
    }
    ck_assert_int_eq(fixture_init.thread->context.result, 1);
    ck_assert_uint_ge(fake_now_ns, begun_ns + 5000000);
    ck_assert_uint_lt(fake_now_ns, begun_ns + 6000000);
    end();
}
END_TEST

/* It runs on another CPU: that is told, and does it in time. */
START_TEST(test_runs_elsewhere)
{
    begin_on(2);
    arm(2);
    push_read(push_open(0), 7);
    enter();
    player_go(&fixture_init);
    keep(take(TAG_DIRECTORY).call_id, file);
    fixture_attend();
    player_go(&server);
    ck_assert_uint_eq(take(TAG_FILE).words[0], 7);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_kernel_at_once,
        test_one_entry,
        test_kernel_dependent,
        test_order,
        test_order_direct,
        test_chain,
        test_records,
        test_charged,
        test_timeout,
        test_runs_elsewhere,
        NULL,
    };

    return check_run("promise", tests);
}
