/*
 * serve.c - receive, dispatch, return; see serve.h.
 *
 * The RETURN of a call is queued and reaches the kernel with the entry that
 * waits for the next call: one entry per call. A result in memory is read by
 * the kernel at that entry, so before the reply buffer is used again the entry
 * is made sure of (reply_settle).
 */
#include "serve.h"

#include "alloc.h"
#include "capos.gen.h"
#include "thread.h"

#define SERVE_CREDITS 16u
#define SERVE_SLOT_BYTES 2048u
#define SERVE_REPLY_BYTES 2048u
#define SERVE_EXCEPTION_BYTES 256u

struct serve {
    struct ring_client *client;
    struct ring_receiver receiver;
    struct cqe queue[RECV_CREDITS_MAX];
    struct ring_recv recv;
    serve_fn *handle;
    void *self;
    const bool *until;
    void *reply;
    uint32_t reply_bytes;
    uint32_t reply_mark; /* sq index behind the last RETURN from memory */
    bool reply_used;
};

static const char *error_reason(int32_t status)
{
    switch (status) {
    case ERR_WRONG_METHOD:
        return "the interface has no such method";
    case ERR_WRONG_FORM:
        return "inline and memory form do not match the method";
    case ERR_BAD_MESSAGE:
        return "the parameters are not well-formed";
    case ERR_TOO_LARGE:
        return "the results do not fit what caller and service offer";
    default:
        return "the service failed";
    }
}

/* An error of the service itself travels as an exception, too. */
static void reply_exception(struct server_call *call, int32_t status,
                            struct ring_reply *reply,
                            uint64_t memory[SERVE_EXCEPTION_BYTES / 8])
{
    int32_t bytes;

    if (status != ERR_EXCEPTION) {
        uint32_t kind = status == ERR_OVERLOADED
                            ? CAP_EXCEPTION_KIND_OVERLOADED
                        : status == ERR_DISCONNECTED
                            ? CAP_EXCEPTION_KIND_DISCONNECTED
                        : status == ERR_WRONG_METHOD
                            ? CAP_EXCEPTION_KIND_UNIMPLEMENTED
                        : status == ERR_BAD_MESSAGE
                            ? CAP_EXCEPTION_KIND_INVALID_ARGUMENT
                            : CAP_EXCEPTION_KIND_FAILED;

        server_raise(call, kind, status, error_reason(status));
    }
    bytes = server_exception(call, memory, SERVE_EXCEPTION_BYTES);
    if (bytes < 0) {
        call->exception_reason = "";
        bytes = server_exception(call, memory, SERVE_EXCEPTION_BYTES);
    }
    reply->flags = RING_EXCEPTION;
    reply->kind = (uint16_t)call->exception_kind;
    reply->detail = call->exception_detail;
    reply->payload = memory;
    reply->bytes = (uint32_t)bytes;
}

/* Queues the RETURN, waiting for a place; the credit's own place is there. */
static int32_t reply_send(struct ring_client *client, uint64_t call_id,
                          const struct ring_reply *reply)
{
    int32_t status = ring_return(client, call_id, reply);

    while (status == ERR_OVERLOADED) {
        status = ring_wait(client, TIMEOUT_NEVER);
        if (status >= 0) {
            status = ring_return(client, call_id, reply);
        }
    }
    return status;
}

/* Results in the entry itself: the usual, short way. */
static int32_t return_inline(struct ring_client *client,
                             const struct server_call *call)
{
    struct ring_reply reply = {.flags = RING_INLINE};
    struct sqe *sqe = ring_reserve(client);

    if (sqe == NULL) {
        __builtin_memcpy(reply.words, call->rwords, sizeof(reply.words));
        return reply_send(client, call->call_id, &reply);
    }
    ring_fill_head(sqe, ring_head(RING_RETURN, RING_INLINE, 0, 0));
    sqe->cap = call->call_id;
    sqe->user_data = 0;
    ring_fill_words(sqe, call->rwords);
    sqe->result = 0;
    return 0;
}

/* Results or an exception in memory. */
static int32_t return_memory(struct ring_client *client,
                             struct server_call *call, int32_t status)
{
    uint64_t exception[SERVE_EXCEPTION_BYTES / 8];
    struct ring_xfer xfers[MESSAGE_CAPS_MAX];
    struct ring_reply reply = {.flags = 0};

    if (status != 0) {
        reply_exception(call, status, &reply, exception);
    } else {
        reply.payload = call->result;
        reply.bytes = call->result_len;
        reply.ncaps = call->ncaps;
        reply.xfers = call->ncaps > 0 ? xfers : NULL;
        for (uint32_t i = 0; i < call->ncaps; i++) {
            xfers[i] = (struct ring_xfer){.cap = call->caps[i]};
        }
    }
    status = reply_send(client, call->call_id, &reply);
    if (status >= 0 && reply.payload != call->result) {
        ring_poll(client); /* the exception lies on this stack frame */
    } else if (status >= 0 && reply.ncaps > 0) {
        ring_poll(client); /* so do the transfer descriptors */
    }
    return status;
}

int32_t serve_return(struct server_call *call, int32_t status)
{
    status = server_finish(call, status);
    if (status == 0 && call->flags & RING_RINLINE) {
        return return_inline(ring_self(), call);
    }
    return return_memory(ring_self(), call, status);
}

