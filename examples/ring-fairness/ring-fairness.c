/*
 * ring-fairness - who asks for a lot does not starve who asks for little.
 *
 * Facets of an endpoint are served in turn: a client with a long queue waits
 * for the others after each call. And a thread that fills its ring again and
 * again uses up its own time, not that of others: a thread that sleeps and
 * wakes gets the CPU in time, and none of its equals starves.
 */
#include "capos.h"
#include "serve.h"

#include "capos.server.gen.h"

#define GREEDY_CALLS 40u
#define MODEST_CALLS 5u
#define GREEDY_TAG 1u
#define MODEST_TAG 2u

/* ------------------------------------------------------------------- facets */

static uint64_t endpoint;
static bool stop;
static uint32_t position;
static uint32_t modest_last; /* place of its last call in the service's order */

static int32_t add(void *self, struct server_call *call,
                   struct echo_add_params_reader params,
                   struct echo_add_results_builder results)
{
    (void)self;
    (void)params;
    (void)results;
    position++;
    if (call->tag == MODEST_TAG) {
        modest_last = position;
    }
    return 0;
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct echo_server echo = {.add = add};

    stop = position + 1 == GREEDY_CALLS + MODEST_CALLS;
    return echo_dispatch(&echo, self, call);
}

static void server(void *argument)
{
    struct serve_options options = {.credits = 1, .until = &stop};

    (void)argument;
    capos_serve(endpoint, handle, NULL, &options);
}

static void submit(struct rpc *rpcs, uint32_t count, uint64_t tag)
{
    uint64_t facet = CAP_NONE;

    endpoint_mint(rt(), endpoint, tag, ECHO_INTERFACE_ID, 0, &facet);
    for (uint32_t i = 0; i < count; i++) {
        echo_add_submit(rt(), &rpcs[i], facet, i, 0);
    }
    ring_poll(ring_self());
}

static uint32_t await(struct rpc *rpcs, uint32_t count)
{
    uint32_t good = 0;

    for (uint32_t i = 0; i < count; i++) {
        good += transport_await(rt(), &rpcs[i]) == 0;
    }
    return good;
}

static void check_facets(void)
{
    static struct rpc greedy[GREEDY_CALLS];
    static struct rpc modest[MODEST_CALLS];
    uint64_t factory = capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    struct thread *thread;

    endpoint_factory_create(rt(), factory, &endpoint);
    submit(greedy, GREEDY_CALLS, GREEDY_TAG);
    submit(modest, MODEST_CALLS, MODEST_TAG);
    thread_start(&thread, server, NULL);
    check(await(modest, MODEST_CALLS) == MODEST_CALLS &&
              await(greedy, GREEDY_CALLS) == GREEDY_CALLS,
          "a greedy client with %u calls, a modest one with %u", GREEDY_CALLS,
          MODEST_CALLS);
    thread_join(thread, NULL);
    check(modest_last <= 2 * MODEST_CALLS,
          "the modest one was done after %u calls, not %u", modest_last,
          GREEDY_CALLS + MODEST_CALLS);
}

/* ------------------------------------------------------------------ threads */

#define FLOODERS 3u
#define SLEEPS 10u
#define MS 1000000ull
#define SLACK_MS 1000u /* for machines whose time is not simulated */

static sync_u32 over;
static uint32_t rounds[FLOODERS];

/* Fills its whole ring with entries, over and over. */
static void flood(void *argument)
{
    struct ring_client *client = ring_self();

    while (!sync_load(&over)) {
        for (uint32_t i = 0; i < client->sq_entries; i++) {
            ring_nop(client, NULL, 0);
        }
        ring_poll(client);
        rounds[(uintptr_t)argument]++;
    }
}

static void check_sleeper(uint64_t timer)
{
    uint64_t begin_ns = 0;
    uint64_t end_ns = 0;

    timer_now(rt(), timer, &begin_ns);
    for (uint32_t i = 0; i < SLEEPS; i++) {
        timer_sleep(rt(), timer, MS);
    }
    timer_now(rt(), timer, &end_ns);
    check(end_ns - begin_ns <= (SLEEPS * (2 + FLOODERS) + SLACK_MS) * MS,
          "%u sleeps of 1 ms beside %u full rings ended in time", SLEEPS,
          FLOODERS);
}

/*
 * Shares are of time, and on an emulated CPU the host may take any part of it
 * away: how exact they are is the run queue's own test's business.
 */
static void check_shares(void)
{
    uint32_t least = rounds[0];

    for (uint32_t i = 1; i < FLOODERS; i++) {
        least = rounds[i] < least ? rounds[i] : least;
    }
    check(least > 0, "no full ring starved another one");
}

static void check_threads(void)
{
    uint64_t timer = capset_need("timer", TIMER_INTERFACE_ID);
    struct thread *threads[FLOODERS];

    for (uintptr_t i = 0; i < FLOODERS; i++) {
        thread_start(&threads[i], flood, (void *)i);
    }
    check_sleeper(timer);
    timer_sleep(rt(), timer, 20 * MS);
    sync_store(&over, 1);
    for (uint32_t i = 0; i < FLOODERS; i++) {
        thread_join(threads[i], NULL);
    }
    check_shares();
}

int main(void)
{
    check_facets();
    check_threads();
    return check_status();
}
