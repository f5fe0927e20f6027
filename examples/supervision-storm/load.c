/* load.c - clients, their parent, and the service between; see load.h. */
#include "load.h"

#include "serve.h"

#include "capos.server.gen.h"

#define FAILURES_MAX 50u

/* What a client may hold. */
#define LOAD_PAGES 160u
#define LOAD_TABLES 32u
#define LOAD_VIRTUAL 2048u
#define LOAD_THREADS 2u
#define LOAD_CAPS 64u
#define LOAD_RINGS 16u
#define LOAD_CALLS 128u
#define LOAD_OBJECTS 32768u
#define LOAD_WEIGHT 2048u

const char *const load_service_names[LOAD_SERVICES] = {"storm-echo",
                                                       "storm-relay"};
uint64_t load_shared;

static uint64_t granted(const char *name)
{
    return text_equal(name, "shared") && load_shared != CAP_NONE
               ? load_shared
               : capset_need(name, 0);
}

/* So many times what a client may hold. */
static void limits_times(struct spawn *spawn, uint32_t factor)
{
    spawn->pages_max *= factor;
    spawn->tables_max *= factor;
    spawn->virtual_max *= factor;
    spawn->threads_max *= factor;
    spawn->caps_max *= factor;
    spawn->rings_max *= factor;
    spawn->calls_max *= factor;
    spawn->objects_max *= factor;
    spawn->weight_max *= factor;
}

int32_t load_spawn(struct spawned *spawned, enum load_role role, uint64_t line)
{
    static const char *const names[] = {"console", "timer",   "directory",
                                        "shared",  "spawner", "package"};
    struct spawn_grant grants[sizeof(names) / sizeof(names[0])];
    struct spawn spawn = {.program = "supervision-storm",
                          .name = role == LOAD_PARENT ? "parent" : "client",
                          .grants = grants,
                          .grant_count = sizeof(names) / sizeof(names[0]),
                          .words = {role, line},
                          .pages_max = LOAD_PAGES,
                          .tables_max = LOAD_TABLES,
                          .virtual_max = LOAD_VIRTUAL,
                          .threads_max = LOAD_THREADS,
                          .caps_max = LOAD_CAPS,
                          .rings_max = LOAD_RINGS,
                          .calls_max = LOAD_CALLS,
                          .objects_max = LOAD_OBJECTS,
                          .weight_max = LOAD_WEIGHT};

    if (role == LOAD_PARENT) { /* what its children get, and its own */
        limits_times(&spawn, 1 + CLIENTS_OF_PARENT);
        spawn.processes_max = CLIENTS_OF_PARENT;
    }

    for (uint32_t i = 0; i < spawn.grant_count; i++) {
        grants[i] = (struct spawn_grant){names[i], granted(names[i])};
    }
    return capos_spawn(&spawn, spawned, NULL);
}

struct load_line *load_lines(void)
{
    uint64_t address = 0;

    if (memory_object_map(rt(), granted("shared"), 0, 0, 1,
                          PROTECTION_READ_WRITE, &address) < 0) {
        return NULL;
    }
    return (struct load_line *)(uintptr_t)address;
}

/* One call; what became of it is counted. */
static int32_t call_once(struct client *client, sync_u32 *served,
                         struct load_line *line, uint64_t number)
{
    uint32_t before = client->reconnects;
    uint64_t sum = 0;
    int32_t status = client_call(client, echo_add, number, 7, &sum);

    sync_add(&line->reconnected, client->reconnects - before);
    if (status < 0) {
        sync_add(&line->failed, 1);
    } else if (sum != number + 7) {
        sync_add(&line->wrong, 1);
    } else {
        sync_add(served, 1);
    }
    return status;
}

int load_client(uint64_t number)
{
    uint64_t timer = capset_need("timer", TIMER_INTERFACE_ID);
    struct client clients[LOAD_SERVICES];
    struct load_line *line = load_lines();
    uint32_t failures = 0;

    if (line == NULL || number >= LINES) {
        return 2;
    }
    line += number;
    for (uint32_t i = 0; i < LOAD_SERVICES; i++) {
        client_open(&clients[i], load_service_names[i], ECHO_INTERFACE_ID);
    }
    for (uint64_t i = 0; failures < FAILURES_MAX; i++) {
        uint32_t which = i % LOAD_SERVICES;

        if (call_once(&clients[which], &line->served[which], line, i) < 0) {
            failures++;
            timer_sleep(rt(), timer, MS);
        } else if (i % 16 == number) {
            timer_sleep(rt(), timer, 50 * US);
        }
    }
    return 3;
}

int load_parent(uint64_t number)
{
    struct spawned children[CLIENTS_OF_PARENT];
    struct spawn_end end;

    for (uint32_t i = 0; i < CLIENTS_OF_PARENT; i++) {
        if (load_spawn(&children[i], LOAD_CLIENT, number + i) < 0) {
            return 2;
        }
    }
    for (uint32_t i = 0; i < CLIENTS_OF_PARENT; i++) {
        spawn_wait(&children[i], &end);
    }
    return 3;
}

/* -------------------------------------------------------------------- relay */

static struct client echo;

static int32_t add(void *self, struct server_call *call,
                   struct echo_add_params_reader params,
                   struct echo_add_results_builder results)
{
    uint64_t sum = 0;

    (void)self;
    if (client_call(&echo, echo_add, echo_add_params_get_a(params),
                    echo_add_params_get_b(params), &sum) < 0) {
        return server_raise(call, CAP_EXCEPTION_KIND_DISCONNECTED,
                            ERR_DISCONNECTED, "echo does not answer");
    }
    echo_add_results_set_sum(results, sum);
    return 0;
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct echo_server server = {.add = add};

    return echo_dispatch(&server, self, call);
}

int load_relay(void)
{
    uint64_t endpoint = capset_need("service", ENDPOINT_INTERFACE_ID);

    client_open(&echo, "echo", ECHO_INTERFACE_ID);
    return con_fail("cannot serve",
                    capos_serve(endpoint, handle, NULL, NULL));
}
