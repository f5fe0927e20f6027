/*
 * ring-fairness - who asks for a lot does not starve who asks for little.
 *
 * Facets of an endpoint are served in turn: a client with a long queue waits
 * for the others after each call. And a thread that fills its ring again and
 * again uses up its own time, not that of others: a thread that sleeps and
 * wakes gets a CPU soon, and its equals get as much as it has.
 */
#include "capos.h"
#include "serve.h"
#include "sync_barrier.h"

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

    endpoint_mint(rt(), endpoint, tag, ECHO_INTERFACE_ID, 0, false, &facet);
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

#define FLOODERS 9u /* more than most machines have CPUs */
#define SLEEPS 10u
#define FLOOD_MS 90u
#define STARVED_MS 5000u
#define MS 1000000ull
#define US 1000ull

static struct barrier ready = {.threads = FLOODERS + 1};
static sync_u32 over;
static sync_u32 rounds[FLOODERS];

/* Fills its whole ring with entries, over and over. */
static void flood(void *argument)
{
    struct ring_client *client = ring_self();

    barrier_wait(&ready);
    while (!sync_load(&over)) {
        for (uint32_t i = 0; i < client->sq_entries; i++) {
            ring_nop(client, NULL, 0);
        }
        ring_poll(client);
        sync_add(&rounds[(uintptr_t)argument], 1);
    }
}

static uint64_t now(uint64_t timer)
{
    uint64_t nanoseconds = 0;

    timer_now(rt(), timer, &nanoseconds);
    return nanoseconds;
}

/*
 * How quickly and in what shares the CPUs were given is a fact of the clock,
 * and where that is the host's, the host may take any part of a CPU away. So
 * both are said, not checked: who runs this knows whether the clock counts only
 * what the machine itself does (tests/system/run-scenarios judges it then).
 */
static void say(const char *what, bool good, uint64_t least, uint64_t most)
{
    con_print("  %s: %s (%llu, %llu)\n", what, good ? "yes" : "no",
              (unsigned long long)least, (unsigned long long)most);
}

/* A sleeper that has worked before may wait for all its equals once more. */
static void try_sleeps(uint64_t timer)
{
    uint64_t begin_ns = now(timer);
    uint64_t took_ns;

    for (uint32_t i = 0; i < SLEEPS; i++) {
        timer_sleep(rt(), timer, MS);
    }
    took_ns = now(timer) - begin_ns;
    check(took_ns >= SLEEPS * MS, "%u sleeps of 1 ms beside %u full rings",
          SLEEPS, FLOODERS);
    say("they ended in time", took_ns <= SLEEPS * (2 + FLOODERS) * MS,
        took_ns / US, SLEEPS * (2 + FLOODERS) * MS / US);
}

static uint32_t rounds_least(void)
{
    uint32_t least = UINT32_MAX;

    for (uint32_t i = 0; i < FLOODERS; i++) {
        uint32_t count = sync_load(&rounds[i]);

        least = count < least ? count : least;
    }
    return least;
}

static void check_shares(void)
{
    uint32_t least = rounds_least();
    uint32_t most = 0;

    for (uint32_t i = 0; i < FLOODERS; i++) {
        uint32_t count = sync_load(&rounds[i]);

        most = count > most ? count : most;
    }
    check(least > 0, "no full ring starved another one");
    say("shares within a factor of 2", most <= 2 * (uint64_t)least, least,
        most);
}

/* Long enough for shares to show, and for everybody to get one at all. */
static void wait_flood(uint64_t timer, uint64_t begin_ns)
{
    uint64_t passed_ns;

    do {
        timer_sleep(rt(), timer, MS);
        passed_ns = now(timer) - begin_ns;
    } while (passed_ns < FLOOD_MS * MS ||
             (rounds_least() == 0 && passed_ns < STARVED_MS * MS));
}

static void check_threads(void)
{
    uint64_t timer = capset_need("timer", TIMER_INTERFACE_ID);
    struct thread *threads[FLOODERS];
    uint64_t begin_ns;

    for (uintptr_t i = 0; i < FLOODERS; i++) {
        thread_start(&threads[i], flood, (void *)i);
    }
    barrier_wait(&ready);
    begin_ns = now(timer);
    try_sleeps(timer);
    wait_flood(timer, begin_ns);
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
