/*
 * cpu-budget - who has a budget of CPU time gets that, and no more.
 *
 * A scheduling context pays for the time that the threads bound to it run. First
 * a thread of this program spins on one of 20 % beside a worker without. Then a
 * process (this same program, with an argument) is bound as a whole, and tries
 * all it can to get more. Last a client with a budget calls a server: that runs
 * on the client's budget, until it is used up.
 *
 * How much time something got is a fact of the machine's clock. Where that is the
 * host's, the end of a budget may be noticed late; what was run too much is taken
 * off the next periods, so the share is right as soon as some have passed.
 */
#include "capos.h"
#include "serve.h"
#include "spawn.h"
#include "../common/make.h"

#include "capos.server.gen.h"

#define MS 1000000ull
#define BUDGET_NS (2 * MS)
#define PERIOD_NS (10 * MS)
#define WATCHED_NS (200 * MS)
#define PATIENCE_NS (10000 * MS)
#define LEAST_PERCENT 18u
#define MOST_PERCENT 22u
#define DEPLETED 4u /* the bit of the notice */

static uint64_t scheduling;
static uint64_t timer;

static uint64_t now(void)
{
    uint64_t nanoseconds = 0;

    timer_now(rt(), timer, &nanoseconds);
    return nanoseconds;
}

static uint64_t context_new(uint64_t budget_ns, uint64_t bell)
{
    uint64_t cap = CAP_NONE;

    check(scheduling_context_factory_create(rt(), scheduling, 1024, budget_ns,
                                            budget_ns ? PERIOD_NS : 0, bell,
                                            bell ? DEPLETED : 0, &cap) == 0,
          "a context is made");
    return cap;
}

struct usage {
    int64_t left_ns;
    uint64_t used_ns;
    uint64_t depletions;
    uint32_t threads;
};

static struct usage usage(uint64_t context)
{
    struct usage u = {0};

    if (scheduling_context_usage(rt(), context, &u.left_ns, &u.used_ns,
                                 &u.depletions, &u.threads) < 0) {
        check(false, "a context says what was used of it");
    }
    return u;
}

/* One round of work: the ring full of entries that do nothing. */
static void work(void)
{
    struct ring_client *client = ring_self();

    for (uint32_t i = 0; i < client->sq_entries; i++) {
        ring_nop(client, NULL, 0);
    }
    ring_poll(client);
}

/*
 * Watches what is used of a context until it was right for so long, or patience
 * is at its end. *percent: of one CPU.
 */
static bool watch(uint64_t context, uint64_t *percent)
{
    uint64_t begin_ns = now();
    uint64_t before_ns = usage(context).used_ns;
    uint64_t passed_ns;

    do {
        timer_sleep(rt(), timer, PERIOD_NS);
        passed_ns = now() - begin_ns;
        *percent = (usage(context).used_ns - before_ns) * 100 / passed_ns;
    } while (passed_ns < WATCHED_NS ||
             (*percent > MOST_PERCENT && passed_ns < PATIENCE_NS));
    return *percent <= MOST_PERCENT;
}

/* ------------------------------------------------------------------- a thread */

static sync_u32 over;
static sync_u32 rounds[2];

static void spin(void *argument)
{
    while (!sync_load(&over)) {
        work();
        sync_add(&rounds[(uintptr_t)argument], 1);
    }
}

/* What the machine's clock may keep from being so is said, not checked. */
static void say(const char *what, bool good, uint64_t value)
{
    con_print("  %s: %s (%llu)\n", what, good ? "yes" : "no",
              (unsigned long long)value);
}

static void check_thread(void)
{
    uint64_t context = context_new(BUDGET_NS, CAP_NONE);
    struct thread *spinner;
    struct thread *worker;
    uint64_t percent;
    uint64_t ratio;

    thread_start(&spinner, spin, (void *)0);
    thread_start(&worker, spin, (void *)1);
    check(scheduling_context_bind(rt(), context, spinner->handle) == 0 &&
              usage(context).threads == 1,
          "a spinning thread is bound to it, a worker is not");
    sync_store(&rounds[0], 0);
    sync_store(&rounds[1], 0);
    check(watch(context, &percent), "the spinner gets 20 %% of a CPU, no more");
    ratio = sync_load(&rounds[0]) * 100ull / (sync_load(&rounds[1]) + 1);
    say("and no less", percent >= LEAST_PERCENT, percent);
    say("so it does less than a third of the worker's work", ratio < 33,
        ratio);
    check(usage(context).depletions > 0, "its budget was used up");
    check(scheduling_context_unbind(rt(), context) == 0 &&
              usage(context).threads == 0,
          "unbound, it has no part in it");
    sync_store(&over, 1);
    thread_join(spinner, NULL);
    thread_join(worker, NULL);
    cap_release(context);
}

