/* timer_object.c - Timer: the monotonic clock, and sleeping. */
#include "hal.h"
#include "obj/methods.h"
#include "obj/root.h"

static struct object timer_object;

static int32_t timer_now(void *self, struct server_call *call,
                         struct timer_now_params_reader params,
                         struct timer_now_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    timer_now_results_set_nanoseconds(results, hal_time_now());
    return 0;
}

static void timer_slept(struct timer *timer)
{
    static const uint64_t nothing[4];

    kernel_finish_inline(container_of(timer, struct call, timer), nothing);
}

static int32_t timer_sleep(void *self, struct server_call *call,
                           struct timer_sleep_params_reader params,
                           struct timer_sleep_results_builder results)
{
    uint64_t length_ns = timer_sleep_params_get_nanoseconds(params);
    uint64_t now_ns = hal_time_now();
    struct call *waiting;

    (void)self;
    (void)results;
    if (length_ns > UINT64_MAX - 1 - now_ns) {
        length_ns = UINT64_MAX - 1 - now_ns;
    }
    waiting = kernel_defer(call, NULL, NULL);
    if (!waiting) {
        return kernel_raise(call, ERR_OVERLOADED, "no call record left");
    }
    waiting->timer.fire = timer_slept;
    timer_start(&waiting->timer, now_ns + length_ns);
    return SERVER_PENDING;
}

static const struct timer_server timer_handlers = {
    .now = timer_now,
    .sleep = timer_sleep,
};

static int32_t timer_methods(struct object *object, struct kernel_call *call)
{
    return timer_dispatch(&timer_handlers, object, &call->server);
}

static const struct object_type timer_type = {
    .interface_id = TIMER_INTERFACE_ID,
    .name = "timer",
    .dispatch = timer_methods,
    .destroy = root_destroy,
};

const struct root timer_root = {
    .name = "timer",
    .object = &timer_object,
    .type = &timer_type,
};
