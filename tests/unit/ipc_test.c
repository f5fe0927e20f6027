/*
 * ipc_test.c - calls between processes: forms, credits, slots, queues, turns,
 * results and capabilities. Ends of all kinds are in ipc_end_test.c.
 */
#include <string.h>

#include "check_run.h"
#include "core_service.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"

static struct service s;

START_TEST(test_inline_round_trip)
{
    struct sqe call;
    struct sqe answer;
    struct cqe cqe;

    service_begin(&s, 0);
    service_arm(&s, 1, 0);
    player_go(&s.server);
    player_wait(&s.server, TIMEOUT_NEVER);
    player_go(&s.client);
    call = service_call_sqe(s.facet, 5, 100);
    player_push(&s.client, &call);
    /* One entry each way, the CPU handed over directly. */
    player_wait(&s.client, TIMEOUT_NEVER);
    ck_assert(player_current(&s.server));
    ck_assert_int_eq(s.server.thread->context.result, 1);
    cqe = service_receive(&s.server);
    ck_assert_int_eq(cqe.method, 3);
    ck_assert_int_eq(cqe.flags, RING_CQE_INLINE | RING_CQE_RINLINE);
    ck_assert_uint_eq(cqe.words[0], 100);
    ck_assert_uint_eq(cqe.words[3], 103);
    answer = service_return_sqe(cqe.call_id, 9, 200);
    player_push(&s.server, &answer);
    player_wait(&s.server, TIMEOUT_NEVER);
    ck_assert(player_current(&s.client));
    cqe = player_expect(&s.client, 5);
    ck_assert_int_eq(cqe.kind, RING_CQE_COMPLETION);
    ck_assert_int_eq(cqe.flags, RING_CQE_INLINE);
    ck_assert_int_eq(cqe.result, 0);
    ck_assert_uint_eq(cqe.words[0], 200);
    ck_assert_uint_eq(cqe.words[3], 203);
    ck_assert_uint_eq(cqe.tag, 0);
    ck_assert_uint_eq(cqe.call_id, 0);
    service_nothing(&s.server);
    service_end(&s);
}
END_TEST

START_TEST(test_memory_round_trip)
{
    struct sqe call;
    struct sqe answer = {.opcode = RING_RETURN, .user_data = 9};
    struct cqe cqe;
    char text[32];

    service_begin(&s, 0);
    service_arm(&s, 2, 1);
    call = service_message_sqe(&s.client, s.facet, 5, 24);
    player_write(&s.client, call.memory.params, "twenty-four bytes there", 24);
    cqe = service_deliver(&s, &call);
    ck_assert_int_eq(cqe.flags, 0);
    ck_assert_uint_eq(cqe.words[0], s.server.scratch + SCRATCH_FREE +
                                        RING_SLOT_HEADER_BYTES);
    ck_assert_uint_eq(cqe.words[1], 24);
    ck_assert_uint_eq(cqe.words[2], s.server.scratch + SCRATCH_FREE);
    player_read(&s.server, cqe.words[0], text, 24);
    ck_assert_str_eq(text, "twenty-four bytes there");
    player_write(&s.server, s.server.scratch, "and an answer", 14);
    answer.cap = cqe.call_id;
    answer.memory.params = s.server.scratch;
    answer.memory.params_len = 14;
    player_submit(&s.server, &answer);
    service_nothing(&s.server);
    cqe = player_expect(&s.client, 5);
    ck_assert_int_eq(cqe.result, 14);
    ck_assert_int_eq(cqe.flags, 0);
    player_read(&s.client, call.result, text, 14);
    ck_assert_str_eq(text, "and an answer");
    service_end(&s);
}
END_TEST

