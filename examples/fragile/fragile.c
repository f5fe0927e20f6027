/*
 * fragile - a service that ends in every way that a service can end.
 *
 * Whoever supervises it starts it again, or does not. It counts its calls, so
 * that a client sees that it has another instance before it. With the argument
 * "slow" it takes 5 ms until it is ready.
 */
#include "capos.h"
#include "memcheck.h"
#include "serve.h"

#include "capos.server.gen.h"

#define SLOW_NS 5000000u

static uint64_t calls;
static uint64_t started_ns;
static uint64_t ready_ns;
static uint64_t *volatile nowhere; /* volatile: the compiler does not know */

static uint64_t now(void)
{
    uint64_t nanoseconds = 0;

    timer_now(rt(), capset_need("timer", TIMER_INTERFACE_ID), &nanoseconds);
    return nanoseconds;
}

static int32_t touch(void *self, struct server_call *call,
                     struct fragile_touch_params_reader params,
                     struct fragile_touch_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    fragile_touch_results_set_calls(results, ++calls);
    return 0;
}

static int32_t times(void *self, struct server_call *call,
                     struct fragile_times_params_reader params,
                     struct fragile_times_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    fragile_times_results_set_started(results, started_ns);
    fragile_times_results_set_ready(results, ready_ns);
    return 0;
}

static int32_t leave(void *self, struct server_call *call,
                     struct fragile_exit_params_reader params,
                     struct fragile_exit_results_builder results)
{
    (void)self;
    (void)call;
    (void)results;
    process_exit(fragile_exit_params_get_code(params));
}

/* Writes where nothing is mapped. */
static int32_t fault(void *self, struct server_call *call,
                     struct fragile_fault_params_reader params,
                     struct fragile_fault_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    (void)results;
    memcheck_fault_next();
    *nowhere = 0;
    return 0;
}

static int32_t hold(void *self, struct server_call *call,
                    struct fragile_hold_params_reader params,
                    struct fragile_hold_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    (void)results;
    return SERVER_PENDING;
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct fragile_server fragile = {.touch = touch,
                                                  .times = times,
                                                  .exit = leave,
                                                  .fault = fault,
                                                  .hold = hold};

    return fragile_dispatch(&fragile, self, call);
}

int main(int argc, char **argv)
{
    uint64_t endpoint = capset_need("fragile", ENDPOINT_INTERFACE_ID);

    started_ns = now();
    if (argc > 1 && text_equal(argv[1], "slow")) {
        timer_sleep(rt(), capset_need("timer", TIMER_INTERFACE_ID), SLOW_NS);
    }
    ready_ns = now();
    return con_fail("cannot serve",
                    capos_serve(endpoint, handle, NULL, NULL));
}
