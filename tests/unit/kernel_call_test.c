/*
 * kernel_call_test.c - calls on kernel objects: malformed, oversized, without a
 * place for their results, and what they leave behind.
 */
#include <string.h>

#include "check_run.h"
#include "core_check.h"
#include "core_service.h"
#include "mem/frames.h"

static struct player *p = &fixture_init;

static struct sqe allocate(uint64_t pages)
{
    return player_call_sqe(p, player_cap(p, "frames"),
                           FRAME_ALLOCATOR_INTERFACE_ID,
                           FRAME_ALLOCATOR_METHOD_ALLOCATE,
                           (const uint64_t[4]){pages});
}

static struct sqe write_sqe(uint32_t bytes)
{
    struct sqe sqe = player_call_sqe(p, player_cap(p, "console"),
                                     CONSOLE_INTERFACE_ID,
                                     CONSOLE_METHOD_WRITE, NULL);

    sqe.memory.params = p->scratch + SCRATCH_PARAMS;
    sqe.memory.params_len = bytes;
    return sqe;
}

START_TEST(test_wrong_method_and_form)
{
    struct sqe sqe;

    fixture_begin();
    sqe = allocate(1);
    sqe.method = FRAME_ALLOCATOR_METHOD_COUNT;
    ck_assert_int_eq(player_do(p, &sqe), ERR_WRONG_METHOD);
    sqe.method = UINT16_MAX;
    ck_assert_int_eq(player_do(p, &sqe), ERR_WRONG_METHOD);
    sqe = allocate(1);
    sqe.flags |= RING_RINLINE;
    sqe.result = 0;
    sqe.result_len = 0;
    ck_assert_int_eq(player_do(p, &sqe), ERR_WRONG_FORM);
    sqe = allocate(1);
    sqe.flags = 0;
    memset(sqe.words, 0, sizeof(sqe.words));
    ck_assert_int_eq(player_do(p, &sqe), ERR_WRONG_FORM);
    sqe = allocate(1);
    sqe.flags |= RING_EXCEPTION;
    ck_assert_int_eq(player_do(p, &sqe), ERR_BAD_FLAGS);
    fixture_end();
}
END_TEST

/* Every way in which a result buffer is none: nothing may have happened. */
START_TEST(test_no_effect_without_result)
{
    const uint64_t bad[] = {0, 16, UINT64_MAX - 100, UINT64_MAX};
    uint64_t frames;
    uint32_t live;
    struct sqe sqe;

    fixture_begin();
    frames = frames_available();
    live = p->process->caps.live;
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sqe = allocate(2);
        sqe.result = bad[i];
        ck_assert_int_eq(player_do(p, &sqe), ERR_BAD_BUFFER);
    }
    sqe = allocate(2);
    sqe.result = p->process->image_base + 0x1000; /* not writable */
    ck_assert_int_eq(player_do(p, &sqe), ERR_BAD_BUFFER);
    /* The buffer's end hangs over the stack's. */
    sqe.result = p->scratch + STACK_BYTES_DEFAULT - 8;
    ck_assert_int_eq(player_do(p, &sqe), ERR_BAD_BUFFER);
    sqe = allocate(2);
    sqe.result_len = KERNEL_MESSAGE_BYTES_MAX + 1;
    ck_assert_int_eq(player_do(p, &sqe), ERR_TOO_LARGE);
    ck_assert_uint_eq(frames_available(), frames);
    ck_assert_uint_eq(p->process->caps.live, live);
    fixture_end();
}
END_TEST

/* Too small for results, or for the capability behind them. */
START_TEST(test_small_results)
{
    uint64_t frames;
    uint32_t live;
    int32_t result;
    uint32_t length = 0;
    struct sqe sqe;

    fixture_begin();
    frames = frames_available();
    live = p->process->caps.live;
    do {
        ck_assert_uint_eq(frames_available(), frames);
        ck_assert_uint_eq(p->process->caps.live, live);
        sqe = allocate(2);
        sqe.result_len = length++;
        result = player_do(p, &sqe);
    } while (result < 0);
    ck_assert_int_eq(result + 8, (int32_t)sqe.result_len);
    ck_assert_uint_eq(p->process->caps.live, live + 1);
    fixture_end();
}
END_TEST

/* An exception whose reason has no place still says its kind. */
START_TEST(test_exception_truncated)
{
    struct sqe sqe;
    struct cqe cqe;

    fixture_begin();
    sqe = allocate(0);
    player_submit(p, &sqe);
    cqe = player_expect(p, sqe.user_data);
    ck_assert_int_eq(cqe.result, ERR_EXCEPTION);
    ck_assert_uint_eq(cqe.words[0], CAP_EXCEPTION_KIND_INVALID_ARGUMENT);
    ck_assert_int_eq((int64_t)cqe.words[1], ERR_INVALID);
    ck_assert_uint_gt(cqe.words[2], 24);
    sqe.result_len = 32;
    player_submit(p, &sqe);
    cqe = player_expect(p, sqe.user_data);
    ck_assert_int_eq(cqe.result, ERR_EXCEPTION_TRUNCATED);
    ck_assert_uint_eq(cqe.words[0], CAP_EXCEPTION_KIND_INVALID_ARGUMENT);
    fixture_end();
}
END_TEST

