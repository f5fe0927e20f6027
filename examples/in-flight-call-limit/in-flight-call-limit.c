/*
 * in-flight-call-limit - a thread has only so many calls in flight.
 *
 * Each call that waits for its answer is kept in a record of the calling
 * thread, which is born with as many as its submission queue has entries; with
 * all in use one more call is refused with ERR_OVERLOADED. What needs no record
 * still works, other threads have records of their own, and each call that ends
 * gives one back.
 */
#include "capos.h"
#include "sync_park.h"

#define QUEUE_LIMIT 1000u
#define MORE 3u
#define MS 1000000ull

static uint64_t endpoint;
static uint64_t facet;
static uint64_t timer;

/* In flight, for nobody serves the endpoint; or refused. */
static void call(struct rpc *rpc)
{
    *rpc = (struct rpc){.complete = NULL};
    echo_add_submit(rt(), rpc, facet, 1, 2);
    ring_poll(ring_self());
}

static void check_limit(struct rpc *rpcs, uint32_t records)
{
    uint32_t in_flight = 0;
    uint32_t refused = 0;

    for (uint32_t i = 0; i < records + MORE; i++) {
        call(&rpcs[i]);
        in_flight += !rpcs[i].done;
        refused += rpcs[i].done && rpcs[i].status == ERR_OVERLOADED;
    }
    check(in_flight == records && refused == MORE,
          "%u calls in flight, %u more are refused", in_flight, refused);
}

static void check_without_record(void)
{
    static sync_u32 word;
    uint64_t now_ns = 0;

    check(timer_now(rt(), timer, &now_ns) == 0,
          "a call that is answered at once needs no record");
    check(timer_sleep(rt(), timer, MS) < 0, "one that waits does");
    check(park(&word, 0, MS) == ERR_TIMED_OUT, "waiting on a word does not");
}

static int32_t other_status;

static void other(void *argument)
{
    (void)argument;
    other_status = timer_sleep(rt(), timer, MS);
}

static void check_other(void)
{
    struct thread *thread;

    other_status = ERR_OVERLOADED;
    check(thread_start(&thread, other, NULL) == 0, "another thread");
    while (thread_join(thread, NULL) < 0) {
        ring_yield(ring_self());
    }
    check(other_status == 0, "it has records of its own");
}

static void check_reuse(struct rpc *rpcs, uint32_t records)
{
    uint32_t cancelled = 0;

    ring_cancel(ring_self(), &rpcs[0]);
    check(rpcs[0].status == ERR_CANCELLED, "one call is cancelled");
    check(timer_sleep(rt(), timer, MS) == 0, "its record is used again");
    for (uint32_t i = 1; i < records; i++) {
        ring_cancel(ring_self(), &rpcs[i]);
        cancelled += rpcs[i].status == ERR_CANCELLED;
    }
    check(cancelled == records - 1, "all others are cancelled");
}

static void check_closed(struct rpc *rpcs, uint32_t records)
{
    uint32_t told = 0;

    for (uint32_t i = 0; i < records; i++) {
        call(&rpcs[i]);
    }
    cap_release(endpoint);
    for (uint32_t i = 0; i < records; i++) {
        told += transport_await(rt(), &rpcs[i]) == ERR_DISCONNECTED;
    }
    check(told == records, "when the service goes, all are told");
}

int main(void)
{
    static struct rpc rpcs[RING_SQ_ENTRIES_DEFAULT + MORE];
    uint64_t factory = capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    uint32_t records = process_start()->sq_entries;

    timer = capset_need("timer", TIMER_INTERFACE_ID);
    check(endpoint_factory_create(rt(), factory, &endpoint) == 0 &&
              endpoint_mint(rt(), endpoint, 0, ECHO_INTERFACE_ID, QUEUE_LIMIT,
                            false, &facet) == 0,
          "an endpoint that nobody serves");
    if (!check(records == RING_SQ_ENTRIES_DEFAULT, "%u records", records)) {
        return 1;
    }
    check_limit(rpcs, records);
    check_without_record();
    check_other();
    check_reuse(rpcs, records);
    check_closed(rpcs, records);
    return check_status();
}
