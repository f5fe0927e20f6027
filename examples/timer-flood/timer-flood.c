/*
 * timer-flood - many sleeps at once.
 *
 * A thread owns a fixed number of records for calls in flight; asking for more
 * is answered with ERR_OVERLOADED, and costs nobody else anything. As long as
 * sleeps end, new ones find a place. 1000 sleeps of different lengths go
 * through; each must end, and none early.
 */
#include "capos.h"

#define SLEEPS 1000u
#define FLIGHT 48u
#define FLOOD 400u
#define MS 1000000ull

static uint64_t timer;
static uint32_t started;
static uint32_t ended;
static uint32_t early;

struct sleeper {
    struct rpc rpc;
    uint64_t deadline_ns;
};

static uint64_t now(void)
{
    uint64_t nanoseconds = 0;

    timer_now(rt(), timer, &nanoseconds);
    return nanoseconds;
}

static void sleep_ended(struct rpc *rpc);

static void sleep_start(struct sleeper *sleeper, uint64_t now_ns)
{
    uint64_t length_ns = (started * 37 % 29 + 1) * MS / 8;

    started++;
    sleeper->deadline_ns = now_ns + length_ns;
    sleeper->rpc.complete = sleep_ended;
    timer_sleep_submit(rt(), &sleeper->rpc, timer, length_ns);
}

static void sleep_ended(struct rpc *rpc)
{
    ended += rpc->status >= 0;
}

/* Keeps FLIGHT sleeps going until all have ended. */
static void flow(void)
{
    static struct sleeper sleepers[FLIGHT];
    uint64_t now_ns = now();

    for (uint32_t i = 0; i < FLIGHT; i++) {
        sleep_start(&sleepers[i], now_ns);
    }
    while (ended < SLEEPS && ring_wait(ring_self(), TIMEOUT_NEVER) >= 0) {
        now_ns = now();
        for (uint32_t i = 0; i < FLIGHT; i++) {
            if (!sleepers[i].rpc.done) {
                continue;
            }
            if (sleepers[i].deadline_ns > now_ns) {
                now_ns = now(); /* it ended while the clock was read */
            }
            early += sleepers[i].deadline_ns > now_ns;
            if (started < SLEEPS) {
                sleep_start(&sleepers[i], now_ns);
            } else {
                sleepers[i].deadline_ns = 0; /* judged already */
            }
        }
    }
}

/* Asks for more than there are records; none is lost, the rest is refused. */
static void flood(void)
{
    static struct rpc rpcs[FLOOD];
    uint32_t good = 0;
    uint32_t refused = 0;

    for (uint32_t i = 0; i < FLOOD; i++) {
        rpcs[i] = (struct rpc){.complete = NULL};
        if (timer_sleep_submit(rt(), &rpcs[i], timer, MS) < 0) {
            rpcs[i].done = true;
            rpcs[i].status = ERR_OVERLOADED;
        }
    }
    for (uint32_t i = 0; i < FLOOD; i++) {
        int32_t status = transport_await(rt(), &rpcs[i]);

        good += status >= 0;
        refused += status < 0;
    }
    check(good + refused == FLOOD && good >= FLIGHT,
          "a flood of %u: every one ends or is refused", FLOOD);
}

int main(void)
{
    timer = capset_need("timer", TIMER_INTERFACE_ID);
    flow();
    check(ended == SLEEPS, "%u sleeps ended", SLEEPS);
    check(early == 0, "none of them early");
    flood();
    check(timer_sleep(rt(), timer, MS) == 0, "afterwards a sleep still works");
    return check_status();
}
