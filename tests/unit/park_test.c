/*
 * park_test.c - PARK and UNPARK in the whole kernel.
 */
#include "check_run.h"
#include "core_fixture.h"

#define WORD SCRATCH_FREE /* offset of the word in a player's scratch */
#define MS 1000000ull

static uint64_t word_of(const struct player *player)
{
    return player->scratch + WORD;
}

static void set_word(const struct player *player, uint32_t value)
{
    player_write(player, word_of(player), &value, sizeof(value));
}

static struct sqe park_sqe(uint64_t address, uint32_t expected,
                           uint64_t timeout_ns, uint64_t user_data)
{
    return (struct sqe){
        .opcode = RING_PARK,
        .user_data = user_data,
        .park = {.address = address,
                 .expected = expected,
                 .timeout_ns = timeout_ns},
    };
}

static struct sqe unpark_sqe(uint64_t address, uint32_t count, uint8_t flags)
{
    return (struct sqe){
        .opcode = RING_UNPARK,
        .flags = flags,
        .user_data = 99,
        .park = {.address = address, .count = count},
    };
}

static int32_t park_now(struct player *player, struct sqe sqe)
{
    return player_do(player, &sqe);
}

/* Queues a PARK that does not complete. */
static void park_start(struct player *player, struct sqe sqe)
{
    struct cqe cqe;

    player_submit(player, &sqe);
    ck_assert(!player_pop(player, &cqe));
}

static int32_t unpark(struct player *player, uint64_t address, uint32_t count)
{
    struct sqe sqe = unpark_sqe(address, count, 0);

    return player_do(player, &sqe);
}

START_TEST(test_park_refusals)
{
    struct player *init = &fixture_init;
    uint64_t word;
    struct sqe sqe;

    fixture_begin();
    word = word_of(init);
    ck_assert_int_eq(park_now(init, park_sqe(word, 1, TIMEOUT_NEVER, 1)),
                     ERR_VALUE_CHANGED);
    ck_assert_int_eq(park_now(init, park_sqe(word, 0, TIMEOUT_POLL, 1)),
                     ERR_TIMED_OUT);
    ck_assert_int_eq(park_now(init, park_sqe(word + 2, 0, TIMEOUT_NEVER, 1)),
                     ERR_BAD_BUFFER);
    ck_assert_int_eq(park_now(init, park_sqe(0, 0, TIMEOUT_NEVER, 1)),
                     ERR_BAD_BUFFER);
    ck_assert_int_eq(park_now(init, park_sqe(UINT64_MAX - 3, 0, 5, 1)),
                     ERR_BAD_BUFFER);
    sqe = park_sqe(word, 0, TIMEOUT_NEVER, 1);
    sqe.flags = RING_SHARED;
    ck_assert_int_eq(park_now(init, sqe), ERR_BAD_BUFFER);
    sqe.flags = RING_QUIET;
    ck_assert_int_eq(park_now(init, sqe), ERR_BAD_FLAGS);
    sqe = park_sqe(word, 0, TIMEOUT_NEVER, 1);
    sqe.park.count = 1;
    ck_assert_int_eq(park_now(init, sqe), ERR_BAD_FLAGS);
    sqe = park_sqe(word, 0, TIMEOUT_NEVER, 1);
    sqe.park.reserved = 1;
    ck_assert_int_eq(park_now(init, sqe), ERR_BAD_FLAGS);
    ck_assert_int_eq(unpark(init, word, 0), ERR_INVALID);
    ck_assert_int_eq(unpark(init, word, UNPARK_COUNT_MAX + 1), ERR_INVALID);
    ck_assert_int_eq(unpark(init, word + 1, 1), ERR_BAD_BUFFER);
    ck_assert_int_eq(unpark(init, word, UNPARK_COUNT_MAX), 0);
    fixture_end();
}
END_TEST

