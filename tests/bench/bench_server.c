/* bench_server.c - the server that the rows of calls and capabilities call. */
#include "bench.h"

#include "capos.h"
#include "serve.h"
#include "spawn.h"

#include "capos.server.gen.h"

uint64_t bench_facet;

static struct spawned server;

/* What the server keeps of the capabilities that it is given. */
static uint64_t kept[BENCH_HOLDERS_MAX];
static uint32_t kept_count;

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

/* What is not taken here the library releases. */
static int32_t serve_give(void *self, struct server_call *call,
                          struct bench_give_params_reader params,
                          struct bench_give_results_builder results)
{
    (void)self;
    (void)results;
    if (bench_give_params_get_keep(params)) {
        if (kept_count == BENCH_HOLDERS_MAX) {
            return ERR_OVERLOADED;
        }
        kept[kept_count++] =
            server_take_cap(call, bench_give_params_get_cap(params));
    }
    return 0;
}

/* Rare: the dispatch of the others is not to save registers for it. */
static __attribute__((noinline)) int32_t
serve_drop(void *self, struct server_call *call,
           struct bench_drop_params_reader params,
           struct bench_drop_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    (void)results;
    while (kept_count > 0) {
        cap_release(kept[--kept_count]);
    }
    return 0;
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct bench_server bench = {
        .none = serve_none, .two = serve_two, .four = serve_four,
        .data = serve_data, .give = serve_give, .drop = serve_drop};

    return bench_dispatch(&bench, self, call);
}

int bench_serve(void)
{
    struct serve_options options = {.credits = BENCH_IN_FLIGHT + 8,
                                    .slots = 4,
                                    .slot_bytes = 2 * BENCH_DATA_BYTES};
    int32_t status = capos_serve(capset_need("service",
                                             ENDPOINT_INTERFACE_ID),
                                 handle, NULL, &options);

    return con_fail("cannot serve", status);
}

int32_t bench_begin(uint32_t caps_max)
{
    uint64_t endpoint;
    int32_t status = endpoint_factory_create(
        rt(), capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID),
        &endpoint);

    if (status >= 0) {
        status = endpoint_mint(rt(), endpoint, 0, BENCH_INTERFACE_ID, 0,
                               false, &bench_facet);
    }
    if (status >= 0) {
        status = bench_spawn("serve", "service", endpoint, caps_max, &server);
    }
    if (status >= 0) {
        cap_release(endpoint);
        status = bench_none(rt(), bench_facet); /* it is there */
    }
    return status;
}

void bench_end(void)
{
    struct spawn_end how;

    cap_release(bench_facet);
    (void)process_handle_kill(rt(), server.process, 0);
    (void)spawn_wait(&server, &how);
}
