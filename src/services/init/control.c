/* control.c - see control.h. */
#include "control.h"

#include "capos.h"
#include "serve.h"

#include "capos.server.gen.h"

#define CREDITS 8u
#define SLOT_BYTES 128u
#define REPLY_BYTES 4096u
#define LIST_MAX 32u /* with names of any length they fit REPLY_BYTES */

static struct serve *serve;
static uint64_t endpoint;

static int32_t no_service(struct server_call *call)
{
    return server_raise(call, CAP_EXCEPTION_KIND_INVALID_ARGUMENT,
                        ERR_NOT_FOUND, "the manifest has no such service");
}

static int32_t is_step(struct server_call *call)
{
    return server_raise(call, CAP_EXCEPTION_KIND_INVALID_ARGUMENT, ERR_INVALID,
                        "a step of a plan runs once");
}

static void info_fill(struct service_info_builder info,
                      const struct unit *unit)
{
    service_info_set_name(info, service_get_name(unit->service));
    service_info_set_state(info, unit->state);
    service_info_set_process_id(info,
                                unit_runs(unit) ? unit->spawned.id : 0);
    service_info_set_restarts(info, unit->restarts);
    service_info_set_backoff_nanoseconds(info, unit->backoff_ns);
    service_info_set_policy(info, unit->policy.when);
}

static int32_t list(void *self, struct server_call *call,
                    struct service_control_list_params_reader params,
                    struct service_control_list_results_builder results)
{
    uint32_t start = service_control_list_params_get_start(params);
    uint32_t count = start < unit_count ? unit_count - start : 0;
    struct wire_builder_list entries;

    (void)self;
    (void)call;
    count = count < LIST_MAX ? count : LIST_MAX;
    entries = service_control_list_results_init_entries(results, count);
    for (uint32_t i = 0; i < count; i++) {
        info_fill(service_control_list_results_entries_build(entries, i),
                  &units[start + i]);
    }
    return 0;
}

static int32_t restart(void *self, struct server_call *call,
                       struct service_control_restart_params_reader params,
                       struct service_control_restart_results_builder results)
{
    struct unit *unit =
        unit_find(service_control_restart_params_get_name(params));

    (void)self;
    (void)results;
    if (unit == NULL || unit->step) {
        return unit == NULL ? no_service(call) : is_step(call);
    }
    unit_restart(unit);
    return 0;
}

static int32_t stop(void *self, struct server_call *call,
                    struct service_control_stop_params_reader params,
                    struct service_control_stop_results_builder results)
{
    struct unit *unit =
        unit_find(service_control_stop_params_get_name(params));

    (void)self;
    (void)results;
    if (unit == NULL || unit->step) {
        return unit == NULL ? no_service(call) : is_step(call);
    }
    unit_stop(unit);
    return 0;
}

static int32_t open(void *self, struct server_call *call,
                    struct service_control_open_params_reader params,
                    struct service_control_open_results_builder results)
{
    struct unit *unit =
        unit_find(service_control_open_params_get_name(params));

    (void)self;
    if (unit == NULL) {
        return no_service(call);
    }
    if (!unit_runs(unit)) {
        return server_raise(call, CAP_EXCEPTION_KIND_DISCONNECTED,
                            ERR_DISCONNECTED, "the service does not run");
    }
    service_control_open_results_set_process(
        results, server_add_cap(call, unit->spawned.process));
    return 0;
}

static int32_t ready(void *self, struct server_call *call,
                     struct supervisor_ready_params_reader params,
                     struct supervisor_ready_results_builder results)
{
    struct unit *unit = &units[call->tag & UINT16_MAX];

    (void)self;
    (void)params;
    (void)results;
    if (control_tag(unit) == call->tag &&
        unit->state == SERVICE_INFO_STATE_STARTING) {
        unit->state = SERVICE_INFO_STATE_READY;
    }
    return 0;
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct service_control_server all = {
        .list = list, .restart = restart, .stop = stop, .open = open};
    static const struct supervisor_server one = {.ready = ready};

    return call->tag == CONTROL_TAG_ALL
               ? service_control_dispatch(&all, self, call)
               : supervisor_dispatch(&one, self, call);
}

int32_t control_start(void)
{
    static const struct serve_options options = {.credits = CREDITS,
                                                 .slot_bytes = SLOT_BYTES,
                                                 .reply_bytes = REPLY_BYTES};
    uint64_t factory = capset_find("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    int32_t status = endpoint_factory_create(rt(), factory, &endpoint);

    return status < 0 ? status
                      : serve_open(&serve, endpoint, handle, NULL, &options);
}

uint64_t control_endpoint(void)
{
    return endpoint;
}

int32_t control_arrived(void)
{
    return serve_arrived(serve);
}

bool control_due(void)
{
    return serve_due(serve);
}
