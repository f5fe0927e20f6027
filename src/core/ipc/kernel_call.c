/* kernel_call.c - running calls on kernel objects, now and later. */
#include "ipc/kernel_call.h"

#include "capos.gen.h"
#include "check/inject.h"
#include "fail.h"
#include "ipc/copy.h"
#include "ipc/promise.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "ring/complete.h"
#include "sched/cpu.h"

struct process *kernel_caller(struct server_call *server)
{
    return kernel_call_of(server)->thread->process;
}

static uint32_t kernel_kind(int32_t error)
{
    switch (error) {
    case ERR_OVERLOADED:
    case ERR_NO_MEMORY:
        return CAP_EXCEPTION_KIND_OVERLOADED;
    case ERR_DISCONNECTED:
        return CAP_EXCEPTION_KIND_DISCONNECTED;
    case ERR_NOT_FOUND:
    case ERR_BAD_PACKAGE:
        return CAP_EXCEPTION_KIND_FAILED;
    default:
        return CAP_EXCEPTION_KIND_INVALID_ARGUMENT;
    }
}

int32_t kernel_raise(struct server_call *server, int32_t error,
                     const char *reason)
{
    return server_raise(server, kernel_kind(error), FAIL(error, reason),
                        reason);
}

static int32_t kernel_check(struct thread *thread, const struct sqe *sqe)
{
    if (sqe->flags & ~(RING_INLINE | RING_RINLINE)) {
        return FAIL(ERR_BAD_FLAGS, "flags of CALL");
    }
    if (sqe->flags & RING_RINLINE) {
        return sqe->result || sqe->result_len
                   ? FAIL(ERR_BAD_FLAGS, "result buffer with RINLINE")
                   : 0;
    }
    if (sqe->result_len > KERNEL_MESSAGE_BYTES_MAX) {
        return FAIL(ERR_TOO_LARGE, "results over KERNEL_MESSAGE_BYTES_MAX");
    }
    /* Seen before the method runs: no effect is left without an answer. */
    return copy_writable(thread->process, sqe->result, sqe->result_len)
               ? 0
               : FAIL(ERR_BAD_BUFFER, "result buffer is not writable");
}

/* Fetches the params: inline words, or a private copy of the message. */
static int32_t kernel_params(struct kernel_call *call)
{
    const struct sqe *sqe = call->sqe;
    struct cpu *cpu = cpu_self();

    call->server.params = NULL;
    call->server.params_len = 0;
    call->ncaps = 0;
    call->server.result = cpu->results;
    call->server.result_size = sqe->result_len;
    if (sqe->flags & RING_INLINE) {
        for (uint32_t i = 0; i < 4; i++) {
            call->server.words[i] = sqe->words[i];
        }
        return 0;
    }
    if (sqe->memory.reserved || (!sqe->memory.ncaps && sqe->memory.xfers)) {
        return FAIL(ERR_BAD_FLAGS, "reserved field of CALL set");
    }
    if (sqe->memory.params_len > KERNEL_MESSAGE_BYTES_MAX ||
        sqe->memory.ncaps > MESSAGE_CAPS_MAX) {
        return FAIL(ERR_TOO_LARGE, "params over their limits");
    }
    call->server.params = cpu->params;
    call->server.params_len = sqe->memory.params_len;
    call->ncaps = sqe->memory.ncaps;
    if (call->ncaps &&
        hal_user_copy_in(call->xfers, sqe->memory.xfers,
                         call->ncaps * sizeof(call->xfers[0]))) {
        return FAIL(ERR_BAD_BUFFER, "transfer descriptors");
    }
    return hal_user_copy_in(cpu->params, sqe->memory.params,
                            sqe->memory.params_len);
}

/* Copies results to the caller; the buffer was seen to be writable. */
static int32_t kernel_results(struct kernel_call *call, struct cqe *entry)
{
    struct server_call *server = &call->server;
    uint64_t after = call->sqe->result + ((server->result_len + 7u) & ~7u);
    int32_t error;

    if (server->flags & RING_RINLINE) {
        entry->flags = RING_CQE_INLINE;
        for (uint32_t i = 0; i < 4; i++) {
            entry->words[i] = server->rwords[i];
        }
        return 0;
    }
    error = hal_user_copy_out(call->sqe->result, server->result,
                              server->result_len);
    if (!error && server->ncaps) {
        error = hal_user_copy_out(after, server->caps, 8u * server->ncaps);
    }
    entry->flags = (uint8_t)(server->ncaps << RING_CQE_CAPS_SHIFT);
    return error ? error : (int32_t)server->result_len;
}

static int32_t kernel_exception(struct kernel_call *call, struct cqe *entry)
{
    struct server_call *server = &call->server;
    int32_t bytes = server_exception(server, server->result,
                                     call->sqe->result_len);

    entry->words[0] = server->exception_kind;
    entry->words[1] = (uint64_t)(int64_t)server->exception_detail;
    if (bytes < 0 || hal_user_copy_out(call->sqe->result, server->result,
                                       (uint32_t)bytes)) {
        return ERR_EXCEPTION_TRUNCATED;
    }
    entry->words[2] = (uint32_t)bytes;
    return ERR_EXCEPTION;
}

/* Posts the outcome of a call that completes at once. */
static void kernel_answer(struct kernel_call *call, int32_t status)
{
    struct thread *thread = call->thread;
    struct cqe entry = {.user_data = call->sqe->user_data,
                        .method = call->sqe->method};

    if (status == 0) {
        status = kernel_results(call, &entry);
    } else if (call->refused) {
        status = call->refused;
    } else if (status == ERR_EXCEPTION) {
        status = kernel_exception(call, &entry);
    }
    entry.result = status;
    if (thread->promising) {
        promise_answer(thread, &entry, call->server.caps,
                       status < 0 ? 0 : call->server.ncaps);
    }
    if (hal_trace_enabled()) {
        hal_trace(TRACE_ANSWER, (uint32_t)thread->id, 0,
                  (uint64_t)(int64_t)status);
    }
    complete_entry(thread, &entry);
}

