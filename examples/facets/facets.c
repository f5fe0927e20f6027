/*
 * facets - what a server does with the ends that it gives to its clients.
 *
 * Each client has a facet of its own. Facets are served in turn, so one with many
 * calls waiting has no more than its share; a one-shot facet takes one call; and
 * when nobody holds a facet any more the server is told, after its last call.
 */
#include "capos.h"
#include "serve.h"
#include "../ipc-server/echo.h"

#define TAG_MANY 1u
#define TAG_FEW 2u
#define TAG_ONCE 3u
#define TAG_STOP 4u
#define MANY 6u
#define FEW 3u
#define SEEN_MAX 64u

static uint64_t endpoint;
static bool stop;
static int32_t served;
static uint32_t seen_count;
static uint64_t seen[SEEN_MAX];  /* tags of calls */
static uint32_t unheld_count;
static uint64_t unheld[SEEN_MAX]; /* tags of notices */
static uint32_t unheld_at;        /* calls seen before the last notice */

static int32_t add(void *self, struct server_call *call,
                   struct echo_add_params_reader params,
                   struct echo_add_results_builder results)
{
    if (seen_count < SEEN_MAX) {
        seen[seen_count++] = call->tag;
    }
    return echo_sum(self, call, params, results);
}

/* The last call, of a method without handler, stops. */
static int32_t handle(void *self, struct server_call *call)
{
    static const struct echo_server echo = {.add = add};

    stop = call->method == ECHO_METHOD_FAIL;
    return echo_dispatch(&echo, self, call);
}

static void gone(void *self, uint64_t tag)
{
    (void)self;
    if (unheld_count < SEEN_MAX) {
        unheld[unheld_count++] = tag;
    }
    unheld_at = seen_count;
}

static void server(void *argument)
{
    struct serve_options options = {
        .credits = 1, .until = &stop, .unheld = gone};

    (void)argument;
    served = capos_serve(endpoint, handle, NULL, &options);
}

static uint64_t mint(uint64_t tag, bool one_shot)
{
    uint64_t facet = CAP_NONE;

    check(endpoint_mint(rt(), endpoint, tag, ECHO_INTERFACE_ID, 0, one_shot,
                        &facet) == 0,
          "a facet with tag %llu", (unsigned long long)tag);
    return facet;
}

static void submit(struct rpc *rpcs, uint32_t count, uint64_t facet)
{
    for (uint32_t i = 0; i < count; i++) {
        rpcs[i] = (struct rpc){.complete = NULL};
        echo_add_submit(rt(), &rpcs[i], facet, i, 0);
    }
    ring_poll(ring_self());
}

static bool await(struct rpc *rpcs, uint32_t count)
{
    bool good = true;

    for (uint32_t i = 0; i < count; i++) {
        good &= transport_await(rt(), &rpcs[i]) == 0 && rpcs[i].rwords[0] == i;
    }
    return good;
}

/* All calls are there before anybody serves. */
static void check_turns(uint64_t many, uint64_t few, struct thread **thread)
{
    struct rpc first[MANY];
    struct rpc second[FEW];
    uint32_t turns = 0;

    submit(first, MANY, many);
    submit(second, FEW, few);
    check(thread_start(thread, server, NULL) == 0, "the server starts");
    check(await(first, MANY) && await(second, FEW), "all calls are served");
    for (uint32_t i = 0; i < MANY + FEW; i++) {
        uint64_t wanted = i < 2 * FEW && i % 2 ? TAG_FEW : TAG_MANY;

        turns += seen[i] == wanted;
    }
    check(turns == MANY + FEW, "%u calls and %u: they alternate", MANY, FEW);
}

static void check_one_shot(void)
{
    uint64_t once = mint(TAG_ONCE, true);
    uint64_t sum = 0;

    check(echo_add(rt(), once, 40, 2, &sum) == 0 && sum == 42,
          "a one-shot facet takes one call");
    check(echo_add(rt(), once, 40, 2, &sum) == ERR_DISCONNECTED,
          "and no second one");
    cap_release(once);
}

/* Calls still wait when the last capability goes. */
static void check_unheld(uint64_t many, uint64_t few, uint64_t other)
{
    struct rpc rpcs[MANY];
    uint64_t sum = 0;

    submit(rpcs, MANY, many);
    cap_release(many);
    check(await(rpcs, MANY), "calls go on though their facet was released");
    check(echo_add(rt(), other, 1, 1, &sum) == 0 && unheld_count == 1 &&
              unheld[0] == TAG_MANY,
          "the server was told that nobody holds it");
    check(unheld_at == seen_count - 1, "after the last of them");
    cap_release(few);
    check(echo_add(rt(), other, 1, 1, &sum) == 0 && unheld_count == 2 &&
              unheld[1] == TAG_FEW,
          "and of the next one, but not of the one-shot facet");
}

/* A facet is for calls: nobody serves, or answers, with it. */
static void check_only_calls(uint64_t facet)
{
    struct ring_recv recv = {.endpoint = facet, .credits = 1};
    struct ring_receiver receiver = {.queue = NULL};
    struct server_call call = {.call_id = 1ull << 32};
    uint64_t session = 1;

    check(ring_recv(ring_self(), &receiver, &recv) == 0 &&
              ring_await(ring_self(), &receiver.rpc) == ERR_BAD_CAPABILITY,
          "RECV on a facet is refused");
    check(serve_session(&call, &session) == ERR_CALL_GONE && session == 0,
          "so is a question about a call that was not delivered here");
}

int main(void)
{
    uint64_t factory = capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    struct thread *thread = NULL;
    uint64_t many;
    uint64_t few;
    uint64_t other;

    check(endpoint_factory_create(rt(), factory, &endpoint) == 0,
          "endpoint created");
    many = mint(TAG_MANY, false);
    few = mint(TAG_FEW, false);
    other = mint(TAG_STOP, false);
    check_turns(many, few, &thread);
    check_one_shot();
    check_unheld(many, few, other);
    check_only_calls(other);
    echo_fail(rt(), other, CAP_EXCEPTION_KIND_FAILED);
    check(thread_join(thread, NULL) == 0 && served == 0, "the server ended");
    return check_status();
}
