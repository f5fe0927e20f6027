/* power_control.c - PowerControl: the machine's switch. */
#include "check/authority_check.h"
#include "check/inject.h"
#include "hal.h"
#include "log.h"
#include "obj/methods.h"
#include "obj/root.h"

#define POWER_STATUS_MAX 99u

static struct object power_control_object;

static int32_t power_control_shutdown(
    void *self, struct server_call *call,
    struct power_control_shutdown_params_reader params,
    struct power_control_shutdown_results_builder results)
{
    uint32_t status = power_control_shutdown_params_get_status(params);

    (void)self;
    (void)results;
    if (status > POWER_STATUS_MAX) {
        return kernel_raise(call, ERR_INVALID, "status: 0 to 99");
    }
    log_info("shutdown, status %u", status);
    authority_final();
    inject_final();
    hal_power_off(status);
}

static int32_t power_control_reboot(
    void *self, struct server_call *call,
    struct power_control_reboot_params_reader params,
    struct power_control_reboot_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    (void)results;
    log_info("reboot");
    hal_reboot();
}

static const struct power_control_server power_control_handlers = {
    .shutdown = power_control_shutdown,
    .reboot = power_control_reboot,
};

static int32_t power_control_methods(struct object *object,
                                     struct kernel_call *call)
{
    return power_control_dispatch(&power_control_handlers, object,
                                  &call->server);
}

static const struct object_type power_control_type = {
    .interface_id = POWER_CONTROL_INTERFACE_ID,
    .name = "power-control",
    .dispatch = power_control_methods,
    .destroy = root_destroy,
};

const struct root power_control_root = {
    .name = "power",
    .object = &power_control_object,
    .type = &power_control_type,
};
