/* log_reader.c - LogReader: the kernel's log, for people. */
#include "log.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "sched/cpu.h"

static struct object log_reader_object;

static int32_t log_reader_read(void *self, struct server_call *call,
                               struct log_reader_read_params_reader params,
                               struct log_reader_read_results_builder results)
{
    uint32_t max = log_reader_read_params_get_max(params);
    uint32_t room = wire_builder_room(&call->builder);
    uint64_t cursor = log_reader_read_params_get_cursor(params);
    void *bytes = cpu_self()->params;
    uint64_t dropped;
    size_t count;

    (void)self;
    count = log_read(&cursor, &dropped, bytes, max < room ? max : room);
    log_reader_read_results_set_next(results, cursor);
    log_reader_read_results_set_dropped(results, dropped);
    log_reader_read_results_set_data(
        results, (struct wire_data){bytes, (uint32_t)count});
    return 0;
}

static const struct log_reader_server log_reader_handlers = {
    .read = log_reader_read,
};

static int32_t log_reader_methods(struct object *object,
                                  struct kernel_call *call)
{
    return log_reader_dispatch(&log_reader_handlers, object, &call->server);
}

static const struct object_type log_reader_type = {
    .interface_id = LOG_READER_INTERFACE_ID,
    .name = "log-reader",
    .dispatch = log_reader_methods,
    .destroy = root_destroy,
};

struct object *log_reader_root(void)
{
    return root_init(&log_reader_object, &log_reader_type);
}
