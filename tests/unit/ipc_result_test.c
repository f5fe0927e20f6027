/*
 * ipc_result_test.c - what a RETURN brings: results in the right form, exceptions
 * and capabilities, and what is refused to the server or to its caller.
 */
#include <string.h>

#include "check_run.h"
#include "core_service.h"

static struct service s;

START_TEST(test_wrong_form)
{
    struct sqe call;
    struct sqe answer;
    struct cqe cqe;

    service_begin(&s, 0);
    service_arm(&s, 2, 1);
    call = service_call_sqe(s.facet, 5, 1);
    cqe = service_deliver(&s, &call);
    answer = service_return_sqe(cqe.call_id, 9, 0);
    answer.flags = 0;
    memset(answer.words, 0, sizeof(answer.words));
    ck_assert_int_eq(player_do(&s.server, &answer), ERR_WRONG_FORM);
    service_nothing(&s.client);
    /* The refused RETURN left the call where it was. */
    answer = service_return_sqe(cqe.call_id, 9, 1);
    player_submit(&s.server, &answer);
    service_nothing(&s.server);
    ck_assert_int_eq(player_expect(&s.client, 5).result, 0);
    call = service_message_sqe(&s.client, s.facet, 6, 8);
    cqe = service_deliver(&s, &call);
    answer = service_return_sqe(cqe.call_id, 9, 1);
    ck_assert_int_eq(player_do(&s.server, &answer), ERR_WRONG_FORM);
    service_end(&s);
}
END_TEST

/* Fields of RETURN that its form does not name. */
START_TEST(test_return_reserved)
{
    struct sqe call;
    struct sqe good;
    struct sqe bad;
    struct cqe cqe;

    service_begin(&s, 0);
    service_arm(&s, 2, 1);
    call = service_message_sqe(&s.client, s.facet, 5, 8);
    cqe = service_deliver(&s, &call);
    good = (struct sqe){.opcode = RING_RETURN,
                        .cap = cqe.call_id,
                        .user_data = 9,
                        .memory = {.params = s.server.scratch,
                                   .params_len = 8}};
    for (unsigned flag = 0; flag < 8; flag++) {
        bad = good;
        bad.flags = (uint8_t)(1u << flag);
        if (bad.flags != RING_INLINE && bad.flags != RING_EXCEPTION) {
            ck_assert_int_eq(player_do(&s.server, &bad), ERR_BAD_FLAGS);
        }
    }
    bad = good;
    bad.result = 8;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_BAD_FLAGS);
    bad = good;
    bad.method = 1;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_BAD_FLAGS);
    bad = good;
    bad.result_len = 1;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_BAD_FLAGS);
    bad = good;
    bad.memory.reserved = 1;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_BAD_FLAGS);
    bad.flags = RING_EXCEPTION;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_BAD_FLAGS);
    bad = good;
    bad.memory.xfers = s.server.scratch;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_BAD_FLAGS);
    bad = good;
    bad.memory.ncaps = MESSAGE_CAPS_MAX + 1;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_TOO_LARGE);
    bad = good;
    bad.memory.params_len = MESSAGE_BYTES_MAX + 1;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_TOO_LARGE);
    bad.flags = RING_EXCEPTION;
    ck_assert_int_eq(player_do(&s.server, &bad), ERR_TOO_LARGE);
    service_nothing(&s.client);
    player_submit(&s.server, &good);
    service_nothing(&s.server);
    ck_assert_int_eq(player_expect(&s.client, 5).result, 8);
    service_end(&s);
}
END_TEST

/* Raises on a delivered call; the client's CQE. */
static struct cqe raise(uint64_t call_id, uint32_t bytes)
{
    struct sqe sqe = {.opcode = RING_RETURN,
                      .flags = RING_EXCEPTION,
                      .method = 2,
                      .result_len = (uint32_t)-17,
                      .cap = call_id,
                      .user_data = 9};

    sqe.memory.params = bytes ? s.server.scratch : 0;
    sqe.memory.params_len = bytes;
    player_submit(&s.server, &sqe);
    service_nothing(&s.server);
    return player_expect(&s.client, 5);
}