/* Makes sure that the kernel has read the last result in memory. */
static void reply_settle(struct serve *serve)
{
    struct ring_client *client = serve->client;

    while (serve->reply_used) {
        uint32_t head = sync_load_shared(&client->kernel->sq_head);

        if ((int32_t)(head - serve->reply_mark) >= 0) {
            serve->reply_used = false;
        } else if (ring_poll(client) < 0) {
            return;
        }
    }
}

/* Field by field: the record is large, and dispatch sets the rest. */
static void call_init(struct server_call *call, struct serve *serve,
                      const struct cqe *cqe)
{
    call->method = cqe->method;
    call->flags = cqe->flags & (RING_INLINE | RING_RINLINE);
    call->tag = cqe->tag;
    call->call_id = cqe->call_id;
    call->context = serve;
    call->result = serve->reply;
    call->result_size = serve->reply_bytes;
    if (call->flags & RING_INLINE) {
        call->words[0] = cqe->words[0];
        call->words[1] = cqe->words[1];
        call->words[2] = cqe->words[2];
        call->words[3] = cqe->words[3];
    } else {
        call->params = (const void *)(uintptr_t)cqe->words[0];
        call->params_len = (uint32_t)cqe->words[1];
    }
}

static int32_t serve_call(struct serve *serve, const struct cqe *cqe)
{
    struct server_call call;
    int32_t status;

    call_init(&call, serve, cqe);
    reply_settle(serve);
    status = serve->handle(serve->self, &call);
    if (status == SERVER_PENDING) {
        return 0;
    }
    status = serve_return(&call, status);
    if (!(call.flags & RING_RINLINE)) {
        serve->reply_mark = serve->client->sq_tail;
        serve->reply_used = true;
    }
    return status;
}

/* Takes one completion: a call for this server is served where it lies. */
static int32_t serve_take(struct serve *serve)
{
    struct ring_client *client = serve->client;
    const struct cqe *cqe;

    if (client->available == 0) {
        int64_t count = ring_enter(client, 1, TIMEOUT_NEVER);

        if (count <= 0) {
            return (int32_t)count;
        }
    }
    cqe = ring_take(client);
    if (cqe->kind == RING_CQE_CALL &&
        cqe->user_data == (uintptr_t)&serve->receiver) {
        return serve_call(serve, cqe);
    }
    ring_handle(cqe);
    return 0;
}

static int32_t serve_loop(struct serve *serve)
{
    struct ring_receiver *receiver = &serve->receiver;

    while (serve->until == NULL || !*serve->until) {
        int32_t status;

        if (receiver->head != receiver->tail) {
            struct cqe cqe = receiver->queue[receiver->head & receiver->mask];

            receiver->head++;
            status = serve_call(serve, &cqe);
        } else if (receiver->rpc.done) {
            return receiver->rpc.status;
        } else {
            status = serve_take(serve);
        }
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

/* Calls that came and will not be served: their callers are told. */
static void refuse_queued(struct serve *serve)
{
    struct ring_receiver *receiver = &serve->receiver;

    while (receiver->head != receiver->tail) {
        struct server_call call;

        call_init(&call, serve,
                  &receiver->queue[receiver->head++ & receiver->mask]);
        serve_return(&call,
                     server_raise(&call, CAP_EXCEPTION_KIND_DISCONNECTED,
                                  ERR_DISCONNECTED, "the service has ended"));
    }
}

static int32_t serve_run(struct serve *serve)
{
    int32_t status = ring_recv(serve->client, &serve->receiver, &serve->recv);

    if (status < 0) {
        return status;
    }
    status = serve_loop(serve);
    if (status == ERR_BAD_RING) {
        return status;
    }
    reply_settle(serve);
    if (!serve->receiver.rpc.done) {
        ring_cancel(serve->client, &serve->receiver.rpc);
    }
    refuse_queued(serve);
    return status;
}

int32_t capos_serve(uint64_t endpoint, serve_fn *handle, void *self,
                    const struct serve_options *options)
{
    static const struct serve_options defaults;
    const struct serve_options *o = options != NULL ? options : &defaults;
    uint32_t credits = or_default(o->credits, SERVE_CREDITS);
    uint32_t slots = or_default(o->slots, credits);
    uint32_t slot_bytes = (or_default(o->slot_bytes, SERVE_SLOT_BYTES) + 7 +
                           RING_SLOT_HEADER_BYTES) & ~7u;
    uint32_t reply_bytes = (or_default(o->reply_bytes, SERVE_REPLY_BYTES) + 7)
                           & ~7u;
    struct serve *serve = mem_alloc_zeroed(1, sizeof(*serve));
    void *area = mem_alloc((size_t)slots * slot_bytes);
    void *reply = mem_alloc(reply_bytes);
    int32_t status = ERR_OVERLOADED;

    if (serve != NULL && area != NULL && reply != NULL) {
        serve->client = ring_self();
        serve->receiver.queue = serve->queue;
        serve->receiver.mask = RECV_CREDITS_MAX - 1;
        serve->recv = (struct ring_recv){.endpoint = endpoint,
                                         .area = area,
                                         .slot_bytes = slot_bytes,
                                         .slots = slots,
                                         .credits = credits};
        serve->handle = handle;
        serve->self = self;
        serve->until = o->until;
        serve->reply = reply;
        serve->reply_bytes = reply_bytes;
        status = serve_run(serve);
    }
    mem_free(reply);
    mem_free(area);
    mem_free(serve);
    return status;
}