START_TEST(test_bad_params)
{
    struct sqe call;

    service_begin(&s, 0);
    service_arm(&s, 2, 1);
    call = service_message_sqe(&s.client, s.facet, 5, 8);
    call.memory.params = 16;
    ck_assert_int_eq(player_do(&s.client, &call), ERR_BAD_BUFFER);
    call.memory.params = UINT64_MAX - 3;
    ck_assert_int_eq(player_do(&s.client, &call), ERR_BAD_BUFFER);
    call = service_message_sqe(&s.client, s.facet, 5, 1024 - 63);
    ck_assert_int_eq(player_do(&s.client, &call), ERR_TOO_LARGE);
    call.memory.params_len = MESSAGE_BYTES_MAX + 1;
    ck_assert_int_eq(player_do(&s.client, &call), ERR_TOO_LARGE);
    call = service_message_sqe(&s.client, s.facet, 5, 8);
    call.memory.xfers = 8;
    ck_assert_int_eq(player_do(&s.client, &call), ERR_BAD_FLAGS);
    call = service_message_sqe(&s.client, s.facet, 5, 8);
    call.memory.ncaps = 1;
    ck_assert_int_eq(player_do(&s.client, &call), ERR_BAD_BUFFER);
    call.memory.ncaps = MESSAGE_CAPS_MAX + 1;
    ck_assert_int_eq(player_do(&s.client, &call), ERR_TOO_LARGE);
    call = service_message_sqe(&s.client, s.facet, 5, 8);
    call.memory.reserved = 1;
    ck_assert_int_eq(player_do(&s.client, &call), ERR_BAD_FLAGS);
    call = service_call_sqe(s.facet, 5, 8);
    call.result = 1;
    ck_assert_int_eq(player_do(&s.client, &call), ERR_BAD_FLAGS);
    call.result = 0;
    call.result_len = 1;
    ck_assert_int_eq(player_do(&s.client, &call), ERR_BAD_FLAGS);
    service_nothing(&s.server);
    service_end(&s);
}
END_TEST

/* Unmapped between CALL and delivery: the caller's own fault. */
START_TEST(test_params_unmapped)
{
    struct sqe call;
    uint64_t va;

    service_begin(&s, 0);
    va = player_map(&s.client, 1, PROTECTION_READ_WRITE);
    call = service_message_sqe(&s.client, s.facet, 5, 8);
    call.memory.params = va;
    player_submit(&s.client, &call);
    player_unmap(&s.client, va, 1);
    service_arm(&s, 2, 1);
    ck_assert_int_eq(player_expect(&s.client, 5).result, ERR_BAD_BUFFER);
    service_nothing(&s.server);
    service_end(&s);
}
END_TEST

/* A receive whose slots cannot be written ends; the call finds another. */
START_TEST(test_slot_unwritable)
{
    struct sqe call;
    struct sqe recv;

    service_begin(&s, 0);
    recv = service_recv_sqe(&s.server, s.endpoint, 2, 1, 1024);
    recv.recv.area = s.server.process->image_base + 0x1000;
    recv.user_data = 1;
    player_submit(&s.server, &recv);
    service_arm(&s, 1, 1);
    call = service_message_sqe(&s.client, s.facet, 5, 8);
    player_submit(&s.client, &call);
    ck_assert_int_eq(player_expect(&s.server, 1).result, ERR_BAD_BUFFER);
    (void)service_receive(&s.server);
    service_nothing(&s.client);
    /* Without another one it waits. */
    recv.user_data = 2;
    player_submit(&s.server, &recv);
    call.user_data = 6;
    player_submit(&s.client, &call);
    ck_assert_int_eq(player_expect(&s.server, 2).result, ERR_BAD_BUFFER);
    service_nothing(&s.client);
    service_end(&s);
}
END_TEST

