/* console.c - Console: the terminal. */
#include "fail.h"
#include "hal.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "sched/cpu.h"

static struct console {
    struct object object;
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
    hal_console_write(HAL_PORT_TERMINAL, data.bytes, data.length);
    return 0;
}

/* Bytes of data that fit into results of that size. */
static uint32_t console_fit(const struct server_call *call, uint32_t max)
{
    uint32_t room = wire_builder_room(&call->builder);

    return max < room ? max : room;
}

/* Writes the bytes that are there, or none at end of file, into results. */
static int32_t console_take(struct server_call *call,
                            struct console_read_results_builder results,
                            uint32_t max)
{
    void *bytes = cpu_self()->params;
    int64_t count = hal_console_read(bytes, console_fit(call, max));

    if (count == 0) {
        return SERVER_PENDING;
    }
    console_read_results_set_data(
        results, (struct wire_data){bytes, count < 0 ? 0 : (uint32_t)count});
    return 0;
}

static int32_t console_read(void *self, struct server_call *call,
                            struct console_read_params_reader params,
                            struct console_read_results_builder results)
{
    uint32_t max = console_read_params_get_max(params);
    struct call *waiting;
    int32_t status;

    (void)self;
    if (max == 0 || console_fit(call, max) == 0) {
        return kernel_raise(call, ERR_INVALID,
                            "max and the result buffer must hold a byte");
    }
    if (!list_empty(&console.readers)) {
        return kernel_raise(call, ERR_OVERLOADED,
                            "somebody else reads the console");
    }
    status = console_take(call, results, max);
    if (status != SERVER_PENDING) {
        return status;
    }
    waiting = kernel_defer(call, NULL);
    if (!waiting) {
        return kernel_raise(call, ERR_OVERLOADED, "no call record left");
    }
    list_push_back(&console.readers, &waiting->link);
    return SERVER_PENDING;
}

void console_input(void)
{
    struct list_node *first = list_first(&console.readers);
    struct call *waiting;
    struct server_call call = {.result = cpu_self()->results};
    struct console_read_results_builder results;

    if (!first) {
        return;
    }
    waiting = container_of(first, struct call, link);
    call.result_size = waiting->result_len;
    results = console_read_results_begin(&call);
    /* The params were inline: max is the first word. */
    if (console_take(&call, results, (uint32_t)waiting->words[0]) != 0) {
        return;
    }
    list_remove(first);
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

struct object *console_root(void)
{
    list_init(&console.readers);
    return root_init(&console.object, &console_type);
}
