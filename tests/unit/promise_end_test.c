/*
 * promise_end_test.c - promises that break, are cancelled, or whose thread ends.
 */
#include "promise_play.h"

/* The kind and detail of an exception pass on; a whole chain ends. */
START_TEST(test_broken_exception)
{
    struct sqe middle;
    uint32_t first;
    uint32_t second;

    begin();
    arm(1);
    first = push_open(0);
    second = next_sequence();
    middle = open_sqe(ring_promised(first, 0), RING_PROMISE | RING_PROMISED,
                      MADE + 1);
    player_push(&fixture_init, &middle);
    push_read(second, 7);
    await(3);
    break_it(take(TAG_DIRECTORY).call_id, CAP_EXCEPTION_KIND_OVERLOADED, 77);
    player_go(&fixture_init);
    for (uint64_t i = 0; i < 3; i++) {
        struct cqe cqe = player_expect(&fixture_init, i < 2 ? MADE + i : 7);

        ck_assert_int_eq(cqe.result, ERR_EXCEPTION);
        ck_assert_uint_eq(cqe.words[0], CAP_EXCEPTION_KIND_OVERLOADED);
        ck_assert_uint_eq(cqe.words[1], 77);
        ck_assert_uint_eq(cqe.words[2], 0);
    }
    /* It stays broken. */
    push_read(second, 8);
    enter();
    ck_assert_int_eq(result_of(8), ERR_EXCEPTION);
    end();
}
END_TEST

START_TEST(test_broken_transport)
{
    struct sqe bad;
    uint32_t sequence;

    begin();
    /* Refused at once. */
    sequence = next_sequence();
    bad = open_sqe(12345, RING_PROMISE, MADE);
    player_push(&fixture_init, &bad);
    push_read(sequence, 7);
    enter();
    ck_assert_int_eq(result_of(MADE), ERR_BAD_CAPABILITY);
    ck_assert_int_eq(result_of(7), ERR_BAD_CAPABILITY);
    /* Its facet closes. */
    sequence = push_open(1);
    push_read(sequence, 7);
    enter();
    bad = (struct sqe){.opcode = RING_RELEASE, .cap = endpoint};
    player_submit(&fixture_init, &bad);
    bad.cap = served;
    player_submit(&server, &bad);
    enter();
    (void)player_expect(&fixture_init, 0);
    ck_assert_int_eq(result_of(MADE + 1), ERR_DISCONNECTED);
    ck_assert_int_eq(result_of(7), ERR_DISCONNECTED);
    end();
}
END_TEST

/* The result had not that many capabilities. */
START_TEST(test_broken_index)
{
    struct sqe far;
    uint32_t sequence;

    begin();
    arm(2);
    sequence = push_open(0);
    far = read_sqe(sequence, 1, 7);
    player_push(&fixture_init, &far);
    far = read_sqe(sequence, UINT32_MAX, 8);
    player_push(&fixture_init, &far);
    enter();
    keep(take(TAG_DIRECTORY).call_id, file);
    enter();
    (void)player_expect(&fixture_init, MADE);
    ck_assert_int_eq(result_of(7), ERR_BAD_CAPABILITY);
    ck_assert_int_eq(result_of(8), ERR_BAD_CAPABILITY);
    sequence = push_open(1);
    push_read(sequence, 9);
    enter();
    keep(take(TAG_DIRECTORY).call_id, 0);
    enter();
    ck_assert_int_eq(result_of(MADE + 1), 8);
    ck_assert_int_eq(result_of(9), ERR_BAD_CAPABILITY);
    end();
}
END_TEST

/* No promise of that sequence: never made, of no CALL, or of long ago. */
START_TEST(test_unknown)
{
    struct sqe nop = {.opcode = RING_NOP, .user_data = 3};
    uint32_t sequence;

    begin();
    push_read(next_sequence(), 7); /* of itself */
    enter();
    ck_assert_int_eq(result_of(7), ERR_NOT_FOUND);
    sequence = next_sequence();
    player_push(&fixture_init, &nop);
    push_read(sequence, 7);
    push_read(sequence + 100, 8);
    enter();
    ck_assert_int_eq(result_of(3), 0);
    ck_assert_int_eq(result_of(7), ERR_NOT_FOUND);
    ck_assert_int_eq(result_of(8), ERR_NOT_FOUND);
    sequence = next_sequence();
    for (uint64_t i = 0; i <= PROMISE_RECORDS; i++) {
        struct sqe made = open_sqe(1, RING_PROMISE, MADE);

        player_submit(&fixture_init, &made);
        ck_assert_int_eq(result_of(MADE), ERR_BAD_CAPABILITY);
    }
    push_read(sequence, 7);
    push_read(sequence + 1, 8);
    enter();
    ck_assert_int_eq(result_of(7), ERR_NOT_FOUND);
    ck_assert_int_eq(result_of(8), ERR_BAD_CAPABILITY);
    end();
}
END_TEST

