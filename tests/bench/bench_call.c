/*
 * bench_call.c - calls to another process.
 *
 * "data" rows send one message of that size again and again, so that what is
 * counted is its way, not its making; "text" rows make and read messages, too.
 */
#include "bench.h"

#include "capos.h"

#define DATA_SHORT 80u

static uint8_t data[BENCH_DATA_BYTES];
static uint64_t memory[BENCH_DATA_BYTES / 8 + 64];
static struct rpc_message message = {.params = memory};

static int32_t begin(void)
{
    return bench_begin(0);
}

static void run_none(uint32_t times)
{
    while (times--) {
        (void)bench_none(rt(), bench_facet);
    }
}

static void run_two(uint32_t times)
{
    uint64_t a, b;

    while (times--) {
        (void)bench_two(rt(), bench_facet, times, 1, &a, &b);
    }
}

static void run_four(uint32_t times)
{
    uint64_t a, b, c, d;

    while (times--) {
        (void)bench_four(rt(), bench_facet, times, 1, 2, 3, &a, &b, &c, &d);
    }
}

static void run_in_flight(uint32_t times)
{
    static struct rpc rpcs[BENCH_IN_FLIGHT];

    for (; times >= BENCH_IN_FLIGHT; times -= BENCH_IN_FLIGHT) {
        for (uint32_t i = 0; i < BENCH_IN_FLIGHT; i++) {
            (void)bench_two_submit(rt(), &rpcs[i], bench_facet, i, 1);
        }
        for (uint32_t i = 0; i < BENCH_IN_FLIGHT; i++) {
            (void)transport_await(rt(), &rpcs[i]);
        }
    }
}

/* Makes the message that run_data sends, with so many bytes of data. */
static int32_t begin_data(uint32_t bytes)
{
    struct rpc_buffer buffer;
    struct bench_data_params_builder params;
    int32_t status = bench_begin(0);

    if (status < 0) {
        return status;
    }
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    params.s = rpc_buffer_begin(&buffer, 0, 1);
    bench_data_params_set_data(params, (struct wire_data){data, bytes});
    status = wire_builder_bytes(&buffer.builder);
    message.params_len = (uint32_t)status;
    return status;
}

/* 80 bytes in all: two words of pointers, eight of data. */
static int32_t begin_data_80(void)
{
    return begin_data(DATA_SHORT - 16);
}

static int32_t begin_data_4096(void)
{
    return begin_data(BENCH_DATA_BYTES - 16);
}

static void run_data(uint32_t times)
{
    uint64_t words[4];

    while (times--) {
        (void)transport_call_message(rt(), bench_facet, BENCH_METHOD_DATA,
                                     &message, words);
    }
}

static void run_text(uint32_t times, uint32_t bytes)
{
    struct rpc_buffer buffer;

    while (times--) {
        rpc_buffer_init(&buffer, memory, sizeof(memory));
        (void)bench_data(rt(), bench_facet, (struct wire_data){data, bytes},
                         &buffer);
    }
}

static void run_text_80(uint32_t times)
{
    run_text(times, DATA_SHORT - 16);
}

static void run_text_4096(uint32_t times)
{
    run_text(times, BENCH_DATA_BYTES - 16);
}

const struct bench_row bench_call_rows[] = {
    {.name = "call-0", .text = "call + reply, 0 words",
     .run = run_none, .begin = begin, .end = bench_end},
    {.name = "call-2", .text = "call + reply, 2 words",
     .run = run_two, .begin = begin, .end = bench_end},
    {.name = "call-4", .text = "call + reply, 4 words",
     .run = run_four, .begin = begin, .end = bench_end},
    {.name = "in-flight", .text = "32 in flight, per call + reply",
     .run = run_in_flight, .begin = begin, .end = bench_end},
    {.name = "data-80", .text = "params 80 B in memory",
     .run = run_data, .begin = begin_data_80, .end = bench_end},
    {.name = "data-4096", .text = "params 4 KiB in memory",
     .run = run_data, .begin = begin_data_4096, .end = bench_end},
    {.name = "made-80", .text = "the same, 80 B, made each time",
     .run = run_text_80, .begin = begin, .end = bench_end},
    {.name = "made-4096", .text = "the same, 4 KiB, made each time",
     .run = run_text_4096, .begin = begin, .end = bench_end},
    {.name = NULL},
};
