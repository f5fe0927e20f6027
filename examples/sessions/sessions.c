/*
 * sessions - whom a service works for, without trusting what its clients say.
 *
 * A process is of one session from its birth to its end, and so are its children;
 * another one is said only by who holds a SessionAuthority. A service is told a
 * reference of the session that a call comes from: the same for all processes of
 * the session, another one at each endpoint, nothing for who has no session. Only
 * who holds the call is told, and only while it does.
 *
 * One program plays all: the parent keeps two services and starts the clients,
 * each of which calls both and says who it is.
 */
#include "capos.h"
#include "serve.h"
#include "spawn.h"

#include "capos.server.gen.h"

enum who {
    NOBODY, /* of no session */
    ANNA,
    CHILD_OF_ANNA, /* whom she starts */
    ANNA_AGAIN,    /* another process of her session */
    BERT,
    WHO,
};

#define SERVICES 2u
#define PRY (WHO + 1u)  /* a child that asks about a call it does not hold */
#define HELD (WHO + 2u) /* a call that is kept waiting */

static const char *const names[SERVICES] = {"first", "second"};

/* ---------------------------------------------------------------- the services */

struct service {
    uint64_t endpoint;
    uint64_t facet;
    uint64_t seen[WHO]; /* references */
    bool good;          /* all of one client's calls had one reference */
    bool stop;
    struct server_call held;
    sync_u32 holds;
};

static struct service services[SERVICES];

static int32_t add(void *self, struct server_call *call,
                   struct echo_add_params_reader params,
                   struct echo_add_results_builder results)
{
    struct service *service = self;
    uint64_t who = echo_add_params_get_a(params);
    uint64_t count = echo_add_params_get_b(params);
    uint64_t session = 0;

    if (who == HELD) {
        service->held = *call;
        sync_store(&service->holds, 1);
        return SERVER_PENDING;
    }
    service->good &= who < WHO && serve_session(call, &session) == 0;
    if (service->good) {
        service->good = count == 0 || service->seen[who] == session;
        service->seen[who] = session;
    }
    echo_add_results_set_sum(results, who + count);
    return 0;
}

/* The last call, of a method without handler, stops. */
static int32_t handle(void *self, struct server_call *call)
{
    static const struct echo_server echo = {.add = add};
    struct service *service = self;

    service->stop = call->method == ECHO_METHOD_FAIL;
    return echo_dispatch(&echo, self, call);
}

static void serve(void *argument)
{
    struct service *service = argument;
    const struct serve_options options = {.until = &service->stop};

    capos_serve(service->endpoint, handle, service, &options);
}

static bool service_start(struct service *service, struct thread **thread)
{
    uint64_t factory = capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);

    service->good = true;
    return endpoint_factory_create(rt(), factory, &service->endpoint) == 0 &&
           endpoint_mint(rt(), service->endpoint, 0, ECHO_INTERFACE_ID, 0,
                         false, &service->facet) == 0 &&
           thread_start(thread, serve, service) == 0;
}

/* ----------------------------------------------------------------- the clients */

/* Starts one, of a session if the authority is given; else of its parent's. */
static int32_t client_start(uint32_t who, uint64_t authority, uint64_t session,
                            const uint64_t facets[SERVICES],
                            struct spawned *spawned)
{
    const struct spawn_grant grants[] = {
        {names[0], facets[0]},
        {names[1], facets[1]},
        {"console", capset_need("console", 0)},
        {"spawner", capset_need("spawner", 0)},
        {"package", capset_need("package", 0)},
    };
    const struct spawn spawn = {.program = "sessions",
                                .name = "client",
                                .grants = grants,
                                .grant_count = 5,
                                .words = {1, who, session},
                                .generous = true,
                                .session_authority = authority,
                                .session = authority ? session : 0};

    return capos_spawn(&spawn, spawned, NULL);
}

static bool client_call_both(const uint64_t facets[SERVICES], uint64_t who,
                             uint64_t count)
{
    uint64_t first = 0;
    uint64_t second = 0;

    return echo_add(rt(), facets[0], who, count, &first) == 0 &&
           echo_add(rt(), facets[1], who, count, &second) == 0 &&
           first == who + count && second == first;
}

/* A spawn that says a session without the right to. */
static int32_t claim(uint64_t session, uint64_t authority)
{
    const struct spawn spawn = {.program = "sessions",
                                .generous = true,
                                .session_authority = authority,
                                .session = session};
    struct spawned spawned;

    return capos_spawn(&spawn, &spawned, NULL);
}

/* Whatever a process does, it stays what it is, and so does its child. */
static void anna_more(const uint64_t facets[SERVICES], uint64_t session)
{
    struct spawned child;
    struct spawn_end end;

    check(claim(session + 1, CAP_NONE) == ERR_INVALID,
          "a child of another session is refused without a SessionAuthority");
    check(claim(session + 1, capset_need("spawner", 0)) == ERR_INVALID &&
              claim(session + 1, 1ull << 40) == ERR_INVALID,
          "nothing else will do in its place");
    check(client_start(CHILD_OF_ANNA, CAP_NONE, 0, facets, &child) == 0 &&
              spawn_wait(&child, &end) == 0 &&
              end.how == EXIT_KIND_EXITED && end.code == 0,
          "a child that inherits");
    check(client_call_both(facets, ANNA, 1), "and the parent calls again");
}