START_TEST(test_bad_params)
{
    struct sqe sqe;

    fixture_begin();
    sqe = write_sqe(KERNEL_MESSAGE_BYTES_MAX + 1);
    ck_assert_int_eq(player_do(p, &sqe), ERR_TOO_LARGE);
    sqe = write_sqe(64);
    sqe.memory.params = 16;
    ck_assert_int_eq(player_do(p, &sqe), ERR_BAD_BUFFER);
    sqe.memory.params = UINT64_MAX - 7;
    ck_assert_int_eq(player_do(p, &sqe), ERR_BAD_BUFFER);
    sqe = write_sqe(0);
    ck_assert_int_eq(player_do(p, &sqe), ERR_BAD_MESSAGE);
    sqe = write_sqe(7);
    ck_assert_int_eq(player_do(p, &sqe), ERR_BAD_MESSAGE);
    sqe.memory.xfers = 8;
    ck_assert_int_eq(player_do(p, &sqe), ERR_BAD_FLAGS);
    fixture_end();
}
END_TEST

/* Random and damaged messages: an error, a success, but never more. */
START_TEST(test_damaged_messages)
{
    static const uint8_t good[] = {0, 0, 0, 0, 0, 0, 1, 0,
                                   1, 0, 0, 0, 0x1a, 0, 0, 0,
                                   'a', 'b', 'c', 0, 0, 0, 0, 0};
    uint32_t seed = 1;

    fixture_begin();
    for (uint32_t round = 0; round < 2000; round++) {
        uint8_t bytes[sizeof(good)];
        struct sqe sqe = write_sqe(sizeof(good));
        int32_t result;

        memcpy(bytes, good, sizeof(good));
        for (uint32_t i = 0; i < round % 5; i++) {
            seed = seed * 1103515245 + 12345;
            bytes[(seed >> 16) % sizeof(good)] ^= (uint8_t)(1u << (seed >> 28));
        }
        player_write(p, sqe.memory.params, bytes, sizeof(bytes));
        result = player_do(p, &sqe);
        ck_assert(result == 0 || result == ERR_BAD_MESSAGE);
    }
    fixture_end();
}
END_TEST

/* What results leave in the caller's buffer is theirs alone. */
START_TEST(test_results_carry_nothing_else)
{
    uint8_t bytes[256];
    struct sqe sqe;
    int32_t result;

    fixture_begin();
    memset(cpu_self()->results, 0xee, KERNEL_MESSAGE_BYTES_MAX);
    memset(bytes, 0x11, sizeof(bytes));
    player_write(p, p->scratch, bytes, sizeof(bytes));
    sqe = player_call_sqe(p, player_cap(p, "system"), SYSTEM_INFO_INTERFACE_ID,
                          SYSTEM_INFO_METHOD_VERSION, NULL);
    result = player_do(p, &sqe);
    ck_assert_int_gt(result, 0);
    player_read(p, p->scratch, bytes, sizeof(bytes));
    for (uint32_t i = 0; i < sizeof(bytes); i++) {
        ck_assert_uint_ne(bytes[i], 0xee);
        ck_assert(i < (uint32_t)result || bytes[i] == 0x11);
    }
    fixture_end();
}
END_TEST

START_TEST(test_console_read)
{
    struct sqe sqe;
    struct cqe cqe;

    fixture_begin();
    sqe = player_call_sqe(p, player_cap(p, "console"), CONSOLE_INTERFACE_ID,
                          CONSOLE_METHOD_READ, (const uint64_t[4]){4});
    player_submit(p, &sqe);
    service_nothing(p);
    /* One reader at a time. */
    sqe.user_data = 60;
    player_submit(p, &sqe);
    cqe = player_expect(p, 60);
    ck_assert_int_eq(cqe.result, ERR_EXCEPTION);
    ck_assert_uint_eq(cqe.words[0], CAP_EXCEPTION_KIND_OVERLOADED);
    core_on_irq(HAL_IRQ_TERMINAL);
    service_nothing(p);
    machine_input = "hello";
    core_on_irq(HAL_IRQ_TERMINAL);
    core_check();
    ck_assert(player_pop(p, &cqe));
    ck_assert_int_gt(cqe.result, 0);
    ck_assert_str_eq(machine_input, "o");
    sqe.words[0] = 0;
    ck_assert_int_eq(player_do(p, &sqe), ERR_EXCEPTION);
    fixture_end();
}
END_TEST

/* A sleeping caller dies; its timer goes with it. */
START_TEST(test_sleeper_dies)
{
    struct fixture_request request = {0};
    struct player child;
    struct sqe sqe;

    fixture_begin();
    request.grants[0] = (struct fixture_grant){"timer",
                                               player_cap(p, "timer")};
    fixture_spawn(p, &request, &child);
    sqe = player_call_sqe(&child, player_cap(&child, "timer"),
                          TIMER_INTERFACE_ID, TIMER_METHOD_SLEEP,
                          (const uint64_t[4]){1ull << 40});
    player_submit(&child, &sqe);
    sqe.words[0] = UINT64_MAX;
    player_submit(&child, &sqe);
    fixture_kill(p, child.handle, 0);
    player_go(p);
    ck_assert_uint_eq(timer_next(cpu_self()), UINT64_MAX);
    player_detach(&child);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_wrong_method_and_form,
        test_no_effect_without_result,
        test_small_results,
        test_exception_truncated,
        test_bad_params,
        test_damaged_messages,
        test_results_carry_nothing_else,
        test_console_read,
        test_sleeper_dies,
        NULL,
    };

    return check_run("kernel_call", tests);
}
