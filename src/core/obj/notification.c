/*
 * notification.c - NotificationFactory, and Notification: bits that are set
 * until somebody takes them.
 *
 * Either no bit is set or nobody waits. The first in line takes all bits that
 * are there, and with the last capability goes the last who could set one: it is
 * closed then, also for who has found it a moment before.
 */
#include "fail.h"
#include "lock.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "proc/process.h"

struct notification {
    struct object object;
    struct lock lock; /* LOCK_PARK */
    bool closed;
    uint64_t bits;
    struct list waiters; /* deferred calls */
};

static struct object notification_factory_object;

void notification_set(struct object *object, uint64_t bits)
{
    struct notification *notification =
        container_of(object, struct notification, object);
    struct call *waiting = NULL;
    uint64_t words[4] = {0};
    struct notification_wait_results_builder taken = {
        wire_builder_inline(words)};

    lock_acquire(&notification->lock);
    notification->bits |= bits;
    if (notification->bits) {
        waiting = call_take_first(&notification->waiters);
    }
    if (waiting) {
        notification_wait_results_set_bits(taken, notification->bits);
        notification->bits = 0;
    }
    lock_release(&notification->lock);
    if (waiting) {
        kernel_finish_inline(waiting, words);
    }
}

static int32_t notification_signal(
    void *self, struct server_call *call,
    struct notification_signal_params_reader params,
    struct notification_signal_results_builder results)
{
    struct notification *notification = self;

    (void)call;
    (void)results;
    notification_set(&notification->object,
                     notification_signal_params_get_bits(params));
    return 0;
}

/*
 * Takes the bits, or gets into the line. SERVER_PENDING: it stands there, 0:
 * *bits; or an error. Locked.
 */
static int32_t notification_take(struct notification *notification,
                                 struct server_call *call, uint64_t *bits)
{
    struct call *waiting;

    *bits = notification->bits;
    notification->bits = 0;
    if (*bits) {
        return 0;
    }
    if (notification->closed) {
        return ERR_DISCONNECTED;
    }
    waiting = kernel_defer(call, &notification->object, &notification->lock);
    if (!waiting) {
        return ERR_OVERLOADED;
    }
    list_push_back(&notification->waiters, &waiting->link);
    return SERVER_PENDING;
}

static int32_t notification_wait(
    void *self, struct server_call *call,
    struct notification_wait_params_reader params,
    struct notification_wait_results_builder results)
{
    struct notification *notification = self;
    uint64_t bits;
    int32_t status;

    (void)params;
    lock_acquire(&notification->lock);
    status = notification_take(notification, call, &bits);
    lock_release(&notification->lock);
    if (status == 0) {
        notification_wait_results_set_bits(results, bits);
    } else if (status == ERR_OVERLOADED) {
        status = kernel_raise(call, status, "no call record left");
    } else if (status == ERR_DISCONNECTED) {
        status = kernel_raise(call, status, "nobody can signal");
    }
    return status;
}

/* Nobody can signal any more: who waits is told. */
static void notification_unheld(struct object *object)
{
    struct notification *notification =
        container_of(object, struct notification, object);
    struct call *waiting;

    object_get(object); /* the waiters' references go */
    do {
        lock_acquire(&notification->lock);
        notification->closed = true;
        waiting = call_take_first(&notification->waiters);
        lock_release(&notification->lock);
        if (waiting) {
            call_fail(waiting, FAIL(ERR_DISCONNECTED, "nobody can signal"));
        }
    } while (waiting);
    object_put(object);
}

static const struct notification_server notification_handlers = {
    .signal = notification_signal,
    .wait = notification_wait,
};

static int32_t notification_methods(struct object *object,
                                    struct kernel_call *call)
{
    return notification_dispatch(
        &notification_handlers,
        container_of(object, struct notification, object), &call->server);
}

static const struct object_type notification_type = {
    .interface_id = NOTIFICATION_INTERFACE_ID,
    .name = "notification",
    .dispatch = notification_methods,
    .unheld = notification_unheld,
};

struct object *notification_object(struct object *object)
{
    return object && object->type == &notification_type ? object : NULL;
}

static int32_t notification_factory_create(
    void *self, struct server_call *call,
    struct notification_factory_create_params_reader params,
    struct notification_factory_create_results_builder results)
{
    struct notification *fresh;
    struct object *object;
    uint32_t index;
    int32_t error = object_create(sizeof(*fresh), &notification_type,
                                  kernel_caller(call)->ledger, &object);

    (void)self;
    (void)params;
    if (error) {
        return kernel_raise(call, error, "no room for a notification");
    }
    fresh = container_of(object, struct notification, object);
    lock_init(&fresh->lock, LOCK_PARK);
    list_init(&fresh->waiters);
    error = kernel_give(call, &fresh->object, &index);
    object_put(&fresh->object);
    if (error) {
        return kernel_raise(call, error, "no room for the capability");
    }
    notification_factory_create_results_set_notification(results, index);
    return 0;
}

static const struct notification_factory_server notification_factory_handlers =
    {.create = notification_factory_create};

static int32_t notification_factory_methods(struct object *object,
                                            struct kernel_call *call)
{
    return notification_factory_dispatch(&notification_factory_handlers,
                                         object, &call->server);
}

static const struct object_type notification_factory_type = {
    .interface_id = NOTIFICATION_FACTORY_INTERFACE_ID,
    .name = "notification-factory",
    .dispatch = notification_factory_methods,
    .destroy = root_destroy,
};

const struct root notification_factory_root = {
    .name = "notifications",
    .object = &notification_factory_object,
    .type = &notification_factory_type,
};
