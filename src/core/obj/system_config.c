/* system_config.c - SystemConfig: what can be changed while the system runs. */
#include "log.h"
#include "obj/methods.h"
#include "obj/root.h"

static struct object system_config_object;

static int32_t system_config_log_level(
    void *self, struct server_call *call,
    struct system_config_log_level_params_reader params,
    struct system_config_log_level_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    system_config_log_level_results_set_level(results,
                                              (uint16_t)log_get_level());
    return 0;
}

static int32_t system_config_set_log_level(
    void *self, struct server_call *call,
    struct system_config_set_log_level_params_reader params,
    struct system_config_set_log_level_results_builder results)
{
    uint16_t level = system_config_set_log_level_params_get_level(params);

    (void)self;
    (void)results;
    if (level >= LOG_LEVELS) {
        return kernel_raise(call, ERR_INVALID, "there is no such level");
    }
    log_set_level((enum log_level)level);
    return 0;
}

static const struct system_config_server system_config_handlers = {
    .log_level = system_config_log_level,
    .set_log_level = system_config_set_log_level,
};

static int32_t system_config_methods(struct object *object,
                                     struct kernel_call *call)
{
    return system_config_dispatch(&system_config_handlers, object,
                                  &call->server);
}

static const struct object_type system_config_type = {
    .interface_id = SYSTEM_CONFIG_INTERFACE_ID,
    .name = "system-config",
    .dispatch = system_config_methods,
    .destroy = root_destroy,
};

const struct root system_config_root = {
    .name = "config",
    .object = &system_config_object,
    .type = &system_config_type,
};
