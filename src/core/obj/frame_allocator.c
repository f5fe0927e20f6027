/* frame_allocator.c - FrameAllocator: physical memory as memory objects. */
#include "fail.h"
#include "mem/frames.h"
#include "mem/memory.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "proc/process.h"

static struct object frame_allocator_object;

static int32_t frame_allocator_allocate(
    void *self, struct server_call *call,
    struct frame_allocator_allocate_params_reader params,
    struct frame_allocator_allocate_results_builder results)
{
    struct memory *memory;
    uint32_t index;
    int32_t error;

    (void)self;
    error = memory_create(kernel_caller(call)->ledger,
                          frame_allocator_allocate_params_get_pages(params),
                          &memory);
    if (error) {
        return kernel_raise(call, error, "the pages cannot be allocated");
    }
    error = memory_object_give(call, memory, &index);
    if (error) {
        return kernel_raise(call, error, "no room for the capability");
    }
    frame_allocator_allocate_results_set_memory(results, index);
    return 0;
}

static int32_t frame_allocator_info(
    void *self, struct server_call *call,
    struct frame_allocator_info_params_reader params,
    struct frame_allocator_info_results_builder results)
{
    const struct ledger *ledger = kernel_caller(call)->ledger;

    (void)self;
    (void)params;
    frame_allocator_info_results_set_total_pages(results, frames_total());
    frame_allocator_info_results_set_free_pages(results, frames_available());
    frame_allocator_info_results_set_quota_pages(
        results, ledger_limit(ledger, LEDGER_PAGES));
    frame_allocator_info_results_set_used_pages(
        results, ledger_used(ledger, LEDGER_PAGES));
    return 0;
}

static const struct frame_allocator_server frame_allocator_handlers = {
    .allocate = frame_allocator_allocate,
    .info = frame_allocator_info,
};

static int32_t frame_allocator_methods(struct object *object,
                                       struct kernel_call *call)
{
    return frame_allocator_dispatch(&frame_allocator_handlers, object,
                                    &call->server);
}

static const struct object_type frame_allocator_type = {
    .interface_id = FRAME_ALLOCATOR_INTERFACE_ID,
    .name = "frame-allocator",
    .dispatch = frame_allocator_methods,
    .destroy = root_destroy,
};

const struct root frame_allocator_root = {
    .name = "frames",
    .object = &frame_allocator_object,
    .type = &frame_allocator_type,
};