START_TEST(test_credits_and_slots)
{
    struct sqe call;
    struct sqe answer;
    struct cqe first;

    service_begin(&s, 0);
    service_arm(&s, 3, 1);
    call = service_message_sqe(&s.client, s.facet, 1, 8);
    first = service_deliver(&s, &call);
    /* The only slot is in use: the second message waits. */
    call.user_data = 2;
    player_submit(&s.client, &call);
    service_nothing(&s.server);
    answer = (struct sqe){.opcode = RING_RETURN, .cap = first.call_id};
    player_submit(&s.server, &answer);
    ck_assert_int_eq(player_expect(&s.client, 1).result, 0);
    first = service_receive(&s.server);
    /* Inline calls take the other two credits, then wait. */
    for (uint64_t i = 3; i < 6; i++) {
        call = service_call_sqe(s.facet, i, i);
        player_submit(&s.client, &call);
    }
    (void)service_receive(&s.server);
    (void)service_receive(&s.server);
    service_nothing(&s.server);
    answer.cap = first.call_id;
    player_submit(&s.server, &answer);
    ck_assert_uint_eq(service_receive(&s.server).words[0], 5);
    service_end(&s);
}
END_TEST

/* A receive without a free slot must not hide one that has some. */
START_TEST(test_second_receive_has_slot)
{
    struct sqe call;
    struct sqe recv;

    service_begin(&s, 0);
    service_arm(&s, 2, 1);
    call = service_message_sqe(&s.client, s.facet, 1, 8);
    (void)service_deliver(&s, &call);
    recv = service_recv_sqe(&s.server, s.endpoint, 1, 1, 1024);
    recv.recv.area += 4096;
    player_submit(&s.server, &recv);
    call.user_data = 2;
    player_submit(&s.client, &call);
    ck_assert_uint_eq(service_receive(&s.server).words[2], recv.recv.area);
    service_end(&s);
}
END_TEST

/* "Too large" is a matter of the slots there are, not of those free now. */
START_TEST(test_large_slots_busy)
{
    struct sqe call;
    struct sqe recv;
    struct sqe answer = {.opcode = RING_RETURN};

    service_begin(&s, 0);
    recv = service_recv_sqe(&s.server, s.endpoint, 1, 1, 4096);
    recv.recv.area += 4096;
    player_submit(&s.server, &recv);
    call = service_message_sqe(&s.client, s.facet, 1, 2048);
    answer.cap = service_deliver(&s, &call).call_id;
    service_arm(&s, 1, 1);
    call.user_data = 2;
    player_submit(&s.client, &call);
    service_nothing(&s.client);
    player_submit(&s.server, &answer);
    ck_assert_int_eq(player_expect(&s.client, 1).result, 0);
    (void)service_receive(&s.server);
    service_end(&s);
}
END_TEST

START_TEST(test_queue_limit)
{
    struct sqe call;

    service_begin(&s, 2);
    for (uint64_t i = 0; i < 2; i++) {
        call = service_call_sqe(s.facet, i, i);
        player_submit(&s.client, &call);
        service_nothing(&s.client);
    }
    call = service_call_sqe(s.facet, 2, 2);
    ck_assert_int_eq(player_do(&s.client, &call), ERR_OVERLOADED);
    service_end(&s);
}
END_TEST

/* As many calls in flight as the ring has submissions, then overloaded. */
START_TEST(test_call_records)
{
    uint32_t records;
    struct sqe call;

    service_begin(&s, 1000);
    records = s.client.ring->sq_entries;
    for (uint64_t i = 0; i < records; i++) {
        call = service_call_sqe(s.facet, i, i);
        player_submit(&s.client, &call);
        service_nothing(&s.client);
    }
    call.user_data = 999;
    ck_assert_int_eq(player_do(&s.client, &call), ERR_OVERLOADED);
    service_end(&s);
}
END_TEST

/*
 * Two facets with waiting calls are served in turn, each in its order; the one
 * that was served last comes after the other.
 */