/* What can bring no capability makes no promise. */
START_TEST(test_flags)
{
    struct sqe sqe;
    uint32_t sequence;

    begin();
    sequence = next_sequence();
    sqe = service_call_sqe(directory, 7, 7);
    sqe.flags |= RING_PROMISE;
    player_push(&fixture_init, &sqe);
    push_read(sequence, 8);
    enter();
    ck_assert_int_eq(result_of(7), ERR_BAD_FLAGS);
    ck_assert_int_eq(result_of(8), ERR_BAD_FLAGS);
    /* Other flags are what they are elsewhere, when the call is made. */
    arm(1);
    sequence = push_open(0);
    sqe = read_sqe(sequence, 0, 7);
    sqe.flags |= RING_SHARED;
    player_push(&fixture_init, &sqe);
    enter();
    keep(take(TAG_DIRECTORY).call_id, file);
    enter();
    (void)player_expect(&fixture_init, MADE);
    ck_assert_int_eq(result_of(7), ERR_BAD_FLAGS);
    for (uint8_t opcode = 0; opcode <= RING_CALLER_INFO; opcode++) {
        if (opcode != RING_CALL) {
            sqe = (struct sqe){.opcode = opcode, .flags = RING_PROMISE};
            ck_assert_int_lt(player_do(&fixture_init, &sqe), 0);
            sqe.flags = RING_PROMISED;
            ck_assert_int_lt(player_do(&fixture_init, &sqe), 0);
        }
    }
    end();
}
END_TEST

/* -------------------------------------------------------------------- cancels */

START_TEST(test_cancel_promise)
{
    uint32_t sequence;
    uint64_t id;

    begin();
    arm(1);
    sequence = push_open(0);
    push_read(sequence, 7);
    enter();
    id = take(TAG_DIRECTORY).call_id;
    cancel(MADE);
    ck_assert_int_eq(result_of(MADE), ERR_CANCELLED);
    ck_assert_int_eq(result_of(MADE + 1), 0);
    ck_assert_int_eq(result_of(7), ERR_CANCELLED);
    keep(id, file);
    ck_assert_int_eq(player_expect(&server, 9).result, ERR_CALL_GONE);
    end();
}
END_TEST

/* A cancelled dependent that is a promise breaks it; its neighbours go on. */
START_TEST(test_cancel_dependent)
{
    struct sqe middle;
    uint32_t sequence;

    begin();
    arm(2);
    sequence = push_open(0);
    push_read(sequence, 1);
    middle = open_sqe(ring_promised(sequence, 0),
                      RING_PROMISE | RING_PROMISED, MADE + 10);
    push_read(next_sequence() + 1, 4); /* comes too early: unknown */
    player_push(&fixture_init, &middle);
    push_read(next_sequence() - 1, 5);
    push_read(sequence, 2);
    enter();
    ck_assert_int_eq(result_of(4), ERR_NOT_FOUND);
    cancel(MADE + 10);
    ck_assert_int_eq(result_of(MADE + 10), ERR_CANCELLED);
    ck_assert_int_eq(result_of(MADE + 11), 0);
    ck_assert_int_eq(result_of(5), ERR_CANCELLED);
    keep(take(TAG_DIRECTORY).call_id, file);
    enter();
    (void)player_expect(&fixture_init, MADE);
    ck_assert_uint_eq(take(TAG_FILE).words[0], 1);
    ck_assert_uint_eq(take(TAG_FILE).words[0], 2);
    end();
}
END_TEST

/* ----------------------------------------------------------------------- ends */

/* The caller dies with a chain, of which `made` calls have been delivered. */
static void caller_dies(uint32_t made)
{
    struct fixture_request request = {0};
    struct player client;
    struct sqe sqe;

    begin();
    request.grants[0] = (struct fixture_grant){"directory", directory};
    fixture_spawn(&fixture_init, &request, &client);
    sqe = service_message_sqe(&client, player_cap(&client, "directory"), 1, 8);
    sqe.flags |= RING_PROMISE;
    player_push(&client, &sqe);
    sqe.cap = ring_promised(0, 0);
    sqe.flags |= RING_PROMISED;
    player_push(&client, &sqe);
    sqe.cap = ring_promised(1, 0);
    player_push(&client, &sqe);
    player_go(&client);
    (void)player_enter(&client, 3, TIMEOUT_NEVER);
    if (made) {
        arm(2);
    }
    if (made == 2) {
        keep(take(TAG_DIRECTORY).call_id, file);
        let_run();
        (void)take(TAG_FILE);
    }
    fixture_kill(&fixture_init, client.handle, 0);
    player_detach(&client);
    end();
}

START_TEST(test_caller_dies_queued)
{
    caller_dies(0);
}
END_TEST

START_TEST(test_caller_dies_delivered)
{
    caller_dies(1);
}
END_TEST

START_TEST(test_caller_dies_chained)
{
    caller_dies(2);
}
END_TEST

/* Killed between the promise being kept and its dependents being made. */
START_TEST(test_caller_dies_due)
{
    struct fixture_request request = {0};
    struct player client;
    struct sqe sqe;

    begin();
    arm(2);
    request.grants[0] = (struct fixture_grant){"directory", directory};
    fixture_spawn(&fixture_init, &request, &client);
    sqe = service_message_sqe(&client, player_cap(&client, "directory"), 1, 8);
    sqe.flags |= RING_PROMISE;
    player_push(&client, &sqe);
    sqe.cap = ring_promised(0, 0);
    sqe.flags |= RING_PROMISED;
    player_push(&client, &sqe);
    player_go(&client);
    (void)player_enter(&client, 2, TIMEOUT_NEVER);
    sqe = keep_sqe(take(TAG_DIRECTORY).call_id, file);
    player_submit(&server, &sqe);
    ck_assert(client.thread->waits_on);
    process_end(client.process, END_KILLED, 0);
    player_detach(&client);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_broken_exception,
        test_broken_transport,
        test_broken_index,
        test_unknown,
        test_flags,
        test_cancel_promise,
        test_cancel_dependent,
        test_caller_dies_queued,
        test_caller_dies_delivered,
        test_caller_dies_chained,
        test_caller_dies_due,
        NULL,
    };

    return check_run("promise_end", tests);
}
