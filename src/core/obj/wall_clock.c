/* wall_clock.c - WallClock: the time of day. */
#include "clock.h"
#include "obj/methods.h"
#include "obj/root.h"

static struct object wall_clock_object;

static int32_t wall_clock_now(void *self, struct server_call *call,
                              struct wall_clock_now_params_reader params,
                              struct wall_clock_now_results_builder results)
{
    uint64_t now_ns;
    enum hal_wall how = clock_wall(&now_ns);

    (void)self;
    (void)call;
    (void)params;
    wall_clock_now_results_set_nanoseconds(results, now_ns);
    wall_clock_now_results_set_provenance(results, (uint16_t)how);
    return 0;
}

static const struct wall_clock_server wall_clock_handlers = {
    .now = wall_clock_now,
};

static int32_t wall_clock_methods(struct object *object,
                                  struct kernel_call *call)
{
    return wall_clock_dispatch(&wall_clock_handlers, object, &call->server);
}

static const struct object_type wall_clock_type = {
    .interface_id = WALL_CLOCK_INTERFACE_ID,
    .name = "wall-clock",
    .dispatch = wall_clock_methods,
    .destroy = root_destroy,
};

const struct root wall_clock_root = {
    .name = "wall-clock",
    .object = &wall_clock_object,
    .type = &wall_clock_type,
};