void kernel_call_run(struct thread *thread, struct object *object,
                     struct revocation_node *node, const struct sqe *sqe)
{
    struct kernel_call call; /* the rest is dispatch's to fill in */
    int32_t status = kernel_check(thread, sqe);

    call.thread = thread;
    call.sqe = sqe;
    call.node = node;
    call.refused = 0;
    if (!status) {
        status = kernel_params(&call);
    }
    if (!status) {
        call.server.method = sqe->method;
        call.server.tag = 0;
        call.server.call_id = 0;
        call.server.context = NULL;
        call.server.flags = sqe->flags;
        if (inject_begin(&call.server, &status)) {
            status = object->type->dispatch(object, &call);
            inject_end(&call.server, status);
        }
    }
    if (status != SERVER_PENDING) {
        kernel_answer(&call, status);
    }
}

int32_t kernel_cap(struct server_call *server, uint32_t index,
                   struct cap_edge *edge)
{
    struct kernel_call *call = kernel_call_of(server);

    if (index >= call->ncaps) {
        return FAIL(ERR_BAD_CAPABILITY, "the params name no capability");
    }
    return cap_transfer_peek(&call->thread->process->caps,
                             &call->xfers[index], edge);
}

/* Gives the caller capabilities as the edges say, but for their origin. */
static int32_t kernel_give_edges(struct server_call *server,
                                 struct cap_edge *edges, uint32_t count,
                                 uint32_t *index)
{
    uint32_t used = 8 * server->builder.used + 8 * (server->ncaps + count);
    uint64_t caps[MESSAGE_CAPS_MAX];
    int32_t error;

    if (used > server->result_size) {
        return FAIL(ERR_TOO_LARGE, "no place for the capability in result");
    }
    for (uint32_t i = 0; i < count; i++) {
        edges[i].origin = CAP_ORIGIN_RESULT_CAP;
    }
    error = cap_insert_all(&kernel_caller(server)->caps, edges, count, caps);
    for (uint32_t i = 0; !error && i < count; i++) {
        index[i] = server_add_cap(server, caps[i]);
    }
    return error;
}

int32_t kernel_give_edge(struct server_call *server,
                         const struct cap_edge *edge, uint32_t *index)
{
    struct cap_edge given = *edge;

    return kernel_give_edges(server, &given, 1, index);
}

/*
 * What the caller is given of the object: through a node below the one that was
 * called through, of which the edge has the reference.
 */
static int32_t kernel_edge(struct server_call *server, struct object *object,
                           struct cap_edge *edge)
{
    struct revocation_node *node = kernel_node(server);

    *edge = (struct cap_edge){.object = object};
    return node == &revocation_root
               ? 0
               : node_create(node_derive_from(node), object, NULL,
                             kernel_caller(server)->ledger, &edge->node);
}

int32_t kernel_give_all(struct server_call *server,
                        struct object *const *objects, uint32_t count,
                        uint32_t *index)
{
    struct cap_edge edges[MESSAGE_CAPS_MAX];
    uint32_t made = 0;
    int32_t error = 0;

    ASSERT(count <= MESSAGE_CAPS_MAX);
    while (made < count && !error) {
        error = kernel_edge(server, objects[made], &edges[made]);
        made += !error;
    }
    if (!error) {
        error = kernel_give_edges(server, edges, count, index);
    }
    while (made-- != 0) {
        if (edges[made].node) {
            object_put(&edges[made].node->object);
        }
    }
    return error;
}

int32_t kernel_give(struct server_call *server, struct object *object,
                    uint32_t *index)
{
    return kernel_give_all(server, &object, 1, index);
}

int32_t kernel_give_new(struct server_call *server, struct object *object,
                        uint32_t *index)
{
    int32_t error;

    if (!object) {
        return FAIL(ERR_NO_MEMORY, "no memory for the object");
    }
    error = kernel_give(server, object, index);
    object_put(object);
    return error;
}

struct call *kernel_defer(struct server_call *server, struct object *object,
                          struct lock *lock)
{
    struct kernel_call *kernel = kernel_call_of(server);
    struct call *call = call_begin(kernel->thread, kernel->sqe);

    if (!call) {
        return NULL;
    }
    if (kernel->node != &revocation_root) {
        kernel->refused = node_add_call(kernel->node, call);
    }
    if (kernel->refused) {
        call_abandon(call);
        return NULL;
    }
    if (object) {
        object_get(object);
    }
    sync_store_pointer(&call->object, object);
    sync_store_pointer(&call->lock, lock);
    sync_store_pointer(&call->timer.cpu, NULL);
    sync_store(&call->state, CALL_KERNEL);
    return call;
}

void kernel_finish_inline(struct call *call, const uint64_t words[4])
{
    struct cqe entry = {.flags = RING_CQE_INLINE};

    for (uint32_t i = 0; i < 4; i++) {
        entry.words[i] = words[i];
    }
    call_complete(call, &entry);
}

void kernel_finish_message(struct call *call, const void *message,
                           uint32_t bytes)
{
    struct cqe entry = {.result = (int32_t)bytes};

    if (bytes > call->result_len) {
        entry.result = FAIL(ERR_TOO_LARGE, "results exceed their buffer");
    } else if (copy_to(call->caller->process, call->result, message, bytes)) {
        entry.result = ERR_BAD_BUFFER;
    }
    call_complete(call, &entry);
}
