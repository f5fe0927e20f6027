/*
 * timer-smoke - the clock, sleeping, and cancelling a sleep.
 *
 * Timer.sleep completes that much later and never earlier. Sleeps are calls
 * like any other: several can be in flight, they complete in order of time and
 * not of submission, and one can be cancelled.
 */
#include "capos.h"

#define MS 1000000ull

static uint64_t timer;
static uint32_t order[3];
static uint32_t order_count;

static uint64_t now(void)
{
    uint64_t nanoseconds = 0;

    timer_now(rt(), timer, &nanoseconds);
    return nanoseconds;
}

static void check_sleep(void)
{
    uint64_t before = now();

    check(timer_sleep(rt(), timer, 20 * MS) == 0, "slept");
    check(now() - before >= 20 * MS, "for 20 ms at least");
    check(timer_sleep(rt(), timer, 0) == 0, "sleeping for no time is allowed");
}

static void note(struct rpc *rpc)
{
    order[order_count++] = (uint32_t)(uintptr_t)rpc->context;
}

static void check_order(void)
{
    static const uint32_t lengths[3] = {30, 10, 20};
    struct rpc rpcs[3];

    for (uint32_t i = 0; i < 3; i++) {
        rpcs[i].complete = note;
        rpcs[i].context = (void *)(uintptr_t)lengths[i];
        timer_sleep_submit(rt(), &rpcs[i], timer, lengths[i] * MS);
    }
    transport_await(rt(), &rpcs[0]);
    check(order_count == 3 && order[0] == 10 && order[1] == 20 &&
              order[2] == 30,
          "sleeps of 30, 10 and 20 ms end as 10, 20, 30");
}

static void check_cancel(void)
{
    struct rpc rpc = {.complete = NULL};
    uint64_t before = now();

    timer_sleep_submit(rt(), &rpc, timer, 3600000 * MS);
    check(ring_await_timeout(ring_self(), &rpc, 5 * MS) == ERR_TIMED_OUT,
          "an hour's sleep goes on after 5 ms");
    check(ring_cancel(ring_self(), &rpc) == 0 && rpc.status == ERR_CANCELLED,
          "and ends when it is cancelled");
    check(now() - before < 3600000 * MS, "long before the hour");
}

int main(void)
{
    uint64_t first;

    timer = capset_need("timer", TIMER_INTERFACE_ID);
    first = now();
    check(now() >= first, "time does not go back");
    check_sleep();
    check_order();
    check_cancel();
    return check_status();
}
