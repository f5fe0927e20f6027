/*
 * pipe_test.c - pipes in the whole kernel, where they can go wrong: buffers that
 * are gone when the other side comes, ends and deaths, too many who wait.
 */
#include "check_run.h"
#include "core_fixture.h"
#include "ipc/kernel_call.h"

#include <string.h>

#define SIZE 600u
#define READ_DATA 1u /* user_data of calls */
#define WRITE_DATA 1000u

struct ends {
    uint64_t reader;
    uint64_t writer;
};

static struct ends pipe_new(struct player *player)
{
    struct cqe cqe = player_call(player, player_cap(player, "pipes"),
                                 PIPE_FACTORY_INTERFACE_ID,
                                 PIPE_FACTORY_METHOD_CREATE, SIZE, 0, 0);

    ck_assert_int_gt(cqe.result, 0);
    return (struct ends){player_result_cap(player, &cqe, 0),
                         player_result_cap(player, &cqe, 1)};
}

static struct sqe read_sqe(const struct player *player, uint64_t cap,
                           uint64_t max)
{
    struct sqe sqe = player_call_sqe(player, cap, PIPE_READER_INTERFACE_ID,
                                     PIPE_READER_METHOD_READ,
                                     (const uint64_t[4]){max});

    sqe.user_data = READ_DATA;
    return sqe;
}

/* Its message is written to SCRATCH_PARAMS, like that of any other one. */
static struct sqe write_sqe(const struct player *player, uint64_t cap,
                            char byte, uint32_t count)
{
    static char bytes[4096];
    uint64_t memory[4200 / 8];
    struct wire_builder builder;
    struct sqe sqe;

    memset(bytes, byte, count);
    wire_builder_init(&builder, memory, sizeof(memory));
    pipe_writer_write_params_set_data(
        pipe_writer_write_params_build(&builder),
        (struct wire_data){(const uint8_t *)bytes, count});
    sqe = player_message_sqe(player, cap, PIPE_WRITER_INTERFACE_ID,
                             PIPE_WRITER_METHOD_WRITE, &builder);
    sqe.user_data = WRITE_DATA;
    return sqe;
}

/* That many bytes, all the same, came with a completed read. */
static void expect_read(struct player *player, char byte, uint32_t count)
{
    struct cqe cqe = player_expect(player, READ_DATA);
    uint64_t memory[8192 / 8];
    struct wire_message message;
    struct wire_data data;

    ck_assert_int_gt(cqe.result, 0);
    player_read(player, player->scratch + SCRATCH_RESULTS, memory,
                (size_t)cqe.result);
    ck_assert_int_ge(
        wire_message_init(&message, memory, (uint32_t)cqe.result), 0);
    data = pipe_reader_read_results_get_data(
        pipe_reader_read_results_read(&message));
    ck_assert_uint_eq(data.length, count);
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_int_eq(data.bytes[i], byte);
    }
}

static void expect_written(struct player *player, uint32_t count)
{
    struct cqe cqe = player_expect(player, WRITE_DATA);

    ck_assert_int_eq(cqe.result, 0);
    ck_assert_uint_eq(cqe.words[0], count);
}

static void do_read(struct player *player, uint64_t cap, char byte,
                    uint32_t count)
{
    struct sqe sqe = read_sqe(player, cap, 4096);

    player_submit(player, &sqe);
    expect_read(player, byte, count);
}

static void do_write(struct player *player, uint64_t cap, char byte,
                     uint32_t count, uint32_t written)
{
    struct sqe sqe = write_sqe(player, cap, byte, count);

    player_submit(player, &sqe);
    expect_written(player, written);
}

/* What did not arrive is there for the next one. */
START_TEST(test_pipe_read_buffer_gone)
{
    struct player *init = &fixture_init;
    struct ends ends;
    struct sqe sqe;
    uint64_t page;

    fixture_begin();
    ends = pipe_new(init);
    page = player_map(init, 1, PROTECTION_READ_WRITE);
    sqe = read_sqe(init, ends.reader, 100);
    sqe.result = page;
    sqe.result_len = PAGE_SIZE;
    player_submit(init, &sqe);
    player_unmap(init, page, 1);
    sqe = write_sqe(init, ends.writer, 'a', 50);
    player_submit(init, &sqe);
    ck_assert_int_eq(player_expect(init, READ_DATA).result, ERR_BAD_BUFFER);
    expect_written(init, 50);
    do_read(init, ends.reader, 'a', 50);
    fixture_end();
}
END_TEST

/* What cannot be fetched any more puts nothing in. */
START_TEST(test_pipe_write_buffer_gone)
{
    struct player *init = &fixture_init;
    uint64_t message[64];
    struct ends ends;
    struct sqe sqe;
    uint64_t page;

    fixture_begin();
    ends = pipe_new(init);
    do_write(init, ends.writer, 'a', SIZE, SIZE);
    page = player_map(init, 1, PROTECTION_READ_WRITE);
    sqe = write_sqe(init, ends.writer, 'b', 300);
    player_read(init, sqe.memory.params, message, sqe.memory.params_len);
    player_write(init, page, message, sqe.memory.params_len);
    sqe.memory.params = page;
    player_submit(init, &sqe);
    player_unmap(init, page, 1);
    sqe = read_sqe(init, ends.reader, 4096);
    player_submit(init, &sqe);
    ck_assert_int_eq(player_expect(init, WRITE_DATA).result, ERR_BAD_BUFFER);
    expect_read(init, 'a', SIZE);
    do_write(init, ends.writer, 'c', 10, 10);
    do_read(init, ends.reader, 'c', 10);
    fixture_end();
}
END_TEST

