/* capability_manager.c - CapabilityManager: what a process holds. */
#include "obj/methods.h"
#include "obj/self.h"

/* How many live slots there are from start on, at most max. */
static uint32_t manager_count(struct process *process, uint32_t start,
                              uint32_t max)
{
    uint32_t count = 0;
    uint64_t cap;

    while (count < max && cap_next(&process->caps, start, &cap)) {
        start = (uint32_t)cap + 1;
        count++;
    }
    return count;
}

/* One entry: what the holder may know; nothing if it was released meanwhile. */
static void manager_entry(struct cap_table *table, uint64_t cap,
                          struct object *object,
                          struct cap_entry_builder entry)
{
    struct cap_edge edge;

    if (!cap_read(table, cap, &edge)) {
        return; /* released on another CPU: a zero entry is none */
    }
    cap_entry_set_cap(entry, cap);
    cap_entry_set_interface_id(entry, object_interface(object));
    cap_entry_set_object(entry, object->id);
    cap_entry_set_mode(entry, (uint16_t)edge.mode);
    cap_entry_set_origin(entry, (uint16_t)edge.origin);
    cap_entry_set_giver(entry, edge.giver);
    cap_entry_set_giver_cap(entry, edge.giver_cap);
    cap_entry_set_revocable(entry, edge.node != &revocation_root);
}

static int32_t manager_list(
    void *self, struct server_call *call,
    struct capability_manager_list_params_reader params,
    struct capability_manager_list_results_builder results)
{
    struct process *process = self_process(self);
    uint32_t start = capability_manager_list_params_get_start(params);
    uint32_t room = wire_builder_room(&call->builder);
    struct wire_builder_list list;
    uint32_t count;
    uint64_t cap;

    if (!process) {
        return kernel_raise(call, ERR_DISCONNECTED, "the process ended");
    }
    if (room < 8 + CAP_ENTRY_BYTES) {
        return kernel_raise(call, ERR_TOO_LARGE,
                            "the result buffer holds no entry");
    }
    count = manager_count(process, start, (room - 8) / CAP_ENTRY_BYTES);
    list = capability_manager_list_results_init_entries(results, count);
    for (uint32_t i = 0; i < count; i++) {
        struct object *object = cap_next(&process->caps, start, &cap);
        struct cap_entry_builder entry =
            capability_manager_list_results_entries_build(list, i);

        if (!object) {
            break; /* as few as there are now */
        }
        manager_entry(&process->caps, cap, object, entry);
        start = (uint32_t)cap + 1;
    }
    capability_manager_list_results_set_next(
        results, cap_next(&process->caps, start, &cap) ? start : 0);
    return 0;
}

static const struct capability_manager_server manager_handlers = {
    .list = manager_list,
};

static int32_t manager_methods(struct object *object,
                               struct kernel_call *call)
{
    return capability_manager_dispatch(&manager_handlers, object,
                                       &call->server);
}

const struct object_type capability_manager_type = {
    .interface_id = CAPABILITY_MANAGER_INTERFACE_ID,
    .name = "capability-manager",
    .dispatch = manager_methods,
    .destroy = self_destroy,
    .subject = self_subject,
};
