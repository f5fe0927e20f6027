/*
 * notification - bits that are set until somebody takes them.
 *
 * A Notification is for events that need no answer: signal sets bits, wait
 * takes all that are set, and waits if none is. Bits add up while nobody looks,
 * so an event is never lost, only its number of times. When the last capability
 * to it is gone nobody can signal any more, and who waits is told.
 */
#include "capos.h"

#define ROUNDS 200u

static uint64_t fresh(void)
{
    uint64_t factory =
        capset_need("notifications", NOTIFICATION_FACTORY_INTERFACE_ID);
    uint64_t cap = CAP_NONE;

    check(notification_factory_create(rt(), factory, &cap) == 0, "created");
    return cap;
}

static uint64_t take(uint64_t cap)
{
    uint64_t bits = 0;

    return notification_wait(rt(), cap, &bits) < 0 ? 0 : bits;
}

static void check_bits(uint64_t cap)
{
    check(notification_signal(rt(), cap, 1) == 0 &&
              notification_signal(rt(), cap, 4) == 0 &&
              notification_signal(rt(), cap, 4) == 0,
          "three signals");
    check(take(cap) == 5, "one wait takes all bits");
}

static void check_line(uint64_t cap)
{
    struct rpc first = {.complete = NULL};
    struct rpc second = {.complete = NULL};

    notification_wait_submit(rt(), &first, cap);
    notification_wait_submit(rt(), &second, cap);
    notification_signal(rt(), cap, 0);
    ring_poll(ring_self());
    check(!first.done && !second.done, "no bit wakes nobody");
    notification_signal(rt(), cap, 2);
    check(transport_await(rt(), &first) == 0 && first.rwords[0] == 2 &&
              !second.done,
          "the first in line takes the bit");
    check(ring_cancel(ring_self(), &second) == 0 &&
              second.status == ERR_CANCELLED,
          "the second one gives up");
    notification_signal(rt(), cap, 8);
    check(take(cap) == 8, "and takes nothing with it");
}

static uint64_t shared;
static uint64_t answered;

/* Signals back until it is told to stop with the highest bit. */
static void echo(void *argument)
{
    uint64_t bits = 0;

    (void)argument;
    while (!(bits >> 63)) {
        bits = take(shared);
        notification_signal(rt(), answered, bits);
    }
}

static void check_threads(void)
{
    struct thread *thread;
    uint32_t good = 0;

    answered = fresh();
    thread_start(&thread, echo, NULL);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        notification_signal(rt(), shared, 1ull << i % 63);
        good += take(answered) == 1ull << i % 63;
    }
    notification_signal(rt(), shared, 1ull << 63);
    check(good == ROUNDS && thread_join(thread, NULL) == 0,
          "%u rounds with another thread", ROUNDS);
    cap_release(answered);
}

static void check_gone(uint64_t cap)
{
    struct rpc rpc = {.complete = NULL};

    notification_wait_submit(rt(), &rpc, cap);
    cap_release(cap);
    check(transport_await(rt(), &rpc) == ERR_DISCONNECTED,
          "when nobody can signal any more, who waits is told");
    check(notification_signal(rt(), cap, 1) == ERR_BAD_CAPABILITY,
          "the capability is gone");
}

int main(void)
{
    shared = fresh();
    check_bits(shared);
    check_line(shared);
    check_threads();
    check_gone(shared);
    return check_status();
}
