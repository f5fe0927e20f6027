/* virtual_memory.c - VirtualMemory: anonymous memory in a process's window. */
#include "fail.h"
#include "obj/methods.h"
#include "obj/self.h"

bool protection_bits(uint16_t protection, uint32_t *bits)
{
    static const uint32_t all[] = {
        [PROTECTION_NONE] = 0,
        [PROTECTION_READ] = HAL_READ,
        [PROTECTION_READ_WRITE] = HAL_READ | HAL_WRITE,
        [PROTECTION_READ_EXECUTE] = HAL_READ | HAL_EXECUTE,
    };

    if (protection >= sizeof(all) / sizeof(all[0])) {
        return false;
    }
    *bits = all[protection];
    return true;
}

struct process *virtual_memory_process(struct object *object)
{
    return object && object->type == &virtual_memory_type
               ? self_process(object)
               : NULL;
}

static int32_t virtual_memory_map(
    void *self, struct server_call *call,
    struct virtual_memory_map_params_reader params,
    struct virtual_memory_map_results_builder results)
{
    struct process *process = self_process(self);
    uint64_t va = virtual_memory_map_params_get_address(params);
    uint32_t bits;
    int32_t error;

    if (!process) {
        return kernel_raise(call, ERR_DISCONNECTED, "the process ended");
    }
    if (!protection_bits(virtual_memory_map_params_get_protection(params),
                         &bits)) {
        return kernel_raise(call, ERR_INVALID, "unknown protection");
    }
    error = space_map_anonymous(&process->space, &va,
                                virtual_memory_map_params_get_pages(params),
                                bits);
    if (error) {
        return kernel_raise(call, error, "the pages cannot be mapped there");
    }
    virtual_memory_map_results_set_address(results, va);
    return 0;
}

static int32_t virtual_memory_unmap(
    void *self, struct server_call *call,
    struct virtual_memory_unmap_params_reader params,
    struct virtual_memory_unmap_results_builder results)
{
    struct process *process = self_process(self);
    int32_t error;

    (void)results;
    if (!process) {
        return kernel_raise(call, ERR_DISCONNECTED, "the process ended");
    }
    error = space_unmap(&process->space,
                        virtual_memory_unmap_params_get_address(params),
                        virtual_memory_unmap_params_get_pages(params));
    return error ? kernel_raise(call, error,
                                "not all of it is mapped, or the kernel's")
                 : 0;
}

static int32_t virtual_memory_protect(
    void *self, struct server_call *call,
    struct virtual_memory_protect_params_reader params,
    struct virtual_memory_protect_results_builder results)
{
    struct process *process = self_process(self);
    uint32_t bits;
    int32_t error;

    (void)results;
    if (!process) {
        return kernel_raise(call, ERR_DISCONNECTED, "the process ended");
    }
    if (!protection_bits(virtual_memory_protect_params_get_protection(params),
                         &bits)) {
        return kernel_raise(call, ERR_INVALID, "unknown protection");
    }
    error = space_protect(&process->space,
                          virtual_memory_protect_params_get_address(params),
                          virtual_memory_protect_params_get_pages(params),
                          bits);
    return error ? kernel_raise(call, error,
                                "the protection cannot be changed so")
                 : 0;
}

static const struct virtual_memory_server virtual_memory_handlers = {
    .map = virtual_memory_map,
    .unmap = virtual_memory_unmap,
    .protect = virtual_memory_protect,
};

static int32_t virtual_memory_methods(struct object *object,
                                      struct kernel_call *call)
{
    return virtual_memory_dispatch(&virtual_memory_handlers, object,
                                   &call->server);
}

const struct object_type virtual_memory_type = {
    .interface_id = VIRTUAL_MEMORY_INTERFACE_ID,
    .name = "virtual-memory",
    .dispatch = virtual_memory_methods,
    .destroy = self_destroy,
    .subject = self_subject,
};
