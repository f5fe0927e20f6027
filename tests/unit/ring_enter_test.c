/*
 * ring_enter_test.c - the drain of a submission queue and the wait in the gate.
 */
#include <string.h>

#include "check_run.h"
#include "core_check.h"
#include "core_service.h"

static struct player *p = &fixture_init;

static struct sqe entry(uint8_t opcode, uint64_t user_data)
{
    return (struct sqe){.opcode = opcode, .user_data = user_data};
}

static void push_nops(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct sqe sqe = entry(RING_NOP, i);

        player_push(p, &sqe);
    }
}

static void expect_nops(uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        ck_assert_int_eq(player_expect(p, i).result, 0);
    }
    service_nothing(p);
}

START_TEST(test_unknown_opcodes)
{
    fixture_begin();
    for (uint32_t opcode = RING_CALLER_INFO + 1; opcode < 256; opcode++) {
        struct sqe sqe = entry((uint8_t)opcode, opcode);

        ck_assert_int_eq(player_do(p, &sqe), ERR_BAD_OPCODE);
    }
    fixture_end();
}
END_TEST

/* Sets each bit of an entry that must be 0 there. */
static void reserved_bits(const struct sqe *good, const struct sqe *used)
{
    for (uint32_t bit = 0; bit < 8 * sizeof(*good); bit++) {
        struct sqe sqe = *good;
        uint32_t byte = bit / 8;

        if (((const uint8_t *)used)[byte] >> (bit % 8) & 1) {
            continue;
        }
        ((uint8_t *)&sqe)[byte] ^= (uint8_t)(1u << (bit % 8));
        ck_assert_int_eq(player_do(p, &sqe), ERR_BAD_FLAGS);
        core_check();
    }
}

/* The entry and what may be set in it: opcode and user_data always. */
static struct sqe all_used(void)
{
    struct sqe used = {.opcode = 0xff, .user_data = UINT64_MAX};

    return used;
}

START_TEST(test_reserved_nop)
{
    struct sqe good = entry(RING_NOP, 5);
    struct sqe used = all_used();

    fixture_begin();
    used.flags = RING_QUIET | RING_YIELD;
    reserved_bits(&good, &used);
    fixture_end();
}
END_TEST

START_TEST(test_reserved_release)
{
    struct sqe good = entry(RING_RELEASE, 5);
    struct sqe used = all_used();

    fixture_begin();
    used.flags = RING_QUIET;
    used.cap = UINT64_MAX;
    reserved_bits(&good, &used);
    fixture_end();
}
END_TEST

START_TEST(test_reserved_cancel)
{
    struct sqe good = entry(RING_CANCEL, 5);
    struct sqe used = all_used();

    fixture_begin();
    used.words[0] = UINT64_MAX;
    reserved_bits(&good, &used);
    fixture_end();
}
END_TEST

START_TEST(test_reserved_recv)
{
    struct sqe good;
    struct sqe used = all_used();

    fixture_begin();
    good = service_recv_sqe(p, fixture_endpoint(p), 2, 2, 1024);
    used.cap = UINT64_MAX;
    memset(used.words, 0xff, sizeof(used.words));
    used.recv.reserved0 = 0;
    used.recv.reserved1 = 0;
    reserved_bits(&good, &used);
    fixture_end();
}
END_TEST

START_TEST(test_reserved_call)
{
    struct sqe good;
    struct sqe used = all_used();

    fixture_begin();
    good = player_call_sqe(p, player_cap(p, "timer"), TIMER_INTERFACE_ID,
                           TIMER_METHOD_NOW, NULL);
    good.user_data = 5;
    used.flags = RING_INLINE | RING_RINLINE | RING_PROMISE | RING_PROMISED;
    used.method = 0xffff;
    used.cap = UINT64_MAX;
    memset(used.words, 0xff, sizeof(used.words));
    reserved_bits(&good, &used);
    /* A message: its reserved word, and capabilities in params. */
    good.flags = 0;
    used.memory.reserved = 0;
    used.memory.ncaps = UINT32_MAX;
    used.memory.xfers = 0;
    used.result = UINT64_MAX;
    used.result_len = UINT32_MAX;
    reserved_bits(&good, &used);
    fixture_end();
}
END_TEST