START_TEST(test_exceptions)
{
    struct sqe call;
    struct cqe cqe;
    char text[8];

    service_begin(&s, 0);
    service_arm(&s, 2, 1);
    player_write(&s.server, s.server.scratch, "because", 8);
    call = service_message_sqe(&s.client, s.facet, 5, 8);
    cqe = service_deliver(&s, &call);
    cqe = raise(cqe.call_id, 8);
    ck_assert_int_eq(cqe.result, ERR_EXCEPTION);
    ck_assert_uint_eq(cqe.words[0], 2);
    ck_assert_int_eq((int64_t)cqe.words[1], -17);
    ck_assert_uint_eq(cqe.words[2], 8);
    player_read(&s.client, call.result, text, 8);
    ck_assert_str_eq(text, "because");
    /* Too long for the buffer: its kind arrives all the same. */
    call.result_len = 7;
    cqe = service_deliver(&s, &call);
    cqe = raise(cqe.call_id, 8);
    ck_assert_int_eq(cqe.result, ERR_EXCEPTION_TRUNCATED);
    ck_assert_uint_eq(cqe.words[0], 2);
    /* A buffer that cannot be written. */
    call.result_len = 8;
    call.result = s.client.process->image_base + 0x1000;
    cqe = service_deliver(&s, &call);
    ck_assert_int_eq(raise(cqe.call_id, 8).result, ERR_EXCEPTION_TRUNCATED);
    /* Inline results have no place for a reason. */
    call = service_call_sqe(s.facet, 5, 0);
    cqe = service_deliver(&s, &call);
    ck_assert_int_eq(raise(cqe.call_id, 8).result, ERR_EXCEPTION_TRUNCATED);
    cqe = service_deliver(&s, &call);
    ck_assert_int_eq(raise(cqe.call_id, 0).result, ERR_EXCEPTION);
    service_end(&s);
}
END_TEST

START_TEST(test_return_unreadable)
{
    struct sqe call;
    struct sqe answer = {.opcode = RING_RETURN, .user_data = 9};
    struct cqe cqe;

    service_begin(&s, 0);
    service_arm(&s, 2, 1);
    call = service_message_sqe(&s.client, s.facet, 5, 8);
    cqe = service_deliver(&s, &call);
    answer.cap = cqe.call_id;
    answer.memory.params = 16;
    answer.memory.params_len = 8;
    ck_assert_int_eq(player_do(&s.server, &answer), ERR_BAD_BUFFER);
    answer.flags = RING_EXCEPTION;
    ck_assert_int_eq(player_do(&s.server, &answer), ERR_BAD_BUFFER);
    answer.memory.params = UINT64_MAX - 3;
    ck_assert_int_eq(player_do(&s.server, &answer), ERR_BAD_BUFFER);
    service_nothing(&s.client);
    service_end(&s);
}
END_TEST

START_TEST(test_result_caps)
{
    struct sqe call;
    struct sqe answer;
    struct cqe cqe;

    service_begin(&s, 0);
    service_arm(&s, 1, 1);
    for (uint32_t ncaps = 0; ncaps <= MESSAGE_CAPS_MAX; ncaps++) {
        call = service_message_sqe(&s.client, s.facet, 5, 8);
        call.result_len = 16 + 8 * ncaps;
        cqe = service_deliver(&s, &call);
        answer = service_caps_sqe(&s, cqe.call_id, ncaps, s.endpoint);
        player_submit(&s.server, &answer);
        service_nothing(&s.server);
        cqe = player_expect(&s.client, 5);
        ck_assert_int_eq(cqe.result, 12);
        ck_assert_uint_eq(cqe.flags, ncaps << RING_CQE_CAPS_SHIFT);
        for (uint32_t i = 0; i < ncaps; i++) {
            fixture_release(&s.client, player_result_cap(&s.client, &cqe, i));
        }
        /* One byte less: too large, and nothing has come. */
        if (ncaps) {
            call.result_len--;
            answer.cap = service_deliver(&s, &call).call_id;
            player_submit(&s.server, &answer);
            ck_assert_int_eq(player_expect(&s.server, answer.user_data).result,
                             RING_RETURN_DROPPED);
            cqe = player_expect(&s.client, 5);
            ck_assert_int_eq(cqe.result, ERR_TOO_LARGE);
        }
    }
    service_end(&s);
}
END_TEST

