/* victim_calls.c - victims that call, serve and sleep; see storm.h. */
#include "serve.h"
#include "storm.h"

#include "capos.server.gen.h"

#define CALLS 8u
#define HELD 8u
#define TEXT_BYTES 100u

/* ------------------------------------------------------------------- caller */

/* Ends what is in flight: some by answers, the rest by cancelling. */
static void settle(struct random *random, struct rpc *rpcs, uint32_t count)
{
    storm_nap(random, 2000);
    ring_poll(ring_self());
    for (uint32_t i = 0; i < count; i++) {
        if (!rpcs[i].done) {
            ring_cancel(ring_self(), &rpcs[i]);
        }
    }
}

void victim_call(struct random *random)
{
    static uint64_t memory[CALLS][64];
    static char text[TEXT_BYTES];
    uint64_t echo = capset_need("echo", ECHO_INTERFACE_ID);
    struct rpc_buffer buffers[CALLS];
    struct rpc rpcs[CALLS];
    uint32_t count = 1 + random_below(random, CALLS);

    for (uint32_t i = 0; i < count; i++) {
        rpcs[i] = (struct rpc){.complete = NULL};
        if (random_below(random, 2)) {
            echo_add_submit(rt(), &rpcs[i], echo, i, 1);
        } else {
            rpc_buffer_init(&buffers[i], memory[i], sizeof(memory[i]));
            echo_reverse_submit(rt(), &rpcs[i], echo,
                                (struct wire_text){text, TEXT_BYTES - 1},
                                &buffers[i]);
        }
    }
    ring_poll(ring_self());
    settle(random, rpcs, count);
}

/* ------------------------------------------------------------------- server */

static struct random *serving;
static struct server_call held[HELD]; /* received and not answered yet */
static bool holding[HELD];

static int32_t add(void *self, struct server_call *call,
                   struct echo_add_params_reader params,
                   struct echo_add_results_builder results)
{
    uint32_t index = random_below(serving, HELD);

    (void)self;
    if (holding[index]) {
        serve_return(&held[index], 0);
    }
    holding[index] = random_below(serving, 2);
    if (holding[index]) {
        held[index] = *call;
        return SERVER_PENDING;
    }
    echo_add_results_set_sum(results, echo_add_params_get_a(params) +
                                          echo_add_params_get_b(params));
    return 0;
}

static int32_t reverse(void *self, struct server_call *call,
                       struct echo_reverse_params_reader params,
                       struct echo_reverse_results_builder results)
{
    (void)self;
    storm_nap(serving, 1000);
    if (random_below(serving, 4) == 0) {
        return server_raise(call, CAP_EXCEPTION_KIND_OVERLOADED, 0,
                            "not in the mood");
    }
    echo_reverse_results_set_text(results,
                                  echo_reverse_params_get_text(params));
    return 0;
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct echo_server echo = {.add = add, .reverse = reverse};

    return echo_dispatch(&echo, self, call);
}

int victim_serve(struct random *random)
{
    /* More credits than held calls: it never stops receiving. */
    struct serve_options options = {.credits = HELD + 4};

    serving = random;
    return capos_serve(capset_need("service", ENDPOINT_INTERFACE_ID), handle,
                       NULL, &options) < 0;
}

/* ------------------------------------------------------------------ sleeper */

void victim_sleep(struct random *random)
{
    uint64_t timer = capset_need("timer", TIMER_INTERFACE_ID);
    struct rpc rpcs[CALLS];

    for (uint32_t i = 0; i < CALLS; i++) {
        rpcs[i] = (struct rpc){.complete = NULL};
        timer_sleep_submit(rt(), &rpcs[i], timer,
                           random_below(random, 4000) * US);
    }
    ring_poll(ring_self());
    settle(random, rpcs, CALLS);
}
