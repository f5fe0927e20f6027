/*
 * scenario_lend.c - what a call lends (sched/context.h) against all that takes it
 * back: the caller is killed, its binding revoked or undone, the server killed,
 * while the call hands the CPU over or the server runs on what is lent.
 *
 * The caller's context has no budget, the server's own one little and no period;
 * the server computes once it has the call. So when nothing is lent any more it
 * must be stopped by its own budget, on whatever CPU it is.
 */
#include "user_authority.h"

#include "capos.gen.h"

#define SETTLE_NS 1000000u
#define BUDGET_NS 100000u /* the server's, for good */
#define WEIGHT 100u

enum ending { KILLS_CALLER, REVOKES, UNBINDS, KILLS_SERVER };

static sync_u32 served; /* the server has the call */

/* What is set up. */
struct lending {
    uint64_t caller; /* ProcessHandles */
    uint64_t server;
    uint64_t lent; /* SchedulingContexts */
    uint64_t own;
    uint64_t revoker;
    uint64_t revocable; /* the one by which the caller is bound */
};

static void server(struct user *self)
{
    struct user_op receive;

    user_recv_begin(self, &receive, user_cap(self, "service"), 1);
    USER_EQUAL(user_next(self).kind, RING_CQE_CALL);
    sync_store(&served, 1);
    user_compute(self);
}

static void caller(struct user *self)
{
    uint64_t echo = user_cap(self, "echo");

    user_line(self, 2);
    USER_EQUAL(user_call(self, echo, ECHO_INTERFACE_ID, ECHO_METHOD_ADD, 17,
                         0, 0), ERR_DISCONNECTED);
    user_done();
    for (;;) {
        (void)user_next(self);
    }
}

static uint64_t make_context(struct user *self, uint64_t budget_ns)
{
    uint64_t words[16];
    struct wire_builder builder;
    struct scheduling_context_factory_create_params_builder params;
    struct user_op op;

    wire_builder_init(&builder, words, sizeof(words));
    params = scheduling_context_factory_create_params_build(&builder);
    scheduling_context_factory_create_params_set_weight(params, WEIGHT);
    scheduling_context_factory_create_params_set_budget(params, budget_ns);
    user_message_begin(self, &op, user_cap(self, "scheduling"),
                       SCHEDULING_CONTEXT_FACTORY_INTERFACE_ID,
                       SCHEDULING_CONTEXT_FACTORY_METHOD_CREATE, &builder);
    (void)user_await(self, &op);
    return user_result_cap(self, &op, 0);
}

static int32_t bind_process(struct user *self, uint64_t context,
                            uint64_t process)
{
    return user_call(self, context, SCHEDULING_CONTEXT_INTERFACE_ID,
                     SCHEDULING_CONTEXT_METHOD_BIND_PROCESS, process, 0, 0);
}

static void set_up(struct user *self, struct lending *lending)
{
    uint64_t endpoint = user_endpoint(self);
    struct user_grant service = {"service", endpoint};
    struct user_grant echo = {"echo", user_mint(self, endpoint, 5)};
    int64_t process = user_spawn(self, server, &service, 1);

    USER_EXPECT(process > 0);
    lending->server = (uint64_t)process;
    USER_EQUAL(user_release(self, endpoint), 0);
    user_sleep(self, SETTLE_NS); /* the server waits for its call */
    process = user_spawn(self, caller, &echo, 1);
    USER_EXPECT(process > 0);
    lending->caller = (uint64_t)process;
    lending->lent = make_context(self, 0);
    lending->own = make_context(self, BUDGET_NS);
    lending->revoker = user_revoker(self);
    USER_EQUAL(bind_process(self, lending->own, lending->server), 0);
    lending->revocable = user_attach(self, lending->revoker, lending->lent);
    USER_EQUAL(bind_process(self, lending->revocable, lending->caller), 0);
}

/* How often the server's own budget was used up. */
static uint64_t depletions(struct user *self, uint64_t context)
{
    struct user_op op;

    user_call_begin(self, &op, context, SCHEDULING_CONTEXT_INTERFACE_ID,
                    SCHEDULING_CONTEXT_METHOD_USAGE, 0, 0, 0);
    USER_EXPECT(user_await(self, &op) >= 0);
    return op.rpc.rwords[2];
}

static void end(struct user *self, const struct lending *lending,
                enum ending how)
{
    switch (how) {
    case KILLS_CALLER:
        USER_EQUAL(user_kill(self, lending->caller), 0);
        USER_EXPECT(user_wait(self, lending->caller) >= 0);
        break;
    case REVOKES:
        USER_EQUAL(user_revoke(self, lending->revoker), 0);
        break;
    case UNBINDS:
        USER_EQUAL(user_call(self, lending->lent,
                             SCHEDULING_CONTEXT_INTERFACE_ID,
                             SCHEDULING_CONTEXT_METHOD_UNBIND, 0, 0, 0), 0);
        break;
    default:
        USER_EQUAL(user_kill(self, lending->server), 0);
        USER_EXPECT(user_wait(self, lending->server) >= 0);
        break;
    }
}

static void explore_lend(struct user *self, enum ending how)
{
    struct lending lending;

    set_up(self, &lending);
    user_wanted(how == KILLS_CALLER ? 1 : 2);
    user_line(self, 2);
    end(self, &lending, how);
    explore_calm();
    if (how != KILLS_SERVER) {
        user_sleep(self, SETTLE_NS);
        USER_EQUAL(depletions(self, lending.own), sync_load(&served));
        USER_EQUAL(user_kill(self, lending.server), 0);
        USER_EXPECT(user_wait(self, lending.server) >= 0);
    }
    user_sleep(self, SETTLE_NS); /* the caller hears of that */
    USER_EQUAL(user_kill(self, lending.caller), 0);
    USER_EXPECT(user_wait(self, lending.caller) >= 0);
    USER_EQUAL(user_release(self, lending.revocable), 0);
    user_finish(self);
}

static void run_kill(struct user *self)
{
    explore_lend(self, KILLS_CALLER);
}

static void run_revoke(struct user *self)
{
    explore_lend(self, REVOKES);
}

static void run_unbind(struct user *self)
{
    explore_lend(self, UNBINDS);
}

static void run_end(struct user *self)
{
    explore_lend(self, KILLS_SERVER);
}

const struct explore_scenario scenario_lend_kill = {
    .name = "lend-kill",
    .about = "a caller is killed while its server runs on its context",
    .cpus = 2,
    .run = run_kill,
};

const struct explore_scenario scenario_lend_revoke = {
    .name = "lend-revoke",
    .about = "a caller's context is revoked while its server runs on it",
    .cpus = 2,
    .run = run_revoke,
};

const struct explore_scenario scenario_lend_unbind = {
    .name = "lend-unbind",
    .about = "a caller's context is unbound while its server runs on it",
    .cpus = 2,
    .run = run_unbind,
};

const struct explore_scenario scenario_lend_end = {
    .name = "lend-end",
    .about = "a server is killed while it runs on its caller's context",
    .cpus = 2,
    .run = run_end,
};
