/*
 * notification.c - NotificationFactory, and Notification: bits that are set
 * until somebody takes them.
 *
 * Either no bit is set or nobody waits. The first in line takes all bits that
 * are there, and with the last capability goes the last who could set one.
 */
#include "fail.h"
#include "lock.h"
#include "mem/heap.h"
#include "obj/methods.h"
#include "obj/root.h"

struct notification {
    struct object object;
    struct lock lock; /* LOCK_PARK */
    uint64_t bits;
    struct list waiters; /* deferred calls */
};

static struct object notification_factory_object;

/* The first waiter, taken out of the line; NULL: none. Locked. */
static struct call *notification_first(struct notification *notification)
{
    struct list_node *node = list_pop_front(&notification->waiters);

    return node ? container_of(node, struct call, link) : NULL;
}

static int32_t notification_signal(
    void *self, struct server_call *call,
    struct notification_signal_params_reader params,
    struct notification_signal_results_builder results)
{
    struct notification *notification = self;
    struct call *waiting = NULL;
    uint64_t words[4] = {0};

    (void)call;
    (void)results;
    lock_acquire(&notification->lock);
    notification->bits |= notification_signal_params_get_bits(params);
    if (notification->bits) {
        waiting = notification_first(notification);
    }
    if (waiting) {
        struct notification_wait_results_builder taken = {
            wire_builder_inline(words)};

        notification_wait_results_set_bits(taken, notification->bits);
        notification->bits = 0;
        kernel_finish_inline(waiting, words);
    }
    lock_release(&notification->lock);
    return 0;
}

static int32_t notification_wait(
    void *self, struct server_call *call,
    struct notification_wait_params_reader params,
    struct notification_wait_results_builder results)
{
    struct notification *notification = self;
    struct call *waiting = NULL;
    uint64_t bits;

    (void)params;
    lock_acquire(&notification->lock);
    bits = notification->bits;
    notification->bits = 0;
    if (!bits) {
        waiting = kernel_defer(call, &notification->object);
    }
    if (waiting) {
        list_push_back(&notification->waiters, &waiting->link);
    }
    lock_release(&notification->lock);
    if (waiting) {
        return SERVER_PENDING;
    }
    if (!bits) {
        return kernel_raise(call, ERR_OVERLOADED, "no call record left");
    }
    notification_wait_results_set_bits(results, bits);
    return 0;
}

/* Nobody can signal any more: who waits is told. */
static void notification_unheld(struct object *object)
{
    struct notification *notification =
        container_of(object, struct notification, object);
    struct call *waiting;

    object_get(object); /* the waiters' references go */
    lock_acquire(&notification->lock);
    while ((waiting = notification_first(notification))) {
        call_fail(waiting, FAIL(ERR_DISCONNECTED, "nobody can signal"));
    }
    lock_release(&notification->lock);
    object_put(object);
}

static void notification_destroy(struct object *object)
{
    heap_free(container_of(object, struct notification, object));
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
    .destroy = notification_destroy,
};

static int32_t notification_factory_create(
    void *self, struct server_call *call,
    struct notification_factory_create_params_reader params,
    struct notification_factory_create_results_builder results)
{
    struct notification *fresh = heap_alloc(sizeof(*fresh));
    uint32_t index;
    int32_t error;

    (void)self;
    (void)params;
    if (!fresh) {
        return kernel_raise(call, ERR_NO_MEMORY,
                            "no memory for a notification");
    }
    object_init(&fresh->object, &notification_type);
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

struct object *notification_factory_root(void)
{
    return root_init(&notification_factory_object, &notification_factory_type);
}
