/*
 * endpoint-queue-limit - a facet lets only so many calls wait.
 *
 * A call that no RECV can take waits in the queue of its facet. How many may
 * wait there was said when the facet was minted; one more is answered with
 * ERR_OVERLOADED, at once, and neither the service nor the clients of other
 * facets notice. A call that gives up makes room.
 */
#include "capos.h"
#include "serve.h"
#include "../ipc-server/echo.h"

#define QUEUE_LIMIT 3u
#define CALLS 5u
#define GREEDY_TAG 1u
#define MODEST_TAG 2u

static uint64_t endpoint;
static bool stop;
static int32_t served;
static uint32_t greedy_served;

static int32_t add(void *self, struct server_call *call,
                   struct echo_add_params_reader params,
                   struct echo_add_results_builder results)
{
    greedy_served += call->tag == GREEDY_TAG;
    return echo_sum(self, call, params, results);
}

/* The last call, of a method without handler, stops. */
static int32_t handle(void *self, struct server_call *call)
{
    static const struct echo_server echo = {.add = add};

    stop = call->method == ECHO_METHOD_FAIL;
    return echo_dispatch(&echo, self, call);
}

static void server(void *argument)
{
    struct serve_options options = {.credits = 2, .until = &stop};

    (void)argument;
    served = capos_serve(endpoint, handle, NULL, &options);
}

static uint64_t mint(uint64_t tag)
{
    uint64_t facet = CAP_NONE;

    check(endpoint_mint(rt(), endpoint, tag, ECHO_INTERFACE_ID, QUEUE_LIMIT,
                        false, &facet) == 0,
          "a facet with a queue of %u", QUEUE_LIMIT);
    return facet;
}

static void call(struct rpc *rpc, uint64_t facet, uint64_t a)
{
    *rpc = (struct rpc){.complete = NULL};
    echo_add_submit(rt(), rpc, facet, a, 1);
}

/* Nobody serves yet: the first ones wait, the rest is refused. */
static void check_full(struct rpc rpcs[CALLS], uint64_t facet)
{
    uint32_t waiting = 0;
    uint32_t refused = 0;

    for (uint32_t i = 0; i < CALLS; i++) {
        call(&rpcs[i], facet, i);
    }
    ring_poll(ring_self());
    for (uint32_t i = 0; i < CALLS; i++) {
        waiting += !rpcs[i].done;
        refused += rpcs[i].done && rpcs[i].status == ERR_OVERLOADED;
    }
    check(waiting == QUEUE_LIMIT && refused == CALLS - QUEUE_LIMIT,
          "of %u calls %u wait and %u are refused", CALLS, waiting, refused);
}

static void check_room(struct rpc rpcs[CALLS], uint64_t facet)
{
    ring_cancel(ring_self(), &rpcs[1]);
    check(rpcs[1].status == ERR_CANCELLED, "one gives up");
    call(&rpcs[1], facet, 1);
    call(&rpcs[3], facet, 3);
    ring_poll(ring_self());
    check(!rpcs[1].done && rpcs[3].done && rpcs[3].status == ERR_OVERLOADED,
          "and makes room for just one");
}

static void check_served(struct rpc rpcs[CALLS], struct rpc *modest)
{
    uint32_t good = 0;

    for (uint32_t i = 0; i < QUEUE_LIMIT; i++) {
        good += transport_await(rt(), &rpcs[i]) == 0 &&
                rpcs[i].rwords[0] == i + 1;
    }
    check(good == QUEUE_LIMIT && greedy_served == QUEUE_LIMIT,
          "what waited was served, and nothing else");
    check(transport_await(rt(), modest) == 0 && modest->rwords[0] == 101,
          "and so was the other client");
}

int main(void)
{
    uint64_t factory = capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    struct rpc rpcs[CALLS];
    struct rpc modest;
    struct thread *thread;
    uint64_t greedy_facet;
    uint64_t modest_facet;

    check(endpoint_factory_create(rt(), factory, &endpoint) == 0,
          "endpoint created");
    greedy_facet = mint(GREEDY_TAG);
    modest_facet = mint(MODEST_TAG);
    check_full(rpcs, greedy_facet);
    check_room(rpcs, greedy_facet);
    call(&modest, modest_facet, 100);
    ring_poll(ring_self());
    check(!modest.done, "another facet has a queue of its own");
    if (!check(thread_start(&thread, server, NULL) == 0, "server started")) {
        return 1;
    }
    check_served(rpcs, &modest);
    echo_fail(rt(), modest_facet, CAP_EXCEPTION_KIND_FAILED);
    check(thread_join(thread, NULL) == 0 && served == 0, "server ended");
    return check_status();
}