START_TEST(test_park_wakes_waiting_thread)
{
    struct player *init = &fixture_init;
    struct player second;
    uint64_t handle;
    struct sqe sqe;

    fixture_begin();
    handle = fixture_thread(init, &second);
    sqe = park_sqe(word_of(init), 0, TIMEOUT_NEVER, 5);
    player_go(&second);
    player_push(&second, &sqe);
    player_wait(&second, TIMEOUT_NEVER);
    set_word(init, 1);
    player_go(init);
    ck_assert_int_eq(unpark(init, word_of(init), 1), 1);
    ck_assert_int_eq(second.thread->state, THREAD_READY);
    ck_assert_int_eq(player_expect(&second, 5).result, 0);
    ck_assert_int_eq(unpark(init, word_of(init), 1), 0);
    player_call(init, handle, THREAD_HANDLE_INTERFACE_ID,
                THREAD_HANDLE_METHOD_END, 0, 0, 0);
    player_detach(&second);
    fixture_end();
}
END_TEST

START_TEST(test_park_times_out)
{
    struct player *init = &fixture_init;
    uint64_t begin_ns;
    struct sqe sqe;

    fixture_begin();
    begin_ns = fake_now_ns;
    sqe = park_sqe(word_of(init), 0, 3 * MS, 5);
    player_go(init);
    player_push(init, &sqe);
    player_wait(init, TIMEOUT_NEVER);
    player_go(init);
    ck_assert_uint_ge(fake_now_ns - begin_ns, 3 * MS);
    ck_assert_int_eq(player_expect(init, 5).result, ERR_TIMED_OUT);
    /* A wake-up in time leaves no timer behind. */
    sqe = park_sqe(word_of(init), 0, MS, 6);
    park_start(init, sqe);
    ck_assert_int_eq(init->thread->parks[0].timeout.cpu != NULL, 1);
    player_submit(init, &(struct sqe){.opcode = RING_UNPARK,
                                      .flags = RING_QUIET,
                                      .user_data = 7,
                                      .park = {.address = word_of(init),
                                               .count = 1}});
    ck_assert_int_eq(player_expect(init, 6).result, 0);
    ck_assert_ptr_null(init->thread->parks[0].timeout.cpu);
    fixture_end();
}
END_TEST

START_TEST(test_park_order_and_limit)
{
    struct player *init = &fixture_init;
    struct cqe cqe;
    struct sqe sqe;

    fixture_begin();
    for (uint32_t i = 0; i < PARK_RECORDS; i++) {
        park_start(init, park_sqe(word_of(init), 0, TIMEOUT_NEVER, i));
    }
    ck_assert_int_eq(
        park_now(init, park_sqe(word_of(init), 0, TIMEOUT_NEVER, 50)),
        ERR_OVERLOADED);
    sqe = unpark_sqe(word_of(init), 2, RING_QUIET);
    player_submit(init, &sqe);
    ck_assert_int_eq(player_expect(init, 0).result, 0);
    ck_assert_int_eq(player_expect(init, 1).result, 0);
    ck_assert(!player_pop(init, &cqe));
    sqe = (struct sqe){.opcode = RING_CANCEL, .user_data = 60, .words = {3}};
    player_submit(init, &sqe);
    ck_assert_int_eq(player_expect(init, 3).result, ERR_CANCELLED);
    ck_assert_int_eq(player_expect(init, 60).result, 0);
    ck_assert_int_eq(player_do(init, &sqe), ERR_NOT_FOUND);
    sqe = unpark_sqe(word_of(init), UNPARK_COUNT_MAX, 0);
    player_submit(init, &sqe);
    ck_assert_int_eq(player_expect(init, 2).result, 0);
    ck_assert_int_eq(player_expect(init, 99).result, 1);
    fixture_end();
}
END_TEST

