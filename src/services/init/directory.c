/* directory.c - see directory.h. */
#include "directory.h"

#include "capos.h"
#include "serve.h"

#include "capos.server.gen.h"

#define CREDITS 32u
#define SLOT_BYTES 128u
#define REPLY_BYTES 256u

/* A lookup without an answer. */
struct held {
    bool used;
    uint8_t flags;
    uint64_t call_id;
    uint64_t client; /* number of its unit */
    struct service_cap_reader cap;
};

static struct held held[HELD_MAX];
static struct serve *serve;
static uint64_t endpoint;

static struct unit *unit_of(const struct held *lookup)
{
    return unit_find(
        service_cap_from_get_service(service_cap_get_from(lookup->cap)));
}

/* A facet of the instance that runs. What it returns is released by the caller. */
static int32_t mint(const struct held *lookup, uint64_t *facet,
                    uint64_t *interface_id)
{
    uint64_t owner = unit_export(
        unit_of(lookup), service_cap_get_export(lookup->cap), interface_id);

    return endpoint_mint(rt(), owner, service_cap_get_tag(lookup->cap),
                         *interface_id, 0, false, facet);
}

/* Answers: with a facet, or if the service is over, with an exception. */
static void answer(struct held *lookup, bool over)
{
    static uint64_t reply[REPLY_BYTES / 8];
    struct server_call call = {.flags = lookup->flags,
                               .call_id = lookup->call_id,
                               .result = reply,
                               .result_size = sizeof(reply)};
    struct directory_lookup_results_builder results =
        directory_lookup_results_begin(&call);
    CAP_AUTO facet = CAP_NONE;
    uint64_t interface_id = 0;
    int32_t status = 0;

    lookup->used = false;
    if (over) {
        status = server_raise(&call, CAP_EXCEPTION_KIND_DISCONNECTED,
                              ERR_DISCONNECTED,
                              "the service is not started again");
    } else if (mint(lookup, &facet, &interface_id) < 0) {
        status = server_raise(&call, CAP_EXCEPTION_KIND_OVERLOADED,
                              ERR_OVERLOADED, "no room for another client");
    } else {
        directory_lookup_results_set_capability(results,
                                                server_add_cap(&call, facet));
        directory_lookup_results_set_interface_id(results, interface_id);
    }
    serve_return(&call, status);
}

/*
 * True if it can be called. That its process has ended, its clients may hear
 * before init does; they would get the dead one again.
 */
static bool served(const struct unit *unit)
{
    bool alive = false;

    return unit->state == SERVICE_INFO_STATE_READY &&
           process_handle_info(rt(), unit->spawned.process, NULL, &alive,
                               NULL) == 0 &&
           alive;
}

/* A client that has ended gets its answer too: that gives the credit back. */
static void settle(struct held *lookup)
{
    const struct unit *unit = unit_of(lookup);
    bool over = unit_over(unit) || unit_blocked(unit) ||
                !unit_runs(&units[lookup->client]);

    if (over || served(unit)) {
        answer(lookup, over);
    }
}

void directory_settle(void)
{
    for (uint32_t i = 0; i < HELD_MAX; i++) {
        if (held[i].used) {
            settle(&held[i]);
        }
    }
}

/* A free place, if the client has not too many; NULL otherwise. */
static struct held *place_find(uint64_t client)
{
    struct held *found = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < HELD_MAX; i++) {
        if (!held[i].used) {
            found = &held[i];
        } else if (held[i].client == client) {
            count++;
        }
    }
    return count < HELD_PER_CLIENT ? found : NULL;
}

/* The client's own capability of that name that is from a service. */
static bool cap_find(uint64_t client, struct wire_text name,
                     struct service_cap_reader *cap)
{
    struct wire_list caps = service_get_caps(units[client].service);

    for (uint32_t i = 0; i < caps.count; i++) {
        *cap = service_caps_at(caps, i);
        if (wire_text_equal(service_cap_get_name(*cap), name)) {
            return service_cap_from_which(service_cap_get_from(*cap)) ==
                   SERVICE_CAP_FROM_WHICH_SERVICE;
        }
    }
    return false;
}

static int32_t lookup(void *self, struct server_call *call,
                      struct directory_lookup_params_reader params,
                      struct directory_lookup_results_builder results)
{
    struct service_cap_reader cap;
    struct held *place;

    (void)self;
    (void)results;
    if (!cap_find(call->tag, directory_lookup_params_get_name(params), &cap)) {
        return server_raise(call, CAP_EXCEPTION_KIND_INVALID_ARGUMENT,
                            ERR_NOT_FOUND, "no service has that name here");
    }
    place = place_find(call->tag);
    if (place == NULL) {
        return server_raise(call, CAP_EXCEPTION_KIND_OVERLOADED,
                            ERR_OVERLOADED, "too many lookups wait");
    }
    *place = (struct held){.used = true,
                           .flags = call->flags,
                           .call_id = call->call_id,
                           .client = call->tag,
                           .cap = cap};
    settle(place);
    return SERVER_PENDING;
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct directory_server directory = {.lookup = lookup};

    return directory_dispatch(&directory, self, call);
}

int32_t directory_start(void)
{
    static const struct serve_options options = {
        .credits = CREDITS, .slot_bytes = SLOT_BYTES};
    uint64_t factory = capset_find("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    int32_t status = endpoint_factory_create(rt(), factory, &endpoint);

    return status < 0 ? status
                      : serve_open(&serve, endpoint, handle, NULL, &options);
}

uint64_t directory_endpoint(void)
{
    return endpoint;
}

int32_t directory_arrived(void)
{
    return serve_arrived(serve);
}

bool directory_due(void)
{
    return serve_due(serve);
}
