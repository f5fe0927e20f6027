/*
 * revocation-observer - what a holder sees when its capabilities are taken back.
 *
 * An observer (this same program, with an argument) is given a service, a
 * notification and a page through one revoker. It has calls in flight through
 * them, and it has passed the service on to itself through a revoker of its own,
 * when all of it is revoked: calls end disconnected, the page shows zeros, new
 * calls name no capability, and what hangs below goes along.
 */
#include "capos.h"
#include "serve.h"
#include "spawn.h"
#include "../common/make.h"
#include "../ipc-server/echo.h"

#define SECRET 77u

/* ------------------------------------------------------------ the service */

static uint64_t endpoint;
static uint64_t held_signal; /* bit n: call n is in the service's hands */

/* Reversals take for ever here; sums are quick. */
static int32_t hold(void *self, struct server_call *call,
                    struct echo_reverse_params_reader params,
                    struct echo_reverse_results_builder results)
{
    static uint32_t held;

    (void)self;
    (void)call;
    (void)params;
    (void)results;
    notification_signal(rt(), held_signal, 1ull << held++);
    return SERVER_PENDING;
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct echo_server echo = {.add = echo_sum, .reverse = hold};

    return echo_dispatch(&echo, self, call);
}

static void serve(void *argument)
{
    (void)argument;
    capos_serve(endpoint, handle, NULL, NULL);
}

/* ----------------------------------------------------------- the observer */

/* A call that will be in flight, with its memory. */
struct flight {
    struct rpc rpc;
    struct rpc_buffer buffer;
    uint64_t memory[32];
};

static void fly(struct flight *flight, uint64_t service)
{
    rpc_buffer_init(&flight->buffer, flight->memory, sizeof(flight->memory));
    echo_reverse_submit(rt(), &flight->rpc, service, WIRE_TEXT("stressed"),
                        &flight->buffer);
}

/* What the observer looks at after the revocation. */
struct observed {
    struct flight direct;
    struct flight nested;
    struct rpc waiting;
    volatile uint32_t *word;
    uint64_t nested_service;
};

static bool observe_begin(struct observed *o)
{
    static uint64_t revoker;
    uint64_t service = capset_need("service", ECHO_INTERFACE_ID);
    uint64_t address = 0;

    if (revoker_factory_create(
            rt(), capset_need("revokers", REVOKER_FACTORY_INTERFACE_ID),
            &revoker) < 0 ||
        revoker_attach(rt(), revoker, xfer_copy(service),
                       &o->nested_service) < 0 ||
        memory_object_map(rt(),
                          capset_need("page", MEMORY_OBJECT_INTERFACE_ID), 0,
                          0, 1, PROTECTION_READ_WRITE, &address) < 0) {
        return false;
    }
    o->word = (volatile uint32_t *)(uintptr_t)address;
    fly(&o->direct, service);
    fly(&o->nested, o->nested_service);
    return notification_wait_submit(
               rt(), &o->waiting,
               capset_need("bell", NOTIFICATION_INTERFACE_ID)) == 0;
}

static int observer(void)
{
    static struct observed o;
    uint64_t service = capset_need("service", ECHO_INTERFACE_ID);
    uint64_t sum = 0;
    uint64_t bits;

    check(echo_add(rt(), service, 40, 2, &sum) == 0 && sum == 42,
          "observer: the service answers");
    check(observe_begin(&o) && *o.word == SECRET,
          "observer: three calls in flight, a page mapped");
    notification_signal(rt(), capset_need("ready", 0), 1);
    notification_wait(rt(), capset_need("taken", 0), &bits);
    check(ring_await(ring_self(), &o.direct.rpc) == ERR_DISCONNECTED,
          "observer: the call in the service's hands ended disconnected");
    check(ring_await(ring_self(), &o.nested.rpc) == ERR_DISCONNECTED,
          "observer: so did the one through a revoker of its own");
    check(ring_await(ring_self(), &o.waiting) == ERR_DISCONNECTED,
          "observer: so did the one that the kernel kept");
    check(*o.word == 0, "observer: the page shows zeros");
    *o.word = 1;
    check(*o.word == 1, "observer: and is memory still, but its own");
    check(echo_add(rt(), service, 1, 1, &sum) == ERR_BAD_CAPABILITY,
          "observer: a new call names no capability");
    check(echo_add(rt(), o.nested_service, 1, 1, &sum) == ERR_BAD_CAPABILITY,
          "observer: nor does one through what was derived");
    check(memory_object_map(rt(), capset_need("page", 0), 0, 0, 1,
                            PROTECTION_READ, &sum) == ERR_BAD_CAPABILITY,
          "observer: the page cannot be mapped again");
    return check_status();
}