START_TEST(test_park_keys_are_apart)
{
    struct player *init = &fixture_init;
    struct player child;
    uint64_t word;

    fixture_begin();
    fixture_spawn(init, &(struct fixture_request){0}, &child);
    word = word_of(&child);
    park_start(&child, park_sqe(word, 0, TIMEOUT_NEVER, 1));
    park_start(&child, park_sqe(word + 4, 0, TIMEOUT_NEVER, 2));
    ck_assert_int_eq(unpark(init, word, 1), 0);
    ck_assert_int_eq(unpark(&child, word + 8, 1), 0);
    player_submit(&child, &(struct sqe){.opcode = RING_UNPARK,
                                        .user_data = 3,
                                        .park = {.address = word + 4,
                                                 .count = 1}});
    ck_assert_int_eq(player_expect(&child, 2).result, 0);
    ck_assert_int_eq(player_expect(&child, 3).result, 1);
    player_detach(&child);
    fixture_end(); /* ends the child, parked as it is */
}
END_TEST

START_TEST(test_park_skips_ended_thread)
{
    struct player *init = &fixture_init;
    struct player second;
    uint64_t handle;

    fixture_begin();
    handle = fixture_thread(init, &second);
    park_start(&second, park_sqe(word_of(init), 0, TIMEOUT_NEVER, 1));
    park_start(init, park_sqe(word_of(init), 0, TIMEOUT_NEVER, 2));
    player_call(init, handle, THREAD_HANDLE_INTERFACE_ID,
                THREAD_HANDLE_METHOD_END, 0, 0, 0);
    ck_assert_int_eq(second.thread->state, THREAD_ENDED);
    player_submit(init, &(struct sqe){.opcode = RING_UNPARK,
                                      .flags = RING_QUIET,
                                      .park = {.address = word_of(init),
                                               .count = 1}});
    ck_assert_int_eq(player_expect(init, 2).result, 0);
    player_detach(&second);
    fixture_end();
}
END_TEST

/* A new MemoryObject of one page. */
static uint64_t memory_new(struct player *player)
{
    struct cqe cqe = player_call(player, player_cap(player, "frames"),
                                 FRAME_ALLOCATOR_INTERFACE_ID,
                                 FRAME_ALLOCATOR_METHOD_ALLOCATE, 1, 0, 0);

    ck_assert_int_gt(cqe.result, 0);
    return player_result_cap(player, &cqe, 0);
}

static uint64_t memory_map(struct player *player, uint64_t memory)
{
    struct sqe sqe = player_call_sqe(
        player, memory, MEMORY_OBJECT_INTERFACE_ID, MEMORY_OBJECT_METHOD_MAP,
        (const uint64_t[4]){0, 0, 1 | (uint64_t)PROTECTION_READ << 32, 0});
    struct cqe cqe;

    player_submit(player, &sqe);
    cqe = player_expect(player, sqe.user_data);
    ck_assert_int_eq(cqe.result, 0);
    return cqe.words[0];
}

static uint64_t memory_share(struct player *player, uint64_t memory)
{
    struct cqe cqe = player_call(player, memory, MEMORY_OBJECT_INTERFACE_ID,
                                 MEMORY_OBJECT_METHOD_SHARE, 1, 0, 0);

    ck_assert_int_gt(cqe.result, 0);
    return player_result_cap(player, &cqe, 0);
}

START_TEST(test_park_shared)
{
    struct player *init = &fixture_init;
    struct fixture_request request = {0};
    struct player child;
    uint64_t memory;
    uint64_t here;
    uint64_t there;
    struct sqe sqe;

    fixture_begin();
    memory = memory_new(init);
    here = memory_map(init, memory) + 8;
    request.grants[0] =
        (struct fixture_grant){"view", memory_share(init, memory)};
    fixture_spawn(init, &request, &child);
    there = memory_map(&child, player_cap(&child, "view")) + 8;
    sqe = park_sqe(there, 0, TIMEOUT_NEVER, 1);
    park_start(&child, sqe); /* private */
    sqe.flags = RING_SHARED;
    sqe.user_data = 2;
    park_start(&child, sqe);
    sqe = unpark_sqe(here + 4, 1, RING_SHARED);
    ck_assert_int_eq(player_do(init, &sqe), 0);
    sqe = unpark_sqe(here, 5, RING_SHARED);
    ck_assert_int_eq(player_do(init, &sqe), 1);
    ck_assert_int_eq(player_expect(&child, 2).result, 0);
    /* The parked one keeps the memory; the frames go with it. */
    sqe = park_sqe(here, 0, TIMEOUT_NEVER, 3);
    sqe.flags = RING_SHARED;
    park_start(init, sqe);
    player_call(init, memory, MEMORY_OBJECT_INTERFACE_ID,
                MEMORY_OBJECT_METHOD_UNMAP, here & ~4095ull, 1, 0);
    fixture_release(init, memory);
    sqe = unpark_sqe(there, 1, RING_SHARED);
    ck_assert_int_eq(player_do(&child, &sqe), 1);
    ck_assert_int_eq(player_expect(init, 3).result, 0);
    player_detach(&child);
    fixture_end();
}
END_TEST

