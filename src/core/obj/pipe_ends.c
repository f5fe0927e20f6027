/*
 * pipe_ends.c - PipeReader, PipeWriter, and PipeFactory, which makes both.
 */
#include "fail.h"
#include "obj/methods.h"
#include "obj/pipe.h"
#include "obj/root.h"
#include "proc/process.h"

static struct object pipe_factory_object;

/* What a method says of its outcome, where it has not taken effect. */
static int32_t pipe_status(struct server_call *call, int32_t status)
{
    if (status == ERR_DISCONNECTED) {
        return kernel_raise(call, status, "nobody reads the pipe");
    }
    if (status == ERR_OVERLOADED) {
        return kernel_raise(call, status,
                            "no call record left, or too many wait already");
    }
    return status;
}

/* Nobody can name an end any more: its side is closed. */
static void pipe_end_close(struct object *object, bool reader)
{
    struct pipe *pipe = pipe_end_of(object)->pipe;

    object_get(&pipe->object); /* calls that wait have the ends' references */
    lock_acquire(&pipe->lock);
    if (reader) {
        pipe->read_closed = true;
    } else {
        pipe->write_closed = true;
    }
    lock_release(&pipe->lock);
    pipe_serve(pipe);
    object_put(&pipe->object);
}

static void pipe_end_destroy(struct object *object)
{
    object_put(&pipe_end_of(object)->pipe->object);
}

/* ------------------------------------------------------------------ reading */

/* Takes bytes into results, or waits for some. Locked. */
static int32_t pipe_read_locked(struct pipe_end *end, struct server_call *call,
                                struct pipe_reader_read_results_builder results,
                                uint32_t max)
{
    struct pipe *pipe = end->pipe;
    uint32_t room = wire_builder_room(&call->builder);
    uint32_t count = max < room ? max : room;
    uint8_t *data;

    if (list_empty(&pipe->readers) && (pipe->used || pipe_ended(pipe))) {
        count = count < pipe->used ? count : pipe->used;
        data = pipe_reader_read_results_init_data(results, count);
        if (count) {
            pipe_take(pipe, data, count);
        }
        return 0;
    }
    return pipe_wait(end, call, &pipe->readers) ? SERVER_PENDING
                                                : ERR_OVERLOADED;
}

static int32_t pipe_reader_read(void *self, struct server_call *call,
                                struct pipe_reader_read_params_reader params,
                                struct pipe_reader_read_results_builder results)
{
    struct pipe_end *end = self;
    uint32_t max = pipe_reader_read_params_get_max(params);
    int32_t status;

    if (max == 0 || wire_builder_room(&call->builder) == 0) {
        return kernel_raise(call, ERR_INVALID,
                            "max and the result buffer must hold a byte");
    }
    lock_acquire(&end->pipe->lock);
    status = pipe_read_locked(end, call, results, max);
    lock_release(&end->pipe->lock);
    if (!status) {
        pipe_serve(end->pipe); /* there is room now */
    }
    return pipe_status(call, status);
}

static const struct pipe_reader_server pipe_reader_handlers = {
    .read = pipe_reader_read,
};

static int32_t pipe_reader_methods(struct object *object,
                                   struct kernel_call *call)
{
    return pipe_reader_dispatch(&pipe_reader_handlers, pipe_end_of(object),
                                &call->server);
}

static void pipe_reader_unheld(struct object *object)
{
    pipe_end_close(object, true);
}

const struct object_type pipe_reader_type = {
    .interface_id = PIPE_READER_INTERFACE_ID,
    .name = "pipe-reader",
    .dispatch = pipe_reader_methods,
    .unheld = pipe_reader_unheld,
    .destroy = pipe_end_destroy,
};

/* ------------------------------------------------------------------ writing */

/* Puts bytes in, or waits for room; *written: how many. Locked. */
static int32_t pipe_write_locked(struct pipe_end *end,
                                 struct server_call *call,
                                 struct wire_data data, uint32_t *written)
{
    const struct sqe *sqe = kernel_call_of(call)->sqe;
    struct pipe *pipe = end->pipe;
    struct call *waiting;