/* A process of init's with both ends. */
static void child_with(uint64_t reader, uint64_t writer, struct player *child)
{
    struct fixture_request request = {
        .grants = {{"r", reader}, {"w", writer}}};

    fixture_spawn(&fixture_init, &request, child);
}

static void child_dies(struct player *child)
{
    fixture_kill(&fixture_init, child->handle, 0);
    player_detach(child);
}

/* A process that dies while it waits to write, or to read, leaves no trace. */
START_TEST(test_pipe_deaths)
{
    struct player *init = &fixture_init;
    struct player child;
    struct ends ends;
    struct sqe sqe;

    fixture_begin();
    ends = pipe_new(init);
    child_with(ends.reader, ends.writer, &child);
    do_write(init, ends.writer, 'a', SIZE, SIZE);
    sqe = write_sqe(&child, player_cap(&child, "w"), 'x', 100);
    player_submit(&child, &sqe);
    child_dies(&child);
    do_read(init, ends.reader, 'a', SIZE);
    child_with(ends.reader, ends.writer, &child);
    sqe = read_sqe(&child, player_cap(&child, "r"), 100);
    player_submit(&child, &sqe);
    child_dies(&child);
    do_write(init, ends.writer, 'b', 20, 20);
    do_read(init, ends.reader, 'b', 20);
    fixture_end();
}
END_TEST

/* The other process's end goes with it: end of file, and disconnected. */
START_TEST(test_pipe_ends_with_process)
{
    struct player *init = &fixture_init;
    struct player child;
    struct ends ends;
    struct sqe sqe;

    fixture_begin();
    ends = pipe_new(init);
    fixture_spawn(init,
                  &(struct fixture_request){.grants = {{"w", ends.writer}}},
                  &child);
    fixture_release(init, ends.writer);
    sqe = read_sqe(init, ends.reader, 100);
    player_submit(init, &sqe);
    child_dies(&child);
    expect_read(init, 0, 0);
    do_read(init, ends.reader, 0, 0);

    ends = pipe_new(init);
    fixture_spawn(init,
                  &(struct fixture_request){.grants = {{"r", ends.reader}}},
                  &child);
    fixture_release(init, ends.reader);
    do_write(init, ends.writer, 'a', SIZE, SIZE);
    sqe = write_sqe(init, ends.writer, 'b', 10);
    player_submit(init, &sqe);
    child_dies(&child);
    ck_assert_int_eq(player_expect(init, WRITE_DATA).result,
                     ERR_DISCONNECTED);
    fixture_end();
}
END_TEST

START_TEST(test_pipe_waiters)
{
    struct player *init = &fixture_init;
    struct player child;
    struct ends ends;
    struct sqe sqe;

    fixture_begin();
    ends = pipe_new(init);
    fixture_spawn(init,
                  &(struct fixture_request){.grants = {{"r", ends.reader}},
                                            .sq_entries = 128,
                                            .cq_entries = 256},
                  &child);
    sqe = read_sqe(&child, player_cap(&child, "r"), 1);
    for (uint32_t i = 0; i < PIPE_WAITERS_MAX; i++) {
        player_submit(&child, &sqe);
    }
    player_submit(&child, &sqe);
    sqe = (struct sqe){.opcode = RING_NOP, .user_data = 7};
    ck_assert_int_eq(player_expect(&child, READ_DATA).result, ERR_EXCEPTION);
    ck_assert_int_eq(player_do(&child, &sqe), 0);
    do_write(init, ends.writer, 'a', 100, 100);
    for (uint32_t i = 0; i < PIPE_WAITERS_MAX; i++) {
        expect_read(&child, 'a', 1);
    }
    do_read(init, ends.reader, 'a', 100 - PIPE_WAITERS_MAX);
    child_dies(&child);
    fixture_end();
}
END_TEST

/* No heap, no room for a capability: nothing is left (fixture_end looks). */
START_TEST(test_pipe_refused)
{
    struct player *init = &fixture_init;
    struct sqe sqe;

    fixture_begin();
    sqe = player_call_sqe(init, player_cap(init, "pipes"),
                          PIPE_FACTORY_INTERFACE_ID,
                          PIPE_FACTORY_METHOD_CREATE, NULL);
    for (uint64_t blocks = 0; blocks < 3; blocks++) {
        machine_refuse_heap(blocks);
        ck_assert_int_eq(player_do(init, &sqe), ERR_EXCEPTION);
    }
    machine_refuse_heap(UINT64_MAX);
    /* Room for the message and one capability, then for none. */
    for (uint32_t bytes = 24; bytes < 40; bytes += 8) {
        sqe.result_len = bytes;
        ck_assert_int_lt(player_do(init, &sqe), 0);
    }
    sqe.result_len = 40;
    ck_assert_int_gt(player_do(init, &sqe), 0);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_pipe_read_buffer_gone,
        test_pipe_write_buffer_gone,
        test_pipe_deaths,
        test_pipe_ends_with_process,
        test_pipe_waiters,
        test_pipe_refused,
        NULL,
    };

    return check_run("pipe", tests);
}