static int client(enum who who, uint64_t session)
{
    const uint64_t facets[SERVICES] = {capset_need(names[0], 0),
                                       capset_need(names[1], 0)};

    if (!client_call_both(facets, who, 0)) {
        return 2;
    }
    if (who == ANNA) {
        check(process_start()->session_id == session,
              "a process knows the session that it was given");
        anna_more(facets, session);
    }
    return check_status();
}

/* Asks about a call that another process holds. */
static int pry(uint64_t call_id)
{
    struct server_call call = {.call_id = call_id};
    uint64_t session = 1;

    return serve_session(&call, &session) == ERR_CALL_GONE && session == 0 ? 0
                                                                           : 3;
}

/* ------------------------------------------------------------------ the parent */

static const uint64_t *facets_of(uint64_t facets[SERVICES])
{
    facets[0] = services[0].facet;
    facets[1] = services[1].facet;
    return facets;
}

static bool client_run(uint32_t who, uint64_t authority, uint64_t session)
{
    uint64_t facets[SERVICES];
    struct spawned spawned;
    struct spawn_end end;

    return client_start(who, authority, session, facets_of(facets),
                        &spawned) == 0 &&
           spawn_wait(&spawned, &end) == 0 && end.how == EXIT_KIND_EXITED &&
           end.code == 0;
}

/* What one service can tell of its clients. */
static void check_seen(const struct service *service, const char *name)
{
    const uint64_t *seen = service->seen;

    check(service->good && seen[NOBODY] == 0 && seen[ANNA] != 0 &&
              seen[BERT] != 0,
          "%s: who has no session has no reference", name);
    check(seen[CHILD_OF_ANNA] == seen[ANNA] && seen[ANNA_AGAIN] == seen[ANNA],
          "%s: three processes of a session are the same client", name);
    check(seen[BERT] != seen[ANNA], "%s: another session is another one",
          name);
}

/* The two have nothing to compare. */
static void check_apart(uint64_t anna, uint64_t bert)
{
    bool apart = true;

    for (uint32_t i = ANNA; i < WHO; i++) {
        for (uint32_t j = ANNA; j < WHO; j++) {
            apart &= services[0].seen[i] != services[1].seen[j];
        }
        for (uint32_t j = 0; j < SERVICES; j++) {
            apart &= services[j].seen[i] != anna && services[j].seen[i] != bert;
        }
    }
    check(apart, "the references of two endpoints have nothing in common, "
                 "and are not the sessions' numbers");
}

/* Who may ask about a call, and how long. */
static void check_held(struct service *service)
{
    struct rpc rpc = {.complete = NULL};
    uint64_t session = 1;

    echo_add_submit(rt(), &rpc, service->facet, HELD, 0);
    ring_poll(ring_self());
    while (sync_load(&service->holds) == 0) {
        ring_yield(ring_self());
    }
    check(serve_session(&service->held, &session) == 0 && session == 0,
          "another thread of the server may ask, too");
    check(client_run(PRY, CAP_NONE, service->held.call_id),
          "another process may not, though it knows the call's id");
    check(serve_return(&service->held, 0) == 0 &&
              transport_await(rt(), &rpc) == 0,
          "the call is returned");
    check(serve_session(&service->held, &session) == ERR_CALL_GONE,
          "then it is gone, and so is the answer");
}

static int play(const struct start_block *start)
{
    return start->words[1] == PRY ? pry(start->words[2])
                                  : client((enum who)start->words[1],
                                           start->words[2]);
}

int main(void)
{
    uint64_t authority =
        capset_find("sessions", SESSION_AUTHORITY_INTERFACE_ID);
    struct thread *threads[SERVICES] = {NULL};
    uint64_t anna = 0;
    uint64_t bert = 0;

    if (process_start()->words[0] == 1) {
        return play(process_start());
    }
    check(session_authority_create(rt(), authority, &anna) == 0 &&
              session_authority_create(rt(), authority, &bert) == 0 &&
              anna != 0 && bert != 0 && anna != bert,
          "two sessions");
    check(service_start(&services[0], &threads[0]) &&
              service_start(&services[1], &threads[1]),
          "two services");
    check(client_run(NOBODY, CAP_NONE, 0) && client_run(ANNA, authority, anna) &&
              client_run(ANNA_AGAIN, authority, anna) &&
              client_run(BERT, authority, bert),
          "all clients were served");
    check_seen(&services[0], names[0]);
    check_seen(&services[1], names[1]);
    check_apart(anna, bert);
    check_held(&services[0]);
    for (uint32_t i = 0; i < SERVICES; i++) {
        echo_fail(rt(), services[i].facet, CAP_EXCEPTION_KIND_FAILED);
        check(thread_join(threads[i], NULL) == 0, "%s ends", names[i]);
    }
    return check_status();
}