START_TEST(test_turns)
{
    static const uint64_t order[] = {11, 1, 12, 2, 3};
    struct sqe sqe;
    struct cqe cqe;
    uint64_t facet;

    service_begin(&s, 0);
    service_arm(&s, 1, 1);
    facet = fixture_mint(&s.server, s.endpoint, SERVICE_TAG, 0);
    sqe = service_message_sqe(&s.client, s.facet, 5, 8);
    sqe = service_caps_sqe(&s, service_deliver(&s, &sqe).call_id, 1, facet);
    player_submit(&s.server, &sqe);
    cqe = player_expect(&s.client, 5);
    facet = player_result_cap(&s.client, &cqe, 0);
    sqe = service_call_sqe(s.facet, 5, 0);
    cqe = service_deliver(&s, &sqe);
    for (uint64_t i = 1; i <= 3; i++) {
        sqe = service_call_sqe(s.facet, i, i);
        player_submit(&s.client, &sqe);
        sqe = service_call_sqe(facet, i + 10, i + 10);
        if (i != 3) {
            player_submit(&s.client, &sqe);
        }
    }
    for (uint32_t i = 0; i < 5; i++) {
        sqe = service_return_sqe(cqe.call_id, 9, 0);
        player_submit(&s.server, &sqe);
        (void)player_expect(&s.client, i ? order[i - 1] : 5);
        cqe = service_receive(&s.server);
        ck_assert_uint_eq(cqe.words[0], order[i]);
    }
    service_end(&s);
}
END_TEST

START_TEST(test_recv_refused)
{
    struct sqe good;
    struct sqe bad;

    service_begin(&s, 0);
    good = service_recv_sqe(&s.server, s.endpoint, 2, 2, 1024);
    bad = good;
    bad.recv.credits = 0;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_TOO_LARGE);
    bad.recv.credits = RECV_CREDITS_MAX + 1;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_TOO_LARGE);
    bad = good;
    bad.recv.slots = 3;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_TOO_LARGE);
    bad = good;
    bad.recv.slot_bytes = MESSAGE_BYTES_MAX + 8;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_TOO_LARGE);
    bad.recv.slot_bytes = RING_SLOT_HEADER_BYTES;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_BAD_BUFFER);
    bad.recv.slot_bytes = 100;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_BAD_BUFFER);
    bad = good;
    bad.recv.area++;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_BAD_BUFFER);
    bad.recv.area = UINT64_MAX - 7;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_BAD_BUFFER);
    bad = good;
    bad.cap = player_cap(&s.server, "self-memory");
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_BAD_CAPABILITY);
    bad.cap = 0;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_BAD_CAPABILITY);
    /* A facet is for calling. */
    bad = good;
    bad.cap = s.facet;
    ck_assert_int_eq(player_do(&s.client, &bad), ERR_BAD_CAPABILITY);
    service_end(&s);
}
END_TEST

/* Four records, and each credit has a place in the completion queue. */
START_TEST(test_recv_records_and_places)
{
    struct sqe recv;

    service_begin(&s, 0);
    recv = service_recv_sqe(&s.server, s.endpoint, 64, 0, 0);
    player_submit(&s.server, &recv);
    service_nothing(&s.server);
    ck_assert_int_eq(player_do(&s.server, &recv), ERR_OVERLOADED);
    recv.recv.credits = 63;
    ck_assert_int_eq(player_do(&s.server, &recv), ERR_OVERLOADED);
    for (uint32_t i = 1; i < RECV_RECORDS; i++) {
        recv.recv.credits = 2;
        player_submit(&s.server, &recv);
        service_nothing(&s.server);
    }
    ck_assert_int_eq(player_do(&s.server, &recv), ERR_OVERLOADED);
    service_end(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_inline_round_trip,
        test_memory_round_trip,
        test_bad_params,
        test_params_unmapped,
        test_slot_unwritable,
        test_credits_and_slots,
        test_second_receive_has_slot,
        test_large_slots_busy,
        test_queue_limit,
        test_call_records,
        test_turns,
        test_recv_refused,
        test_recv_records_and_places,
        NULL,
    };

    return check_run("ipc", tests);
}