START_TEST(test_bad_result_caps)
{
    struct ring_xfer xfer = {.mode = RING_XFER_MOVE + 1};
    struct sqe call;
    struct sqe answer;
    uint64_t id;

    service_begin(&s, 0);
    service_arm(&s, 1, 1);
    call = service_message_sqe(&s.client, s.facet, 5, 8);
    id = service_deliver(&s, &call).call_id;
    answer = service_caps_sqe(&s, id, 2, s.endpoint + (2ull << 32));
    ck_assert_int_eq(player_do(&s.server, &answer), ERR_BAD_CAPABILITY);
    answer = service_caps_sqe(&s, id, 2, s.endpoint);
    xfer.cap = s.endpoint;
    player_write(&s.server, answer.memory.xfers + 16, &xfer, sizeof(xfer));
    ck_assert_int_eq(player_do(&s.server, &answer), ERR_BAD_FLAGS);
    answer = service_caps_sqe(&s, id, 2, s.endpoint);
    answer.memory.xfers = 16;
    ck_assert_int_eq(player_do(&s.server, &answer), ERR_BAD_BUFFER);
    service_nothing(&s.client);
    service_end(&s);
}
END_TEST

/* The caller's table is full: it gets overloaded, and the server hears so. */
START_TEST(test_result_caps_full_table)
{
    uint64_t limits[LEDGER_KINDS] = {0};
    struct ledger *ledger;
    struct ledger *taken;
    struct sqe sqe;
    struct cqe cqe;

    service_begin(&s, 0);
    service_arm(&s, 1, 1);
    ledger = s.client.process->ledger;
    limits[LEDGER_CAPS] = ledger_limit(ledger, LEDGER_CAPS) -
                          ledger_used(ledger, LEDGER_CAPS) - 2;
    ck_assert_int_eq(ledger_create(ledger, limits, &taken), 0);
    for (uint32_t ncaps = 2; ncaps < 5; ncaps++) {
        sqe = service_message_sqe(&s.client, s.facet, 5, 8);
        sqe = service_caps_sqe(&s, service_deliver(&s, &sqe).call_id, ncaps,
                               s.endpoint);
        player_submit(&s.server, &sqe);
        if (ncaps > 2) {
            ck_assert_int_eq(player_expect(&s.server, sqe.user_data).result,
                             RING_RETURN_DROPPED);
        }
        service_nothing(&s.server);
        cqe = player_expect(&s.client, 5);
        ck_assert_int_eq(cqe.result, ncaps == 2 ? 12 : ERR_OVERLOADED);
        for (uint32_t i = 0; cqe.result > 0 && i < ncaps; i++) {
            fixture_release(&s.client, player_result_cap(&s.client, &cqe, i));
        }
    }
    ledger_put(taken);
    service_end(&s);
}
END_TEST

START_TEST(test_result_caps_unwritable)
{
    struct space *space;
    struct sqe call;
    struct sqe answer;
    uint32_t live;
    uint64_t va = 0;

    service_begin(&s, 0);
    service_arm(&s, 1, 1);
    space = &s.client.process->space;
    ck_assert_int_eq(space_map_anonymous(space, &va, 2, HAL_READ | HAL_WRITE),
                     0);
    ck_assert_int_eq(space_protect(space, va + PAGE_SIZE, 1, HAL_READ), 0);
    live = s.client.process->caps.live;
    call = service_message_sqe(&s.client, s.facet, 5, 8);
    /* The payload fits the first page's end, its capabilities do not. */
    for (uint64_t room = 8; room <= 24; room += 8) {
        call.result = va + PAGE_SIZE - room;
        answer = service_caps_sqe(&s, service_deliver(&s, &call).call_id, 2,
                                  s.endpoint);
        player_submit(&s.server, &answer);
        ck_assert_int_eq(player_expect(&s.server, answer.user_data).result,
                         RING_RETURN_DROPPED);
        service_nothing(&s.server);
        ck_assert_int_eq(player_expect(&s.client, 5).result, ERR_BAD_BUFFER);
        ck_assert_uint_eq(s.client.process->caps.live, live);
    }
    service_end(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_wrong_form,
        test_return_reserved,
        test_exceptions,
        test_return_unreadable,
        test_result_caps,
        test_bad_result_caps,
        test_result_caps_full_table,
        test_result_caps_unwritable,
        NULL,
    };

    return check_run("ipc_result", tests);
}
