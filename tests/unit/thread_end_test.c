/*
 * thread_end_test.c - the word that a thread's creator names, and that the kernel
 * clears when nothing is left of the thread.
 */
#include "check_run.h"
#include "core_fixture.h"

#define WORD (SCRATCH_FREE + 0x100) /* offset of the word in init's scratch */

static uint64_t word_va(void)
{
    return fixture_init.scratch + WORD;
}

static void set_word(uint32_t value)
{
    player_write(&fixture_init, word_va(), &value, sizeof(value));
}

static uint32_t word(void)
{
    uint32_t value;

    player_read(&fixture_init, word_va(), &value, sizeof(value));
    return value;
}

/* create with an end word and so much place for its results. */
static struct cqe create(uint64_t end_word, uint32_t result_len)
{
    uint64_t words[64];
    struct wire_builder builder;
    struct thread_control_create_params_builder params;
    struct player *init = &fixture_init;
    struct sqe sqe;

    wire_builder_init(&builder, words, sizeof(words));
    params = thread_control_create_params_build(&builder);
    thread_control_create_params_set_entry(params,
                                           init->process->image_base + 0x1000);
    thread_control_create_params_set_stack_low(params, init->scratch);
    thread_control_create_params_set_stack_high(params,
                                                init->scratch + SCRATCH_BYTES);
    thread_control_create_params_set_end_word(params, end_word);
    sqe = player_message_sqe(init, player_cap(init, "self-threads"),
                             THREAD_CONTROL_INTERFACE_ID,
                             THREAD_CONTROL_METHOD_CREATE, &builder);
    sqe.result_len = result_len ? result_len : sqe.result_len;
    player_submit(init, &sqe);
    return player_expect(init, sqe.user_data);
}

/* A thread with that end word; its ThreadHandle. */
static uint64_t thread(uint64_t end_word, struct player *second)
{
    struct cqe cqe = create(end_word, 0);
    struct list_node *last = fixture_init.process->threads.head.prev;

    ck_assert_int_gt(cqe.result, 0);
    player_attach(second, container_of(last, struct thread, link));
    return player_result_cap(&fixture_init, &cqe, 0);
}

/* Init parks on the word, which is 1. */
static void park(void)
{
    struct sqe sqe = {
        .opcode = RING_PARK,
        .user_data = 5,
        .park = {.address = word_va(),
                 .expected = 1,
                 .timeout_ns = TIMEOUT_NEVER},
    };
    struct cqe cqe;

    player_submit(&fixture_init, &sqe);
    ck_assert(!player_pop(&fixture_init, &cqe));
}

static void end(uint64_t handle)
{
    struct sqe sqe =
        player_call_sqe(&fixture_init, handle, THREAD_HANDLE_INTERFACE_ID,
                        THREAD_HANDLE_METHOD_END, (const uint64_t[4]){0});

    sqe.user_data = 6;
    player_submit(&fixture_init, &sqe);
}

/* Ended by another one, while it waits or would run. */
START_TEST(test_killed)
{
    struct player second;
    uint64_t handle;

    fixture_begin();
    set_word(1);
    handle = thread(word_va(), &second);
    park();
    ck_assert_uint_eq(word(), 1);
    end(handle);
    ck_assert_int_eq(player_expect(&fixture_init, 6).result, 0);
    player_go(&fixture_init);
    ck_assert_uint_eq(word(), 0);
    ck_assert_int_eq(player_expect(&fixture_init, 5).result, 0);
    player_detach(&second);
    fixture_release(&fixture_init, handle);
    fixture_end();
}
END_TEST

/* It ends itself, and names another word besides. */
START_TEST(test_exits)
{
    struct player second;
    struct sqe sqe;
    uint64_t handle;
    uint32_t other = 1;

    fixture_begin();
    set_word(1);
    player_write(&fixture_init, word_va() + 4, &other, sizeof(other));
    handle = thread(word_va(), &second);
    park();
    sqe = player_call_sqe(&second, player_cap(&second, "self-threads"),
                          THREAD_CONTROL_INTERFACE_ID,
                          THREAD_CONTROL_METHOD_EXIT,
                          (const uint64_t[4]){0, word_va() + 4});
    player_go(&second);
    player_push(&second, &sqe);
    core_on_syscall(GATE_ENTER, 0, 0);
    player_go(&fixture_init);
    ck_assert_uint_eq(word(), 0);
    player_read(&fixture_init, word_va() + 4, &other, sizeof(other));
    ck_assert_uint_eq(other, 0);
    ck_assert_int_eq(player_expect(&fixture_init, 5).result, 0);
    player_detach(&second);
    fixture_release(&fixture_init, handle);
    fixture_end();
}
END_TEST

/* Where there is no word any more, nothing happens. */
START_TEST(test_unmapped)
{
    struct space *space;
    struct player second;
    uint64_t handle;
    uint64_t va = 0;

    fixture_begin();
    space = &fixture_init.process->space;
    ck_assert_int_eq(space_map_anonymous(space, &va, 1, HAL_READ | HAL_WRITE),
                     0);
    handle = thread(va, &second);
    ck_assert_int_eq(space_unmap(space, va, 1), 0);
    end(handle);
    ck_assert_int_eq(player_expect(&fixture_init, 6).result, 0);
    player_detach(&second);
    handle = 0;
    va = 0;
    ck_assert_int_eq(space_map_anonymous(space, &va, 1, HAL_READ | HAL_WRITE),
                     0);
    handle = thread(va, &second);
    ck_assert_int_eq(space_protect(space, va, 1, HAL_READ), 0);
    end(handle);
    ck_assert_int_eq(player_expect(&fixture_init, 6).result, 0);
    ck_assert_int_eq(space_unmap(space, va, 1), 0);
    player_detach(&second);
    fixture_end();
}
END_TEST

/* A thread that does not come to be clears nothing. */
START_TEST(test_refused)
{
    struct space *space;
    uint64_t va = 0;

    fixture_begin();
    space = &fixture_init.process->space;
    set_word(1);
    ck_assert_int_eq(space_map_anonymous(space, &va, 1, HAL_READ), 0);
    ck_assert_int_eq(create(va, 0).result, ERR_EXCEPTION);
    ck_assert_int_eq(create(word_va() + 2, 0).result, ERR_EXCEPTION);
    ck_assert_int_eq(create(8, 0).result, ERR_EXCEPTION);
    ck_assert_int_eq(create(UINT64_MAX - 3, 0).result, ERR_EXCEPTION);
    ck_assert_int_lt(create(word_va(), 8).result, 0);
    player_go(&fixture_init);
    ck_assert_uint_eq(word(), 1);
    ck_assert_int_eq(space_unmap(space, va, 1), 0);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_killed, test_exits, test_unmapped, test_refused, NULL,
    };

    return check_run("thread_end", tests);
}