/* ------------------------------------------------------------------ a process */

/* Whatever it does, it gets no more; the answers tell it so. */
_Noreturn static void hostile(void)
{
    struct thread *thread;
    struct usage before;
    uint64_t own;
    uint64_t bits;

    notification_wait(rt(), capset_need("go", NOTIFICATION_INTERFACE_ID),
                      &bits);
    own = context_new(0, CAP_NONE);
    check(scheduling_context_bind_process(rt(), own, 12345) < 0 &&
              scheduling_context_bind(rt(), own, own) < 0,
          "hostile: what is no thread is not bound");
    thread_start(&thread, spin, (void *)0);
    check(scheduling_context_bind(rt(), own, thread->handle) == 0,
          "hostile: it binds a thread to a context of its own");
    before = usage(own);
    for (uint32_t i = 0; i < 100; i++) {
        work();
    }
    check(before.threads == 0 && usage(own).used_ns == 0,
          "hostile: which has no effect");
    notification_signal(rt(), capset_need("done", NOTIFICATION_INTERFACE_ID),
                        1);
    for (;;) {
        work();
    }
}

static bool start(const char *role, uint64_t go, uint64_t done,
                  struct spawned *spawned)
{
    const struct spawn_grant grants[] = {
        {"console", capset_find("console", CONSOLE_INTERFACE_ID)},
        {"timer", timer},
        {"scheduling", scheduling},
        {"go", go},
        {"done", done},
    };
    const struct spawn spawn = {.program = "cpu-budget",
                                .args = &role,
                                .arg_count = 1,
                                .grants = grants,
                                .grant_count = 5};

    return capos_spawn(&spawn, spawned, NULL) == 0;
}

static void check_process(void)
{
    uint64_t context = context_new(BUDGET_NS, CAP_NONE);
    uint64_t other = context_new(0, CAP_NONE);
    uint64_t go = make_notification();
    uint64_t done = make_notification();
    struct spawned spawned;
    struct spawn_end end;
    uint64_t percent = 0;
    uint64_t bits;

    if (!start("hostile", go, done, &spawned)) {
        check(false, "a process");
        return;
    }
    check(scheduling_context_bind_process(rt(), context, spawned.process) == 0,
          "a process is bound as a whole");
    check(scheduling_context_bind_process(rt(), other, spawned.process) < 0,
          "nobody binds it to another one");
    notification_signal(rt(), go, 1);
    notification_wait(rt(), done, &bits);
    check(usage(context).threads == 2, "its threads to come are, too");
    check(watch(context, &percent), "its threads get 20 %% together, no more");
    say("and no less", percent >= LEAST_PERCENT, percent);
    process_handle_kill(rt(), spawned.process, 3);
    check(spawn_wait(&spawned, &end) == 0 && end.how == EXIT_KIND_KILLED &&
              usage(context).threads == 0,
          "it is killed, and nothing is bound any more");
    cap_release(other);
    cap_release(go);
    cap_release(done);
    cap_release(context);
}

/* -------------------------------------------------------------------- lending */

#define CALLS 10u
#define SHORT_NS (MS / 10)
#define LONG_NS (3 * BUDGET_NS)

static uint64_t endpoint;
static uint64_t facet;
static uint64_t gong;
static bool stop;
static uint64_t served_ns; /* how long the server had the last long call */
static sync_u32 noticed;

/* Works for as many nanoseconds as it is told. */
static int32_t add(void *self, struct server_call *call,
                   struct echo_add_params_reader params,
                   struct echo_add_results_builder results)
{
    uint64_t begin_ns = now();

    (void)self;
    (void)call;
    (void)results;
    while (now() - begin_ns < echo_add_params_get_a(params)) {
    }
    stop = echo_add_params_get_b(params) != 0;
    if (echo_add_params_get_a(params) == LONG_NS) {
        served_ns = now() - begin_ns;
    }
    return 0;
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct echo_server echo = {.add = add};

    return echo_dispatch(&echo, self, call);
}

static void server(void *argument)
{
    struct serve_options options = {.until = &stop};

    (void)argument;
    capos_serve(endpoint, handle, NULL, &options);
}

static void call(uint64_t length_ns, bool last)
{
    uint64_t sum = 0;

    if (echo_add(rt(), facet, length_ns, last, &sum) < 0) {
        check(false, "a call");
    }
}

