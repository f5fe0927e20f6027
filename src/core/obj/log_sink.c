/*
 * log_sink.c - LogSink: where a component writes its log; LogSinkFactory.
 *
 * A sink has a ring of the log (log.h), which lives as long as the sink.
 */
#include "fail.h"
#include "log.h"
#include "mem/heap.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "proc/process.h"
#include "text.h"

struct log_sink {
    struct object object;
    struct log_ring ring; /* bytes: charged as LEDGER_LOG_BYTES */
};

static struct object log_sink_factory_object;

static int32_t log_sink_write(void *self, struct server_call *call,
                              struct log_sink_write_params_reader params,
                              struct log_sink_write_results_builder results)
{
    struct log_sink *sink = self;
    struct wire_text text = log_sink_write_params_get_text(params);
    uint16_t level = log_sink_write_params_get_level(params);

    if (level >= LOG_LEVELS) {
        return kernel_raise(call, ERR_INVALID, "there is no such level");
    }
    if (text.length > LOG_TEXT_BYTES_MAX) {
        return kernel_raise(call, ERR_TOO_LARGE,
                            "a record has at most 240 bytes of text");
    }
    log_sink_write_results_set_kept(
        results, log_append(&sink->ring, (enum log_level)level, text.bytes,
                            text.length));
    return 0;
}

static void log_sink_destroy(struct object *object)
{
    struct log_sink *sink = container_of(object, struct log_sink, object);

    if (list_linked(&sink->ring.link)) {
        log_remove(&sink->ring);
    }
    if (sink->ring.bytes) {
        heap_free(sink->ring.bytes);
        ledger_refund(object->ledger, LEDGER_LOG_BYTES, sink->ring.capacity);
    }
}

static const struct log_sink_server log_sink_handlers = {
    .write = log_sink_write,
};

static int32_t log_sink_methods(struct object *object,
                                struct kernel_call *call)
{
    return log_sink_dispatch(&log_sink_handlers,
                             container_of(object, struct log_sink, object),
                             &call->server);
}

static const struct object_type log_sink_type = {
    .interface_id = LOG_SINK_INTERFACE_ID,
    .name = "log-sink",
    .dispatch = log_sink_methods,
    .destroy = log_sink_destroy,
};

/* ------------------------------------------------------------------- making */

/* A name that can be told from all else on a line, and from the kernel's. */
static bool log_component_valid(struct wire_text name)
{
    if (name.length == 0 || name.length > NAME_BYTES_MAX ||
        (name.length == 6 && __builtin_memcmp(name.bytes, "kernel", 6) == 0)) {
        return false;
    }
    for (uint32_t i = 0; i < name.length; i++) {
        if ((uint8_t)name.bytes[i] <= 0x20 || name.bytes[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

/* The ring's bytes, charged, and its place in the log. */
static int32_t log_sink_furnish(struct log_sink *sink, struct wire_text name,
                                uint32_t bytes)
{
    struct log_ring *ring = &sink->ring;
    int32_t error = ledger_charge(sink->object.ledger, LEDGER_LOG_BYTES,
                                  bytes);

    if (error) {
        return error;
    }
    ring->bytes = heap_alloc(bytes);
    if (!ring->bytes) {
        ledger_refund(sink->object.ledger, LEDGER_LOG_BYTES, bytes);
        return FAIL(ERR_NO_MEMORY, "no memory for a log");
    }
    ring->capacity = bytes;
    __builtin_memcpy(ring->component, name.bytes, name.length);
    return log_add(ring);
}

static int32_t log_sink_create(struct ledger *ledger, struct wire_text name,
                               uint32_t bytes, struct object **out)
{
    int32_t error = object_create(sizeof(struct log_sink), &log_sink_type,
                                  ledger, out);
    struct log_sink *sink;

    if (error) {
        return error;
    }
    sink = container_of(*out, struct log_sink, object);
    list_node_init(&sink->ring.link);
    error = log_sink_furnish(sink, name, bytes);
    if (error) {
        object_put(*out);
    }
    return error;
}

static int32_t log_sink_factory_mint(
    void *self, struct server_call *call,
    struct log_sink_factory_mint_params_reader params,
    struct log_sink_factory_mint_results_builder results)
{
    struct wire_text name = log_sink_factory_mint_params_get_component(params);
    uint32_t bytes = log_sink_factory_mint_params_get_bytes(params);
    struct object *sink;
    uint32_t index;
    int32_t error;

    (void)self;
    bytes = bytes ? bytes : LOG_BYTES_DEFAULT;
    if (!log_component_valid(name)) {
        return kernel_raise(call, ERR_INVALID,
                            "a component's name: 1 to 31 printable bytes");
    }
    if (bytes < LOG_BYTES_MIN || bytes > LOG_BYTES_MAX) {
        return kernel_raise(call, ERR_INVALID,
                            "a log keeps 1024 to 65536 bytes");
    }
    error = log_sink_create(kernel_caller(call)->ledger, name,
                            (bytes + 7u) & ~7u, &sink);
    if (!error) {
        error = kernel_give_new(call, sink, &index);
    }
    if (error) {
        return kernel_raise(call, error, "no room for a log sink");
    }
    log_sink_factory_mint_results_set_sink(results, index);
    return 0;
}

static const struct log_sink_factory_server log_sink_factory_handlers = {
    .mint = log_sink_factory_mint,
};

static int32_t log_sink_factory_methods(struct object *object,
                                        struct kernel_call *call)
{
    return log_sink_factory_dispatch(&log_sink_factory_handlers, object,
                                     &call->server);
}

static const struct object_type log_sink_factory_type = {
    .interface_id = LOG_SINK_FACTORY_INTERFACE_ID,
    .name = "log-sink-factory",
    .dispatch = log_sink_factory_methods,
    .destroy = root_destroy,
};

const struct root log_sink_factory_root = {
    .name = "log-sinks",
    .object = &log_sink_factory_object,
    .type = &log_sink_factory_type,
};