/* -------------------------------------------------------------- the owner */

static bool start(const struct spawn_grant *grants, uint32_t count,
                  struct spawned *spawned)
{
    static const char *const args[] = {"observer"};
    const struct spawn spawn = {.program = "revocation-observer",
                                .args = args,
                                .arg_count = 1,
                                .grants = grants,
                                .grant_count = count};

    return capos_spawn(&spawn, spawned, NULL) == 0;
}

/* The observer's calls are in flight: takes all back and sees it end well. */
static void take_back(uint64_t revoker, uint64_t ready, uint64_t taken,
                      struct spawned *spawned)
{
    struct spawn_end end;
    uint64_t held = 0;
    uint64_t bits;

    notification_wait(rt(), ready, &bits);
    while (held != 3) {
        notification_wait(rt(), held_signal, &bits);
        held |= bits;
    }
    check(revoker_revoke(rt(), revoker) == 0, "revoked");
    notification_signal(rt(), taken, 1);
    check(spawn_wait(spawned, &end) == 0 && end.how == EXIT_KIND_EXITED &&
              end.code == 0,
          "the observer ended well");
}

static void owner(uint64_t facet, uint64_t page, uint64_t revoker)
{
    uint64_t bell = make_notification();
    uint64_t ready = make_notification();
    uint64_t taken = make_notification();
    const struct spawn_grant grants[] = {
        {"console", capset_find("console", CONSOLE_INTERFACE_ID)},
        {"revokers", capset_find("revokers", REVOKER_FACTORY_INTERFACE_ID)},
        {"service", make_lent(revoker, facet)},
        {"bell", make_lent(revoker, bell)},
        {"page", make_lent(revoker, page)},
        {"ready", ready},
        {"taken", taken},
    };
    struct spawned spawned;
    uint64_t bits = 0;
    uint64_t sum = 0;

    if (!start(grants, 7, &spawned)) {
        check(false, "an observer");
        return;
    }
    take_back(revoker, ready, taken, &spawned);
    check(echo_add(rt(), facet, 2, 3, &sum) == 0 && sum == 5,
          "the owner's own service answers");
    check(notification_signal(rt(), bell, 4) == 0 &&
              notification_wait(rt(), bell, &bits) == 0 && bits == 4,
          "its notification is nobody else's");
}

int main(int argc, char **argv)
{
    uint64_t facet = CAP_NONE;
    uint64_t page = CAP_NONE;
    uint64_t revoker = CAP_NONE;
    struct thread *thread;
    uint64_t address = 0;

    (void)argv;
    if (argc > 1) {
        return observer();
    }
    held_signal = make_notification();
    if (!check(endpoint_factory_create(
                   rt(), capset_need("endpoints", 0), &endpoint) == 0 &&
                   endpoint_mint(rt(), endpoint, 1, ECHO_INTERFACE_ID, 0,
                                 false, &facet) == 0 &&
                   thread_start(&thread, serve, NULL) == 0 &&
                   frame_allocator_allocate(rt(), capset_need("frames", 0), 1,
                                            &page) == 0 &&
                   memory_object_map(rt(), page, 0, 0, 1,
                                     PROTECTION_READ_WRITE, &address) == 0 &&
                   revoker_factory_create(rt(), capset_need("revokers", 0),
                                          &revoker) == 0,
               "a service, a page and a revoker")) {
        return 1;
    }
    *(volatile uint32_t *)(uintptr_t)address = SECRET;
    owner(facet, page, revoker);
    check(*(volatile uint32_t *)(uintptr_t)address == SECRET,
          "its page is what it was");
    return check_status();
}
