/*
 * console.c - Console: the terminal.
 *
 * One lock orders who writes, who reads, and what comes in: a reader that finds
 * nothing stands in the list before the next byte is looked for.
 */
#include "fail.h"
#include "hal.h"
#include "lock.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "sched/cpu.h"

static struct console {
    struct object object;
    struct lock lock;    /* LOCK_PARK */
    struct list readers; /* at most one deferred call */
} console;

static int32_t console_write(void *self, struct server_call *call,
                             struct console_write_params_reader params,
                             struct console_write_results_builder results)
{
    struct wire_data data = console_write_params_get_data(params);

    (void)self;
    (void)call;
    (void)results;
    lock_acquire(&console.lock);
    hal_console_write(HAL_PORT_TERMINAL, data.bytes, data.length);
    lock_release(&console.lock);
    return 0;
}

/* Bytes of data that fit into results of that size. */
static uint32_t console_fit(const struct server_call *call, uint32_t max)
{
    uint32_t room = wire_builder_room(&call->builder);

    return max < room ? max : room;
}

/*
 * Writes the bytes that are there, or none at end of file, into results.
 * SERVER_PENDING: nothing is there yet. Locked.
 */
static int32_t console_take(struct server_call *call,
                            struct console_read_results_builder results,
                            uint32_t max)
{
    void *bytes = cpu_self()->params;
    int64_t count = hal_console_read(HAL_PORT_TERMINAL, bytes,
                                     console_fit(call, max));

    if (count == 0) {
        return SERVER_PENDING;
    }
    console_read_results_set_data(
        results, (struct wire_data){bytes, count < 0 ? 0 : (uint32_t)count});
    return 0;
}

/* Takes what is there, or becomes the one who waits. An error: it cannot. */
static int32_t console_read_locked(struct server_call *call,
                                   struct console_read_results_builder results,
                                   uint32_t max)
{
    struct call *waiting;
    int32_t status;

    if (!list_empty(&console.readers)) {
        return ERR_EXISTS;
    }
    status = console_take(call, results, max);
    if (status != SERVER_PENDING) {
        return status;
    }
    waiting = kernel_defer(call, NULL, &console.lock);
    if (!waiting) {
        return ERR_OVERLOADED;
    }
    list_push_back(&console.readers, &waiting->link);
    return SERVER_PENDING;
}

static int32_t console_read(void *self, struct server_call *call,
                            struct console_read_params_reader params,
                            struct console_read_results_builder results)
{
    uint32_t max = console_read_params_get_max(params);
    int32_t status;

    (void)self;
    if (max == 0 || console_fit(call, max) == 0) {
        return kernel_raise(call, ERR_INVALID,
                            "max and the result buffer must hold a byte");
    }
    lock_acquire(&console.lock);
    status = console_read_locked(call, results, max);
    lock_release(&console.lock);
    if (status == ERR_EXISTS) {
        return kernel_raise(call, ERR_OVERLOADED,
                            "somebody else reads the console");
    }
    if (status == ERR_OVERLOADED) {
        return kernel_raise(call, status, "no call record left");
    }
    return status;
}

/* What came in for the one who waits; NULL: nobody, or nothing. Locked. */
static struct call *console_input_locked(struct server_call *call)
{
    struct list_node *first = list_first(&console.readers);
    struct console_read_results_builder results;
    struct call *waiting;

    if (!first) {
        return NULL;
    }
    waiting = container_of(first, struct call, link);
    call->result_size = waiting->result_len;
    results = console_read_results_begin(call);
    /* The params were inline: max is the first word. */
    if (console_take(call, results, (uint32_t)waiting->words[0]) != 0) {
        return NULL;
    }
    return call_take_first(&console.readers);
}

void console_input(void)
{
    struct server_call call = {.result = cpu_self()->results};
    struct call *waiting;

    lock_acquire(&console.lock);
    waiting = console_input_locked(&call);
    lock_release(&console.lock);
    if (!waiting) {
        return;
    }
    if (server_finish(&call, 0) < 0) {
        call_fail(waiting, FAIL(ERR_TOO_LARGE, "console data"));
    } else {
        kernel_finish_message(waiting, call.result, call.result_len);
    }
}

static const struct console_server console_handlers = {
    .write = console_write,
    .read = console_read,
};

static int32_t console_methods(struct object *object,
                               struct kernel_call *call)
{
    return console_dispatch(&console_handlers, object, &call->server);
}

static const struct object_type console_type = {
    .interface_id = CONSOLE_INTERFACE_ID,
    .name = "console",
    .dispatch = console_methods,
    .destroy = root_destroy,
};

static void console_start(const struct root_start *start)
{
    (void)start;
    lock_init(&console.lock, LOCK_PARK);
    list_init(&console.readers);
}

const struct root console_root = {
    .name = "console",
    .object = &console.object,
    .type = &console_type,
    .start = console_start,
};