/*
 * Calls when it is told to: first what its budget is enough for, then more. If an
 * interrupt comes between a call and the wait for it nothing is lent for that one.
 */
static void client(void *argument)
{
    uint64_t bits;

    (void)argument;
    notification_wait(rt(), gong, &bits);
    for (uint32_t i = 0; i < CALLS; i++) {
        call(SHORT_NS, false);
    }
    notification_wait(rt(), gong, &bits);
    do {
        call(LONG_NS, false);
    } while (!sync_load(&noticed));
    call(0, true);
}

static void try_calls(uint64_t context, uint64_t bell, struct thread *calling,
                      struct thread *serving)
{
    uint64_t bits = 0;
    uint64_t used_ns;

    check(scheduling_context_bind(rt(), context, calling->handle) == 0,
          "a client of a server is bound to it");
    notification_signal(rt(), gong, 1);
    timer_sleep(rt(), timer, PERIOD_NS);
    used_ns = usage(context).used_ns;
    say("the server runs on the client's budget", used_ns >= CALLS * SHORT_NS,
        used_ns / 1000);
    timer_sleep(rt(), timer, 2 * PERIOD_NS); /* what is owed is paid */
    notification_signal(rt(), gong, 1);
    check(notification_wait(rt(), bell, &bits) == 0 && bits == DEPLETED,
          "a notice says when it is used up");
    sync_store(&noticed, 1);
    thread_join(calling, NULL);
    thread_join(serving, NULL);
    check(served_ns >= LONG_NS, "the server goes on with its own");
    say("and at once", served_ns < LONG_NS + MS, served_ns / 1000);
}

static void check_lending(void)
{
    uint64_t bell = make_notification();
    uint64_t context = context_new(BUDGET_NS, bell);
    struct thread *calling;
    struct thread *serving;

    gong = make_notification();
    endpoint_factory_create(
        rt(), capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID),
        &endpoint);
    endpoint_mint(rt(), endpoint, 1, ECHO_INTERFACE_ID, 0, false, &facet);
    thread_start(&serving, server, NULL);
    thread_start(&calling, client, NULL);
    timer_sleep(rt(), timer, MS); /* both wait by then */
    try_calls(context, bell, calling, serving);
    cap_release(facet);
    cap_release(endpoint);
    cap_release(gong);
    cap_release(bell);
    cap_release(context);
}

/* ------------------------------------------------------------------- refusals */

static bool refused(uint32_t weight, uint64_t budget_ns, uint64_t period_ns,
                    uint64_t bell)
{
    uint64_t cap = CAP_NONE;

    return scheduling_context_factory_create(rt(), scheduling, weight,
                                             budget_ns, period_ns, bell, 1,
                                             &cap) == ERR_EXCEPTION;
}

/* Contexts until the ledger has no weight left. */
static uint32_t exhaust(void)
{
    uint64_t caps[64];
    uint32_t count = 0;

    while (count < 64 && scheduling_context_factory_create(
                             rt(), scheduling, 65536, 0, 0, 0, 0,
                             &caps[count]) == 0) {
        count++;
    }
    for (uint32_t i = 0; i < count; i++) {
        cap_release(caps[i]);
    }
    return count;
}

static void check_refusals(void)
{
    uint32_t first;

    check(refused(1024, PERIOD_NS + 1, PERIOD_NS, 0),
          "no budget longer than its period");
    check(refused(1024, 0, PERIOD_NS, 0), "no period without a budget");
    check(refused(1024, 1, PERIOD_NS, 0) && refused(1024, UINT64_MAX, 0, 0) &&
              refused(1024, MS, UINT64_MAX, 0),
          "none too short or too long");
    check(refused(0, 0, 0, 0) && refused(UINT32_MAX, 0, 0, 0),
          "no weight that there is not");
    check(refused(1024, MS, PERIOD_NS, timer) && refused(1024, MS, PERIOD_NS, 1),
          "no notice to what is no notification");
    first = exhaust();
    check(first < 64 && exhaust() == first,
          "weight ends when the ledger's does, and all of it comes back");
}

int main(int argc, char **argv)
{
    timer = capset_need("timer", TIMER_INTERFACE_ID);
    scheduling =
        capset_need("scheduling", SCHEDULING_CONTEXT_FACTORY_INTERFACE_ID);
    if (argc > 1 && text_equal(argv[1], "hostile")) {
        hostile();
    }
    check_thread();
    check_process();
    check_lending();
    check_refusals();
    return check_status();
}