START_TEST(test_park_dies_shared)
{
    struct player *init = &fixture_init;
    struct fixture_request request = {0};
    struct player child;
    struct sqe sqe;

    fixture_begin();
    request.grants[0] = (struct fixture_grant){
        "frames", player_cap(init, "frames")};
    fixture_spawn(init, &request, &child);
    sqe = park_sqe(memory_map(&child, memory_new(&child)), 0, MS, 1);
    sqe.flags = RING_SHARED;
    park_start(&child, sqe);
    fixture_kill(init, child.handle, 5);
    ck_assert_int_eq(child.process->state, PROCESS_ENDED);
    player_detach(&child);
    fixture_end();
}
END_TEST

START_TEST(test_park_unmapped)
{
    struct player *init = &fixture_init;
    uint64_t word;

    fixture_begin();
    word = player_map(init, 1, PROTECTION_READ);
    park_start(init, park_sqe(word, 0, TIMEOUT_NEVER, 1));
    player_unmap(init, word, 1);
    player_submit(init, &(struct sqe){.opcode = RING_UNPARK,
                                      .flags = RING_QUIET,
                                      .park = {.address = word, .count = 1}});
    ck_assert_int_eq(player_expect(init, 1).result, 0);
    fixture_end();
}
END_TEST

START_TEST(test_park_exit_clears)
{
    struct player *init = &fixture_init;
    uint64_t control;
    struct player second;
    uint32_t value = 1;
    struct cqe cqe;
    struct sqe sqe;

    fixture_begin();
    control = player_cap(init, "self-threads");
    fixture_release(init, fixture_thread(init, &second));
    set_word(init, 1);
    park_start(init, park_sqe(word_of(init), 1, TIMEOUT_NEVER, 5));
    cqe = player_call(&second, control, THREAD_CONTROL_INTERFACE_ID,
                      THREAD_CONTROL_METHOD_EXIT, 0, word_of(init) + 2, 0);
    ck_assert_int_lt(cqe.result, 0);
    cqe = player_call(&second, control, THREAD_CONTROL_INTERFACE_ID,
                      THREAD_CONTROL_METHOD_EXIT, 0, 8, 0);
    ck_assert_int_lt(cqe.result, 0);
    sqe = player_call_sqe(&second, control, THREAD_CONTROL_INTERFACE_ID,
                          THREAD_CONTROL_METHOD_EXIT,
                          (const uint64_t[4]){7, word_of(init)});
    player_go(&second);
    player_push(&second, &sqe);
    core_on_syscall(GATE_ENTER, 0, TIMEOUT_POLL);
    ck_assert_int_eq(second.thread->state, THREAD_ENDED);
    player_read(init, word_of(init), &value, sizeof(value));
    ck_assert_uint_eq(value, 0);
    ck_assert_int_eq(player_expect(init, 5).result, 0);
    player_detach(&second);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_park_refusals,
        test_park_wakes_waiting_thread,
        test_park_times_out,
        test_park_order_and_limit,
        test_park_keys_are_apart,
        test_park_skips_ended_thread,
        test_park_shared,
        test_park_dies_shared,
        test_park_unmapped,
        test_park_exit_clears,
        NULL,
    };

    return check_run("park", tests);
}
