/* memory_object.c - MemoryObject: pages that can be mapped and shared. */
#include "fail.h"
#include "obj/methods.h"
#include "proc/process.h"

struct memory_object {
    struct object object;
    struct memory *memory; /* one reference */
};

static int32_t memory_object_map(
    void *self, struct server_call *call,
    struct memory_object_map_params_reader params,
    struct memory_object_map_results_builder results)
{
    struct memory_object *object = self;
    uint64_t va = memory_object_map_params_get_address(params);
    uint32_t bits;
    int32_t error;

    if (!protection_bits(memory_object_map_params_get_protection(params),
                         &bits)) {
        return kernel_raise(call, ERR_INVALID, "unknown protection");
    }
    error = space_map_through(&kernel_caller(call)->space, kernel_node(call),
                              &va, object->memory,
                              memory_object_map_params_get_offset(params),
                              memory_object_map_params_get_pages(params),
                              bits);
    if (error) {
        return kernel_raise(call, error, "the pages cannot be mapped there");
    }
    memory_object_map_results_set_address(results, va);
    return 0;
}

static int32_t memory_object_map_into(
    void *self, struct server_call *call,
    struct memory_object_map_into_params_reader params,
    struct memory_object_map_into_results_builder results)
{
    struct memory_object *object = self;
    struct process *process = virtual_memory_process(
        cap_lookup(&kernel_caller(call)->caps,
                   memory_object_map_into_params_get_memory(params)));
    uint64_t va = memory_object_map_into_params_get_address(params);
    uint32_t bits;
    int32_t error;

    if (!process) {
        return kernel_raise(call, ERR_INVALID,
                            "memory is no VirtualMemory that the caller holds, "
                            "or of a process that ended");
    }
    if (!protection_bits(memory_object_map_into_params_get_protection(params),
                         &bits)) {
        return kernel_raise(call, ERR_INVALID, "unknown protection");
    }
    error = space_map_through(&process->space, kernel_node(call), &va,
                              object->memory,
                              memory_object_map_into_params_get_offset(params),
                              memory_object_map_into_params_get_pages(params),
                              bits);
    if (error) {
        return kernel_raise(call, error, "the pages cannot be mapped there");
    }
    memory_object_map_into_results_set_address(results, va);
    return 0;
}

static int32_t memory_object_unmap(
    void *self, struct server_call *call,
    struct memory_object_unmap_params_reader params,
    struct memory_object_unmap_results_builder results)
{
    struct memory_object *object = self;
    int32_t error;

    (void)results;
    error = space_unmap_memory(&kernel_caller(call)->space, object->memory,
                               memory_object_unmap_params_get_address(params),
                               memory_object_unmap_params_get_pages(params));
    return error ? kernel_raise(call, error,
                                "this object is not mapped there")
                 : 0;
}

static int32_t memory_object_size(
    void *self, struct server_call *call,
    struct memory_object_size_params_reader params,
    struct memory_object_size_results_builder results)
{
    struct memory_object *object = self;

    (void)call;
    (void)params;
    memory_object_size_results_set_bytes(results,
                                         object->memory->pages << PAGE_SHIFT);
    return 0;
}

static int32_t memory_object_share(
    void *self, struct server_call *call,
    struct memory_object_share_params_reader params,
    struct memory_object_share_results_builder results)
{
    struct memory_object *object = self;
    struct memory *view;
    uint32_t index;
    int32_t error;

    error = memory_view(kernel_caller(call)->ledger, object->memory,
                        memory_object_share_params_get_read_only(params),
                        &view);
    if (!error) {
        error = memory_object_give(call, view, &index);
    }
    if (error) {
        return kernel_raise(call, error, "no room for a second capability");
    }
    memory_object_share_results_set_memory(results, index);
    return 0;
}

static const struct memory_object_server memory_object_handlers = {
    .map = memory_object_map,
    .unmap = memory_object_unmap,
    .size = memory_object_size,
    .share = memory_object_share,
    .map_into = memory_object_map_into,
};

static int32_t memory_object_methods(struct object *object,
                                     struct kernel_call *call)
{
    return memory_object_dispatch(&memory_object_handlers, object,
                                  &call->server);
}

static void memory_object_destroy(struct object *object)
{
    memory_put(container_of(object, struct memory_object, object)->memory);
}

static const struct object_type memory_object_type = {
    .interface_id = MEMORY_OBJECT_INTERFACE_ID,
    .name = "memory-object",
    .dispatch = memory_object_methods,
    .destroy = memory_object_destroy,
};

int32_t memory_object_give(struct server_call *call, struct memory *memory,
                           uint32_t *index)
{
    struct object *object;
    int32_t error =
        object_create(sizeof(struct memory_object), &memory_object_type,
                      kernel_caller(call)->ledger, &object);

    if (error) {
        memory_put(memory);
        return error;
    }
    container_of(object, struct memory_object, object)->memory = memory;
    return kernel_give_new(call, object, index);
}

struct memory *memory_object_memory(const struct object *object)
{
    if (object->type != &memory_object_type) {
        return NULL;
    }
    return container_of_const(object, struct memory_object, object)->memory;
}