START_TEST(test_quiet)
{
    struct sqe sqe = entry(RING_NOP, 5);

    fixture_begin();
    sqe.flags = RING_QUIET;
    player_submit(p, &sqe);
    service_nothing(p);
    sqe.opcode = RING_RELEASE;
    sqe.cap = fixture_endpoint(p);
    player_submit(p, &sqe);
    service_nothing(p);
    ck_assert_int_eq(player_do(p, &sqe), ERR_BAD_CAPABILITY);
    fixture_end();
}
END_TEST

/* ----------------------------------------------------------- corrupt indices */

static void corrupt(uint32_t sq_tail, uint32_t cq_head)
{
    struct player child;
    struct sqe sqe = entry(RING_NOP, 1);

    fixture_begin();
    fixture_spawn(&fixture_init, &(struct fixture_request){0}, &child);
    player_go(&child);
    player_push(&child, &sqe);
    player_push(&child, &sqe);
    ck_assert_int_eq(player_enter(&child, 2, TIMEOUT_NEVER), 2);
    ring_user_line(child.ring)->sq_tail = 2 + sq_tail;
    ring_user_line(child.ring)->cq_head = cq_head;
    ck_assert_int_eq(player_enter(&child, 5, TIMEOUT_NEVER), ERR_BAD_RING);
    ck_assert_uint_eq(ring_kernel_line(child.ring)->flags,
                      RING_STATE_CORRUPT);
    ck_assert_uint_eq(ring_kernel_line(child.ring)->sq_head, 2);
    /* It stays so, also with sound indices; the program can only exit. */
    ring_user_line(child.ring)->sq_tail = 3;
    ring_user_line(child.ring)->cq_head = 2;
    ck_assert_int_eq(player_enter(&child, 1, TIMEOUT_NEVER), ERR_BAD_RING);
    ck_assert_uint_eq(ring_kernel_line(child.ring)->cq_tail, 2);
    core_on_syscall(GATE_EXIT, 3, 0);
    ck_assert_int_eq(child.process->state, PROCESS_ENDED);
    player_detach(&child);
    fixture_end();
}

START_TEST(test_tail_too_far)
{
    corrupt(RING_SQ_ENTRIES_DEFAULT + 1, 0);
}
END_TEST

START_TEST(test_tail_behind)
{
    corrupt(0u - 1, 0);
}
END_TEST

START_TEST(test_head_ahead)
{
    corrupt(0, 3);
}
END_TEST

START_TEST(test_head_far_behind)
{
    corrupt(0, 0u - RING_CQ_ENTRIES_DEFAULT);
}
END_TEST

/* With submissions waiting: a corrupt ring executes nothing. */
START_TEST(test_head_ahead_with_work)
{
    corrupt(1, 3);
}
END_TEST

/* ------------------------------------------------------------ room and drain */

/* No place for a completion: the entry stays, and is executed once later. */
START_TEST(test_completion_queue_full)
{
    uint32_t entries;

    fixture_begin();
    player_go(p);
    entries = p->thread->queue.cq_entries;
    for (uint32_t i = 0; i < 2; i++) {
        push_nops(entries / 2);
        (void)player_enter(p, 0, TIMEOUT_POLL);
    }
    push_nops(3);
    ck_assert_int_eq(player_enter(p, 0, TIMEOUT_POLL), entries);
    ck_assert_uint_eq(ring_kernel_line(p->ring)->sq_head, p->sq_tail - 3);
    for (uint32_t i = 0; i < 2; i++) {
        for (uint32_t j = 0; j < entries / 2; j++) {
            ck_assert_int_eq(player_expect(p, j).result, 0);
        }
    }
    service_nothing(p);
    ck_assert_int_eq(player_enter(p, 3, TIMEOUT_NEVER), 3);
    expect_nops(0, 3);
    ck_assert_int_eq(player_enter(p, 0, TIMEOUT_POLL), 0);
    service_nothing(p);
    fixture_end();
}
END_TEST

