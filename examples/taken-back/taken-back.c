/*
 * taken-back - what a borrower loses beside capabilities, calls and mappings.
 *
 * A borrower (this same program, with an argument) gets the owner's end of an
 * endpoint, a page and the boot package, all through one revoker. It serves the
 * endpoint, parks on the page, and starts a program out of the package. When all
 * is taken back, its receive ends and with it the calls that it took, it is parked
 * no more, and the program that it started ends: its text was borrowed, too.
 */
#include "capos.h"
#include "serve.h"
#include "spawn.h"
#include "sync_park.h"
#include "../common/make.h"
#include "../ipc-server/echo.h"

#define CALLS 2u

static void signal_of(const char *name, uint64_t bits)
{
    notification_signal(rt(), capset_need(name, NOTIFICATION_INTERFACE_ID),
                        bits);
}

/* Waits until all of these bits have come. */
static void wait_for(uint64_t cap, uint64_t wanted)
{
    uint64_t had = 0;
    uint64_t bits;

    while ((had & wanted) != wanted &&
           notification_wait(rt(), cap, &bits) == 0) {
        had |= bits;
    }
}

/* ----------------------------------------------------------- the borrower */

/* It takes calls and keeps them. */
static int32_t keep(void *self, struct server_call *call)
{
    static uint32_t kept;

    (void)self;
    (void)call;
    signal_of("ready", 1ull << kept++);
    return SERVER_PENDING;
}

static int32_t served;

static void serve(void *argument)
{
    (void)argument;
    served = capos_serve(capset_need("service", ENDPOINT_INTERFACE_ID), keep,
                         NULL, NULL);
}

/* A program out of the borrowed package, which only waits. */
static bool start_idle(struct spawned *idle)
{
    static const char *const args[] = {"idle"};
    const struct spawn_grant grants[] = {
        {"ready", capset_find("ready", NOTIFICATION_INTERFACE_ID)},
        {"console", capset_find("console", CONSOLE_INTERFACE_ID)},
    };
    const struct spawn spawn = {.program = "taken-back",
                                .args = args,
                                .arg_count = 1,
                                .grants = grants,
                                .grant_count = 2};

    return capos_spawn(&spawn, idle, NULL) == 0;
}

static int idle(void)
{
    static sync_u32 never;

    signal_of("ready", 1ull << CALLS);
    while (park(&never, 0, TIMEOUT_NEVER) == 0) {
    }
    return 1;
}

/* Parks on the page that was lent; NULL: it cannot be mapped. */
static const sync_u32 *park_on_page(struct rpc *parked)
{
    uint64_t address = 0;
    sync_u32 *word;

    if (memory_object_map(rt(),
                          capset_need("page", MEMORY_OBJECT_INTERFACE_ID), 0,
                          0, 1, PROTECTION_READ_WRITE, &address) < 0) {
        return NULL;
    }
    word = (sync_u32 *)(uintptr_t)address;
    return park_submit(ring_self(), parked, word, sync_load(word),
                       TIMEOUT_NEVER, RING_SHARED) < 0
               ? NULL
               : word;
}

/* What is left when all was taken back. */
static void look(struct thread *server, struct rpc *parked,
                 struct spawned *program)
{
    struct spawned another;
    struct spawn_end end;
    int64_t code = 0;

    check(thread_join(server, &code) == 0 && served == ERR_DISCONNECTED,
          "borrower: its receive ended disconnected");
    check(capos_serve(capset_need("service", 0), keep, NULL, NULL) ==
              ERR_BAD_CAPABILITY,
          "borrower: it cannot receive there again");
    check(ring_await(ring_self(), parked) == ERR_DISCONNECTED,
          "borrower: it is parked on the page no more");
    check(spawn_wait(program, &end) == 0 && end.how == EXIT_KIND_KILLED &&
              end.code == ERR_DISCONNECTED,
          "borrower: the program out of the package has ended");
    check(!start_idle(&another), "borrower: and cannot be started again");
}

