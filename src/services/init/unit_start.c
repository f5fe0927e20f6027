/* unit_start.c - making the process of a unit; see unit.h. */
#include "capos.h"
#include "grants.h"
#include "unit.h"

#define SERVICE_ARGS_MAX 64u

uint64_t unit_export(const struct unit *unit, struct wire_text name,
                     uint64_t *interface_id)
{
    struct wire_list exports = service_get_exports(unit->service);

    for (uint32_t i = 0; i < exports.count && i < UNIT_EXPORTS_MAX; i++) {
        struct service_export_reader offered =
            service_exports_at(exports, i);

        if (wire_text_equal(service_export_get_name(offered), name)) {
            *interface_id = service_export_get_interface_id(offered);
            return unit->exports[i];
        }
    }
    return CAP_NONE;
}

/* An endpoint for each export. They are released when the unit has ended. */
static int32_t exports_make(struct unit *unit)
{
    uint64_t factory = capset_find("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    uint32_t count = service_get_exports(unit->service).count;

    if (count > UNIT_EXPORTS_MAX) {
        return ERR_TOO_LARGE;
    }
    for (uint32_t i = 0; i < count; i++) {
        int32_t status =
            endpoint_factory_create(rt(), factory, &unit->exports[i]);

        if (status < 0) {
            return status;
        }
    }
    return 0;
}

static int32_t service_spawn(struct service_reader service,
                             const struct grants *grants,
                             struct spawned *spawned,
                             struct exception *exception)
{
    struct wire_list texts = service_get_args(service);
    struct process_limits_reader limits = service_get_limits(service);
    const char *args[SERVICE_ARGS_MAX];
    struct spawn spawn = {
        .program = service_get_binary(service).bytes,
        .name = service_get_name(service).bytes,
        .args = args,
        .arg_count = texts.count,
        .grants = grants->items,
        .grant_count = grants->count,
        .pages_max = process_limits_get_pages(limits),
        .threads_max = process_limits_get_threads(limits),
        .caps_max = process_limits_get_caps(limits),
        .processes_max = process_limits_get_processes(limits),
        .tables_max = process_limits_get_tables(limits),
        .virtual_max = process_limits_get_virtual(limits),
        .rings_max = process_limits_get_rings(limits),
        .calls_max = process_limits_get_calls(limits),
        .objects_max = process_limits_get_objects(limits),
        .scratch_max = process_limits_get_scratch(limits),
        .log_bytes_max = process_limits_get_log_bytes(limits),
        .weight_max = process_limits_get_weight(limits),
    };

    if (texts.count > SERVICE_ARGS_MAX) {
        return ERR_TOO_LARGE;
    }
    for (uint32_t i = 0; i < texts.count; i++) {
        args[i] = service_args_at(texts, i).bytes;
    }
    return capos_spawn(&spawn, spawned, exception);
}

/* A process that nobody would hear of again must not stay. */
static int32_t watch(struct unit *unit)
{
    int32_t status = process_handle_wait_submit(rt(), &unit->wait,
                                                unit->spawned.process);

    if (status < 0) {
        process_handle_kill(rt(), unit->spawned.process, status);
        cap_release(cap_take(&unit->spawned.process));
    }
    return status;
}

static void say_why(const struct unit *unit, int32_t status,
                    const struct exception *exception)
{
    con_print("init: cannot start %s from binary %s: %s: %s%s%s; %s\n",
              unit->name, service_get_binary(unit->service).bytes,
              error_name(status), error_sentence(status),
              exception->reason[0] != '\0' ? ": " : "", exception->reason,
              error_remedy(status));
}

bool unit_start(struct unit *unit)
{
    struct exception exception = {.reason = ""};
    struct grants grants;
    int32_t status = exports_make(unit);

    if (status >= 0) {
        if (!grants_collect(&grants, unit)) {
            return false;
        }
        status = service_spawn(unit->service, &grants, &unit->spawned,
                               &exception);
        grants_release(&grants);
    }
    if (status >= 0) {
        status = watch(unit);
    }
    if (status < 0) {
        say_why(unit, status, &exception);
        return false;
    }
    unit->state = service_get_ready(unit->service)
                      ? SERVICE_INFO_STATE_STARTING
                      : SERVICE_INFO_STATE_READY;
    return true;
}