    if (pipe_broken(pipe)) {
        return ERR_DISCONNECTED;
    }
    *written = list_empty(&pipe->writers) ? pipe_fit(pipe, data.length) : 0;
    if (*written || !data.length) {
        pipe_put(pipe, data.bytes, *written);
        return 0;
    }
    waiting = pipe_wait(end, call, &pipe->writers);
    if (!waiting) {
        return ERR_OVERLOADED;
    }
    /* Where the bytes are in the caller's window, which keeps them. */
    waiting->memory.params =
        sqe->memory.params +
        (uint64_t)((const char *)data.bytes - (const char *)call->params);
    waiting->memory.params_len = data.length;
    return SERVER_PENDING;
}

static int32_t pipe_writer_write(
    void *self, struct server_call *call,
    struct pipe_writer_write_params_reader params,
    struct pipe_writer_write_results_builder results)
{
    struct pipe_end *end = self;
    uint32_t written = 0;
    int32_t status;

    lock_acquire(&end->pipe->lock);
    status = pipe_write_locked(
        end, call, pipe_writer_write_params_get_data(params), &written);
    lock_release(&end->pipe->lock);
    if (!status) {
        pipe_writer_write_results_set_written(results, written);
        pipe_serve(end->pipe); /* there are bytes now */
    }
    return pipe_status(call, status);
}

static const struct pipe_writer_server pipe_writer_handlers = {
    .write = pipe_writer_write,
};

static int32_t pipe_writer_methods(struct object *object,
                                   struct kernel_call *call)
{
    return pipe_writer_dispatch(&pipe_writer_handlers, pipe_end_of(object),
                                &call->server);
}

static void pipe_writer_unheld(struct object *object)
{
    pipe_end_close(object, false);
}

const struct object_type pipe_writer_type = {
    .interface_id = PIPE_WRITER_INTERFACE_ID,
    .name = "pipe-writer",
    .dispatch = pipe_writer_methods,
    .unheld = pipe_writer_unheld,
    .destroy = pipe_end_destroy,
};

/* ------------------------------------------------------------------- making */

/* Gives the caller both ends, or none; the references are given up. */
static int32_t pipe_give(struct server_call *call, struct object *reader,
                         struct object *writer, uint32_t index[2])
{
    struct object *const ends[2] = {reader, writer};
    int32_t error = kernel_give_all(call, ends, 2, index);

    object_put(reader);
    object_put(writer);
    return error;
}

static int32_t pipe_factory_create(
    void *self, struct server_call *call,
    struct pipe_factory_create_params_reader params,
    struct pipe_factory_create_results_builder results)
{
    uint32_t bytes = pipe_factory_create_params_get_bytes(params);
    struct object *reader;
    struct object *writer;
    uint32_t index[2];
    int32_t error;

    (void)self;
    bytes = bytes ? bytes : PIPE_BYTES_DEFAULT;
    if (bytes < PIPE_BYTES_MIN || bytes > PIPE_BYTES_MAX) {
        return kernel_raise(call, ERR_INVALID,
                            "a pipe holds 512 to 65536 bytes");
    }
    error = pipe_create(kernel_caller(call)->ledger, bytes, &reader, &writer);
    if (error) {
        return kernel_raise(call, error, "no room for a pipe");
    }
    error = pipe_give(call, reader, writer, index);
    if (error) {
        return kernel_raise(call, error, "no room for the capabilities");
    }
    pipe_factory_create_results_set_reader(results, index[0]);
    pipe_factory_create_results_set_writer(results, index[1]);
    return 0;
}

static const struct pipe_factory_server pipe_factory_handlers = {
    .create = pipe_factory_create,
};

static int32_t pipe_factory_methods(struct object *object,
                                    struct kernel_call *call)
{
    return pipe_factory_dispatch(&pipe_factory_handlers, object,
                                 &call->server);
}

static const struct object_type pipe_factory_type = {
    .interface_id = PIPE_FACTORY_INTERFACE_ID,
    .name = "pipe-factory",
    .dispatch = pipe_factory_methods,
    .destroy = root_destroy,
};

const struct root pipe_factory_root = {
    .name = "pipes",
    .object = &pipe_factory_object,
    .type = &pipe_factory_type,
};