static int borrower(void)
{
    struct spawned program;
    struct thread *server;
    struct rpc parked = {.complete = NULL};

    if (!check(park_on_page(&parked) != NULL && start_idle(&program) &&
                   thread_start(&server, serve, NULL) == 0,
               "borrower: parked, a program started, serving")) {
        return 1;
    }
    signal_of("ready", 1ull << (CALLS + 1));
    wait_for(capset_need("taken", NOTIFICATION_INTERFACE_ID), 1);
    look(server, &parked, &program);
    return check_status();
}

/* -------------------------------------------------------------- the owner */

/* What the owner keeps. */
struct owner {
    uint64_t endpoint;
    uint64_t facet;
    uint64_t page;
    uint64_t revoker;
    uint64_t ready;
    uint64_t taken;
};

static bool start(const struct owner *own, struct spawned *spawned)
{
    static const char *const args[] = {"borrower"};
    const struct spawn_grant grants[] = {
        {"console", capset_find("console", CONSOLE_INTERFACE_ID)},
        {"spawner", capset_find("spawner", PROCESS_SPAWNER_INTERFACE_ID)},
        {"package", make_lent(own->revoker,
                         capset_find("package", BOOT_PACKAGE_INTERFACE_ID))},
        {"service", make_lent(own->revoker, own->endpoint)},
        {"page", make_lent(own->revoker, own->page)},
        {"ready", own->ready},
        {"taken", own->taken},
    };
    const struct spawn spawn = {.program = "taken-back",
                                .args = args,
                                .arg_count = 1,
                                .grants = grants,
                                .grant_count = 7,
                                .generous = true};

    return capos_spawn(&spawn, spawned, NULL) == 0;
}

/* Calls are in the borrower's hands; it is parked; its program runs. */
static void take_back(const struct owner *own, struct spawned *spawned)
{
    struct rpc calls[CALLS] = {{.complete = NULL}};
    struct spawn_end end;

    for (uint32_t i = 0; i < CALLS; i++) {
        echo_add_submit(rt(), &calls[i], own->facet, i, 1);
    }
    wait_for(own->ready, (1ull << (CALLS + 2)) - 1);
    check(revoker_revoke(rt(), own->revoker) == 0, "taken back");
    for (uint32_t i = 0; i < CALLS; i++) {
        check(ring_await(ring_self(), &calls[i]) == ERR_DISCONNECTED,
              "a call in the borrower's hands ended disconnected");
    }
    notification_signal(rt(), own->taken, 1);
    check(spawn_wait(spawned, &end) == 0 && end.how == EXIT_KIND_EXITED &&
              end.code == 0,
          "the borrower ended well");
}

static void serve_own(void *endpoint)
{
    capos_serve(*(const uint64_t *)endpoint, echo_handle, NULL, NULL);
}

/* The endpoint was lent only: its owner serves it now. */
static void serve_again(struct owner *own)
{
    struct thread *server;
    uint64_t sum = 0;

    check(thread_start(&server, serve_own, &own->endpoint) == 0 &&
              echo_add(rt(), own->facet, 40, 2, &sum) == 0 && sum == 42,
          "the owner serves its endpoint itself");
}

int main(int argc, char **argv)
{
    struct owner own = {.ready = CAP_NONE};
    struct spawned spawned;

    if (argc > 1) {
        return argv[1][0] == 'i' ? idle() : borrower();
    }
    own.ready = make_notification();
    own.taken = make_notification();
    if (!check(endpoint_factory_create(rt(), capset_need("endpoints", 0),
                                       &own.endpoint) == 0 &&
                   endpoint_mint(rt(), own.endpoint, 1, ECHO_INTERFACE_ID, 0,
                                 false, &own.facet) == 0 &&
                   frame_allocator_allocate(rt(), capset_need("frames", 0), 1,
                                            &own.page) == 0 &&
                   revoker_factory_create(rt(), capset_need("revokers", 0),
                                          &own.revoker) == 0,
               "an endpoint, a page and a revoker")) {
        return 1;
    }
    if (!check(start(&own, &spawned), "a borrower")) {
        return 1;
    }
    take_back(&own, &spawned);
    serve_again(&own);
    return check_status();
}
