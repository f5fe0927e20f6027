/*
 * scheduling_context.c - SchedulingContextFactory, and SchedulingContext: who
 * pays for the time that threads run (sched/context.h).
 */
#include "fail.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "proc/process.h"
#include "sched/context.h"

static struct object scheduling_context_factory_object;

/* ------------------------------------------------------------------- contexts */

static int32_t scheduling_context_bind(
    void *self, struct server_call *call,
    struct scheduling_context_bind_params_reader params,
    struct scheduling_context_bind_results_builder results)
{
    struct object *object =
        cap_get(&kernel_caller(call)->caps,
                scheduling_context_bind_params_get_thread(params));
    int32_t error = ERR_INVALID;

    (void)results;
    if (object && object->type == &thread_type) {
        struct thread *thread = thread_of(object);

        error = context_bind(self, kernel_node(call), thread->process, thread);
    }
    if (object) {
        object_put(object);
    }
    return error ? kernel_raise(call, error, "the thread cannot be bound") : 0;
}

static int32_t scheduling_context_bind_process(
    void *self, struct server_call *call,
    struct scheduling_context_bind_process_params_reader params,
    struct scheduling_context_bind_process_results_builder results)
{
    struct object *object =
        cap_get(&kernel_caller(call)->caps,
                scheduling_context_bind_process_params_get_process(params));
    int32_t error = ERR_INVALID;

    (void)results;
    if (object && object->type == &process_type) {
        error = context_bind(self, kernel_node(call), process_of(object), NULL);
    }
    if (object) {
        object_put(object);
    }
    return error ? kernel_raise(call, error, "the process cannot be bound") : 0;
}

static int32_t scheduling_context_unbind(
    void *self, struct server_call *call,
    struct scheduling_context_unbind_params_reader params,
    struct scheduling_context_unbind_results_builder results)
{
    (void)call;
    (void)params;
    (void)results;
    context_unbind(self);
    return 0;
}

static int32_t scheduling_context_replenish(
    void *self, struct server_call *call,
    struct scheduling_context_replenish_params_reader params,
    struct scheduling_context_replenish_results_builder results)
{
    (void)call;
    (void)params;
    (void)results;
    context_replenish(self);
    return 0;
}

static int32_t scheduling_context_limits(
    void *self, struct server_call *call,
    struct scheduling_context_limits_params_reader params,
    struct scheduling_context_limits_results_builder results)
{
    const struct sched_context *context = self;

    (void)call;
    (void)params;
    scheduling_context_limits_results_set_weight(results, context->weight);
    scheduling_context_limits_results_set_budget(results, context->budget_ns);
    scheduling_context_limits_results_set_period(results, context->period_ns);
    return 0;
}

static int32_t scheduling_context_usage(
    void *self, struct server_call *call,
    struct scheduling_context_usage_params_reader params,
    struct scheduling_context_usage_results_builder results)
{
    struct context_look look;

    (void)call;
    (void)params;
    context_look(self, &look);
    scheduling_context_usage_results_set_left(results, look.left_ns);
    scheduling_context_usage_results_set_used(results, look.used_ns);
    scheduling_context_usage_results_set_depletions(results, look.depletions);
    scheduling_context_usage_results_set_threads(results, look.threads);
    return 0;
}

static const struct scheduling_context_server scheduling_context_handlers = {
    .bind = scheduling_context_bind,
    .bind_process = scheduling_context_bind_process,
    .unbind = scheduling_context_unbind,
    .replenish = scheduling_context_replenish,
    .limits = scheduling_context_limits,
    .usage = scheduling_context_usage,
};

static int32_t scheduling_context_methods(struct object *object,
                                          struct kernel_call *call)
{
    return scheduling_context_dispatch(
        &scheduling_context_handlers,
        container_of(object, struct sched_context, object), &call->server);
}

const struct object_type scheduling_context_type = {
    .interface_id = SCHEDULING_CONTEXT_INTERFACE_ID,
    .name = "scheduling-context",
    .dispatch = scheduling_context_methods,
    .unheld = context_unheld,
    .destroy = context_destroy,
};

/* --------------------------------------------------------------------- making */

/* The Notification that the params name, with a reference; false: it is none. */
static bool scheduling_context_notification(struct server_call *call,
                                            uint64_t cap, struct object **out)
{
    struct object *object = cap_get(&kernel_caller(call)->caps, cap);

    *out = notification_object(object);
    if (object && !*out) {
        object_put(object);
    }
    return *out != NULL;
}

static int32_t scheduling_context_factory_create(
    void *self, struct server_call *call,
    struct scheduling_context_factory_create_params_reader params,
    struct scheduling_context_factory_create_results_builder results)
{
    uint64_t bell =
        scheduling_context_factory_create_params_get_notification(params);
    struct context_request request = {
        .weight = scheduling_context_factory_create_params_get_weight(params),
        .budget_ns =
            scheduling_context_factory_create_params_get_budget(params),
        .period_ns =
            scheduling_context_factory_create_params_get_period(params),
        .bits = scheduling_context_factory_create_params_get_bits(params),
    };
    struct sched_context *context;
    uint32_t index;
    int32_t error;

    (void)self;
    if (bell && !scheduling_context_notification(call, bell,
                                                 &request.notification)) {
        return kernel_raise(call, ERR_INVALID,
                            "notification is no Notification that the caller "
                            "holds");
    }
    error = context_create(kernel_caller(call)->ledger, &request, &context);
    if (request.notification) {
        object_put(request.notification);
    }
    if (!error) {
        error = kernel_give_new(call, &context->object, &index);
    }
    if (error) {
        return kernel_raise(call, error, "the context cannot be made so");
    }
    scheduling_context_factory_create_results_set_context(results, index);
    return 0;
}

static const struct scheduling_context_factory_server
    scheduling_context_factory_handlers = {
        .create = scheduling_context_factory_create,
};

static int32_t scheduling_context_factory_methods(struct object *object,
                                                  struct kernel_call *call)
{
    return scheduling_context_factory_dispatch(
        &scheduling_context_factory_handlers, object, &call->server);
}

static const struct object_type scheduling_context_factory_type = {
    .interface_id = SCHEDULING_CONTEXT_FACTORY_INTERFACE_ID,
    .name = "scheduling-context-factory",
    .dispatch = scheduling_context_factory_methods,
    .destroy = root_destroy,
};

static void scheduling_context_factory_start(const struct root_start *start)
{
    (void)start;
    context_start();
}

const struct root scheduling_context_factory_root = {
    .name = "scheduling",
    .object = &scheduling_context_factory_object,
    .type = &scheduling_context_factory_type,
    .start = scheduling_context_factory_start,
};