/* A waiting interrupt cuts a deep drain; the rest comes with the next entry. */
START_TEST(test_drain_cut)
{
    fixture_begin();
    player_go(p);
    push_nops(40);
    fake->irq = true;
    ck_assert_int_eq(player_enter(p, 40, TIMEOUT_NEVER), 16);
    ck_assert_int_eq(player_enter(p, 40, TIMEOUT_NEVER), 32);
    fake->irq = false;
    ck_assert_int_eq(player_enter(p, 40, TIMEOUT_NEVER), 40);
    expect_nops(0, 40);
    fixture_end();
}
END_TEST

START_TEST(test_indices_wrap)
{
    const uint32_t near = UINT32_MAX - 100;

    fixture_begin();
    player_go(p);
    p->thread->queue.sq_head = near;
    p->thread->queue.cq_tail = near;
    p->sq_tail = near;
    p->cq_head = near;
    ring_user_line(p->ring)->sq_tail = near;
    ring_user_line(p->ring)->cq_head = near;
    ring_kernel_line(p->ring)->sq_head = near;
    ring_kernel_line(p->ring)->cq_tail = near;
    for (uint32_t i = 0; i < 10; i++) {
        push_nops(30);
        ck_assert_int_eq(player_enter(p, 30, TIMEOUT_NEVER), 30);
        expect_nops(0, 30);
    }
    fixture_end();
}
END_TEST

/* ------------------------------------------------------------------- waiting */

START_TEST(test_timeout)
{
    struct sqe sqe;

    fixture_begin();
    player_go(p);
    fake_now_ns = 1000;
    player_wait(p, 500);
    ck_assert_ptr_null(fake->resumed);
    ck_assert_uint_eq(fake->armed_ns, 1500);
    fixture_tick();
    ck_assert(player_current(p));
    ck_assert_int_eq(p->thread->context.result, ERR_TIMED_OUT);
    /* With something there, but not enough: that much is returned. */
    push_nops(1);
    ck_assert_int_eq(player_enter(p, 2, 500), PLAYER_WAITS);
    fixture_tick();
    ck_assert_int_eq(p->thread->context.result, 1);
    expect_nops(0, 1);
    ck_assert_int_eq(player_enter(p, 1, TIMEOUT_POLL), 0);
    /* Never, even if the sum overflows: only a call that completes wakes. */
    player_go(p);
    sqe = player_call_sqe(p, player_cap(p, "timer"), TIMER_INTERFACE_ID,
                          TIMER_METHOD_SLEEP, (const uint64_t[4]){900});
    player_push(p, &sqe);
    player_wait(p, UINT64_MAX - 1);
    ck_assert_uint_eq(fake->armed_ns, fake_now_ns + 900);
    fixture_tick();
    ck_assert_int_eq(player_expect(p, sqe.user_data).result, 0);
    ck_assert_uint_eq(fake->armed_ns, UINT64_MAX);
    fixture_end();
}
END_TEST

/* More than the queue can hold means: until it is full. */
START_TEST(test_min_complete_large)
{
    uint32_t entries;

    fixture_begin();
    player_go(p);
    entries = p->thread->queue.cq_entries;
    push_nops(entries / 2);
    (void)player_enter(p, 0, TIMEOUT_POLL);
    push_nops(entries / 2);
    ck_assert_int_eq(player_enter(p, UINT64_MAX, TIMEOUT_NEVER), entries);
    fixture_end();
}
END_TEST

START_TEST(test_bad_gate)
{
    fixture_begin();
    player_go(p);
    for (uint64_t number = 2; number < 6; number++) {
        core_on_syscall(number, 0, 0);
        core_check();
        ck_assert_int_eq(p->thread->context.result, ERR_BAD_CALL);
    }
    core_on_syscall(UINT64_MAX, 0, 0);
    ck_assert_int_eq(p->thread->context.result, ERR_BAD_CALL);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_unknown_opcodes,
        test_reserved_nop,
        test_reserved_release,
        test_reserved_cancel,
        test_reserved_recv,
        test_reserved_call,
        test_quiet,
        test_tail_too_far,
        test_tail_behind,
        test_head_ahead,
        test_head_far_behind,
        test_head_ahead_with_work,
        test_completion_queue_full,
        test_drain_cut,
        test_indices_wrap,
        test_timeout,
        test_min_complete_large,
        test_bad_gate,
        NULL,
    };

    return check_run("ring_enter", tests);
}
