/*
 * bench_call.c - calls to another process.
 *
 * "data" rows send one message of that size again and again, so that what is
 * counted is its way, not its making; "text" rows make and read messages, too.
 */
#include "bench.h"

#include "capos.h"
#include "serve.h"
#include "spawn.h"

#include "capos.server.gen.h"

#define IN_FLIGHT 32u
#define DATA_BYTES_MAX 4096u
#define DATA_SHORT 80u

static uint64_t facet;
static struct spawned server;
static uint8_t data[DATA_BYTES_MAX];
static uint64_t message[DATA_BYTES_MAX / 8 + 64];
static uint32_t message_bytes;

/* ----------------------------------------------------------------- the server */

static int32_t serve_none(void *self, struct server_call *call,
                          struct bench_none_params_reader params,
                          struct bench_none_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    (void)results;
    return 0;
}

static int32_t serve_two(void *self, struct server_call *call,
                         struct bench_two_params_reader params,
                         struct bench_two_results_builder results)
{
    (void)self;
    (void)call;
    bench_two_results_set_a(results, bench_two_params_get_a(params));
    bench_two_results_set_b(results, bench_two_params_get_b(params));
    return 0;
}

static int32_t serve_four(void *self, struct server_call *call,
                          struct bench_four_params_reader params,
                          struct bench_four_results_builder results)
{
    (void)self;
    (void)call;
    bench_four_results_set_a(results, bench_four_params_get_a(params));
    bench_four_results_set_b(results, bench_four_params_get_b(params));
    bench_four_results_set_c(results, bench_four_params_get_c(params));
    bench_four_results_set_d(results, bench_four_params_get_d(params));
    return 0;
}

static int32_t serve_data(void *self, struct server_call *call,
                          struct bench_data_params_reader params,
                          struct bench_data_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    (void)results;
    return 0;
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct bench_server bench = {
        .none = serve_none, .two = serve_two, .four = serve_four,
        .data = serve_data};

    return bench_dispatch(&bench, self, call);
}

int bench_serve(void)
{
    struct serve_options options = {.credits = IN_FLIGHT + 8, .slots = 4,
                                    .slot_bytes = 2 * DATA_BYTES_MAX};
    int32_t status = capos_serve(capset_need("service",
                                             ENDPOINT_INTERFACE_ID),
                                 handle, NULL, &options);

    return con_fail("cannot serve", status);
}

static int32_t begin(void)
{
    uint64_t endpoint;
    int32_t status = endpoint_factory_create(
        rt(), capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID),
        &endpoint);

    if (status >= 0) {
        status = endpoint_mint(rt(), endpoint, 0, BENCH_INTERFACE_ID, 0,
                               false, &facet);
    }
    if (status >= 0) {
        status = bench_spawn("serve", "service", endpoint, &server);
    }
    if (status >= 0) {
        cap_release(endpoint);
        status = bench_none(rt(), facet); /* it is there */
    }
    return status;
}

static void end(void)
{
    struct spawn_end how;

    cap_release(facet);
    (void)process_handle_kill(rt(), server.process, 0);
    (void)spawn_wait(&server, &how);
}

/* ----------------------------------------------------------------- the client */

static void run_none(uint32_t times)
{
    while (times--) {
        (void)bench_none(rt(), facet);
    }
}

static void run_two(uint32_t times)
{
    uint64_t a, b;

    while (times--) {
        (void)bench_two(rt(), facet, times, 1, &a, &b);
    }
}

static void run_four(uint32_t times)
{
    uint64_t a, b, c, d;

    while (times--) {
        (void)bench_four(rt(), facet, times, 1, 2, 3, &a, &b, &c, &d);
    }
}

static void run_in_flight(uint32_t times)
{
    static struct rpc rpcs[IN_FLIGHT];

    for (; times >= IN_FLIGHT; times -= IN_FLIGHT) {
        for (uint32_t i = 0; i < IN_FLIGHT; i++) {
            (void)bench_two_submit(rt(), &rpcs[i], facet, i, 1);
        }
        for (uint32_t i = 0; i < IN_FLIGHT; i++) {
            (void)transport_await(rt(), &rpcs[i]);
        }
    }
}

/* Makes the message that run_data sends, with so many bytes of data. */
static int32_t begin_data(uint32_t bytes)
{
    struct rpc_buffer buffer;
    struct bench_data_params_builder params;
    int32_t status = begin();

    if (status < 0) {
        return status;
    }
    rpc_buffer_init(&buffer, message, sizeof(message));
    params.s = rpc_buffer_begin(&buffer, 0, 1);
    bench_data_params_set_data(params, (struct wire_data){data, bytes});
    status = wire_builder_bytes(&buffer.builder);
    message_bytes = (uint32_t)status;
    return status;
}

/* 80 bytes in all: two words of pointers, eight of data. */
static int32_t begin_data_80(void)
{
    return begin_data(DATA_SHORT - 16);
}

static int32_t begin_data_4096(void)
{
    return begin_data(DATA_BYTES_MAX - 16);
}

static void run_data(uint32_t times)
{
    struct rpc rpc = {.complete = NULL};

    while (times--) {
        rpc_prepare(&rpc, facet, BENCH_METHOD_DATA, BENCH_DATA_FLAGS);
        rpc.params = message;
        rpc.params_len = message_bytes;
        (void)transport_submit(rt(), &rpc);
        (void)transport_await(rt(), &rpc);
    }
}

static void run_text(uint32_t times, uint32_t bytes)
{
    struct rpc_buffer buffer;

    while (times--) {
        rpc_buffer_init(&buffer, message, sizeof(message));
        (void)bench_data(rt(), facet, (struct wire_data){data, bytes},
                         &buffer);
    }
}

static void run_text_80(uint32_t times)
{
    run_text(times, DATA_SHORT - 16);
}

static void run_text_4096(uint32_t times)
{
    run_text(times, DATA_BYTES_MAX - 16);
}

const struct bench_row bench_call_rows[] = {
    {"call-0", "call + reply, 0 words", run_none, begin, end},
    {"call-2", "call + reply, 2 words", run_two, begin, end},
    {"call-4", "call + reply, 4 words", run_four, begin, end},
    {"in-flight", "32 in flight, per call + reply", run_in_flight, begin, end},
    {"data-80", "params 80 B in memory", run_data, begin_data_80, end},
    {"data-4096", "params 4 KiB in memory", run_data, begin_data_4096, end},
    {"made-80", "the same, 80 B, made each time", run_text_80, begin, end},
    {"made-4096", "the same, 4 KiB, made each time", run_text_4096, begin,
     end},
    {NULL, NULL, NULL, NULL, NULL},
};
