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
#include "calls.h"
#include "process.h"
#include "serve_reply.h"
#include "thread.h"

#define SERVE_CREDITS 16u
#define SERVE_SLOT_BYTES 2048u
#define SERVE_REPLY_BYTES 2048u

struct serve {
    struct ring_client *client;
    struct ring_receiver receiver;
    struct cqe queue[RECV_CREDITS_MAX];
    struct ring_recv recv;
    serve_fn *handle;
    void *self;
    serve_unheld_fn *unheld;
    const bool *until;
    void *area; /* slots of the RECV */
    void *reply;
    uint32_t reply_bytes;
    uint32_t reply_mark; /* sq index behind the last RETURN from memory */
    bool reply_used;
};

/* The same for results in the entry itself. */
static int32_t return_inline_later(struct ring_client *client,
                                   const struct server_call *call)
{
    struct ring_reply reply = {.flags = RING_INLINE};

    __builtin_memcpy(reply.words, call->rwords, sizeof(reply.words));
    return serve_reply_send(client, call->call_id, &reply);
}

/* Results in the entry itself: the usual, short way. */
static inline int32_t return_inline(struct ring_client *client,
                                    const struct server_call *call)
{
    struct sqe *sqe;

    if (!ring_has_room(client)) {
        return return_inline_later(client, call);
    }
    sqe = ring_next(client);
    ring_fill_head(sqe, ring_head(RING_RETURN, RING_INLINE, 0, 0));
    sqe->cap = call->call_id;
    sqe->user_data = 0;
    ring_fill_words(sqe, call->rwords);
    sqe->result = 0;
    return 0;
}

int32_t serve_return(struct server_call *call, int32_t status)
{
    status = server_finish(call, status);
    if (status == 0 && call->flags & RING_RINLINE) {
        return return_inline(ring_self(), call);
    }
    return serve_return_memory(ring_self(), call, status);
}

int32_t serve_session(const struct server_call *call, uint64_t *session)
{
    struct rpc rpc = {.complete = NULL};
    int32_t status = ring_caller_info(ring_self(), &rpc, call->call_id);

    if (status == 0) {
        status = ring_await(ring_self(), &rpc);
    }
    *session = status == 0 ? rpc.rwords[0] : 0;
    return status;
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
static inline void call_init(struct server_call *call, struct serve *serve,
                             const struct cqe *cqe)
{
    const uint8_t flags = cqe->flags;

    call->context = serve;
    call->method = cqe->method;
    call->flags = flags & (RING_INLINE | RING_RINLINE);
    call->call_id = cqe->call_id;
    call->tag = cqe->tag;
    if (flags & RING_INLINE) {
        __builtin_memcpy(call->words, cqe->words, sizeof(call->words));
        call->param_ncaps = 0;
    } else {
        call->params = (const void *)(uintptr_t)cqe->words[0];
        call->params_len = (uint32_t)cqe->words[1];
        call->param_caps = (const void *)(uintptr_t)cqe->words[2];
        call->param_ncaps = flags >> RING_CQE_CAPS_SHIFT;
        call->taken = 0;
    }
    if (!(flags & RING_RINLINE)) {
        call->result = serve->reply;
        call->result_size = serve->reply_bytes;
        reply_settle(serve);
    }
}

/* For one that finds no place in the ring at once. */
static __attribute__((noinline)) void release_later(struct ring_client *client,
                                                    uint64_t cap)
{
    while (ring_wait(client, TIMEOUT_NEVER) >= 0 &&
           ring_release(client, NULL, cap) == ERR_OVERLOADED) {
    }
}

/*
 * Capabilities that the handler did not take: who sends them must not fill the
 * service's table.
 */
static void release_untaken(struct ring_client *client,
                            const struct server_call *call)
{
    uint32_t left = ((1u << call->param_ncaps) - 1) & ~call->taken;

    for (; left != 0; left &= left - 1) {
        uint64_t cap = call->param_caps[__builtin_ctz(left)];

        if (ring_release(client, NULL, cap) == ERR_OVERLOADED) {
            release_later(client, cap);
        }
    }
}

/* Answers a call whose results are in memory, or that was refused. */
static __attribute__((noinline)) int32_t
serve_answer(struct serve *serve, struct server_call *call, int32_t status)
{
    if (status == SERVER_PENDING) {
        return 0;
    }
    status = server_finish(call, status);
    if (status == 0 && call->flags & RING_RINLINE) {
        return return_inline(serve->client, call);
    }
    status = serve_return_memory(serve->client, call, status);
    serve->reply_mark = serve->client->sq_tail;
    serve->reply_used = true;
    return status;
}

static inline __attribute__((always_inline)) int32_t
serve_call(struct serve *serve, struct ring_client *client,
           const struct cqe *cqe)
{
    struct server_call call;
    int32_t status;

    call_init(&call, serve, cqe);
    status = serve->handle(serve->self, &call);
    if (status == 0 && call.flags == (RING_INLINE | RING_RINLINE)) {
        return return_inline(client, &call);
    }
    if (!(call.flags & RING_INLINE) && call.param_ncaps != 0) {
        release_untaken(client, &call);
    }
    if (status == 0 && (call.flags & RING_RINLINE)) {
        return return_inline(client, &call);
    }
    return serve_answer(serve, &call, status);
}

/* Nobody holds a facet any more; the RETURN gives the notice's credit back. */
static int32_t serve_unheld(struct serve *serve, const struct cqe *cqe)
{
    const struct ring_reply reply = {.flags = RING_INLINE};
    uint64_t notice = cqe->call_id;

    if (serve->unheld != NULL) {
        serve->unheld(serve->self, cqe->tag);
    }
    return serve_reply_send(serve->client, notice, &reply);
}

static __attribute__((noinline)) int32_t
serve_delivery(struct serve *serve, const struct cqe *cqe)
{
    return cqe->kind == RING_CQE_CALL ? serve_call(serve, serve->client, cqe)
                                      : serve_unheld(serve, cqe);
}

/* What is no call for this server, or no call. */
static __attribute__((noinline)) int32_t serve_other(struct serve *serve,
                                                     const struct cqe *cqe)
{
    if (cqe->user_data == (uintptr_t)&serve->receiver &&
        cqe->kind == RING_CQE_UNHELD) {
        return serve_unheld(serve, cqe);
    }
    ring_handle(cqe);
    return 0;
}

/* Takes one completion: a call for this server is served where it lies. */
static inline __attribute__((always_inline)) int32_t
serve_take(struct serve *serve, struct ring_client *client)
{
    uint32_t available = client->available;
    const struct cqe *cqe;

    if (available == 0) {
        int64_t count = ring_enter_only(client, 1, TIMEOUT_NEVER);

        if (count <= 0) {
            return (int32_t)count;
        }
        available = (uint32_t)count;
    }
    client->available = available - 1;
    cqe = &client->cqes[client->cq_head++ & client->cq_mask];
    return cqe->user_data == (uintptr_t)&serve->receiver &&
                   cqe->kind == RING_CQE_CALL
               ? serve_call(serve, client, cqe)
               : serve_other(serve, cqe);
}

/* The first of the calls that were put aside. */
static __attribute__((noinline)) int32_t serve_next(struct serve *serve)
{
    struct ring_receiver *receiver = &serve->receiver;
    struct cqe cqe = receiver->queue[receiver->head & receiver->mask];

    receiver->head++;
    return serve_delivery(serve, &cqe);
}

bool serve_due(const struct serve *serve)
{
    const struct ring_receiver *receiver = &serve->receiver;

    return receiver->head != receiver->tail || receiver->rpc.done;
}

int32_t serve_arrived(struct serve *serve)
{
    struct ring_receiver *receiver = &serve->receiver;

    while (receiver->head != receiver->tail) {
        int32_t status = serve_next(serve);

        if (status < 0) {
            return status;
        }
    }
    return receiver->rpc.done ? receiver->rpc.status : 0;
}

static int32_t serve_loop(struct serve *serve)
{
    struct ring_client *const client = serve->client;
    struct ring_receiver *receiver = &serve->receiver;

    while (serve->until == NULL || !*serve->until) {
        int32_t status;

        if (!receiver->news) {
            status = serve_take(serve, client);
        } else if (receiver->head != receiver->tail) {
            status = serve_next(serve);
        } else if (receiver->rpc.done) {
            return receiver->rpc.status;
        } else {
            receiver->news = false;
            status = 0;
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
        const struct cqe *cqe =
            &receiver->queue[receiver->head++ & receiver->mask];
        struct server_call call;

        if (cqe->kind == RING_CQE_UNHELD) {
            serve_unheld(serve, cqe);
            continue;
        }
        call_init(&call, serve, cqe);
        if (!(call.flags & RING_INLINE)) {
            release_untaken(serve->client, &call);
        }
        serve_return(&call,
                     server_raise(&call, CAP_EXCEPTION_KIND_DISCONNECTED,
                                  ERR_DISCONNECTED, "the service has ended"));
    }
}

int32_t capos_ready(void)
{
    uint64_t supervisor = capset_find("supervisor", SUPERVISOR_INTERFACE_ID);

    return supervisor != CAP_NONE ? supervisor_ready(rt(), supervisor) : 0;
}

static void serve_free(struct serve *serve)
{
    mem_free(serve->reply);
    mem_free(serve->area);
    mem_free(serve);
}

static uint32_t bytes_or_default(uint32_t value, uint32_t otherwise)
{
    return (or_default(value, otherwise) + 7) & ~7u;
}

/* With all its memory; NULL: there is none. */
static struct serve *serve_alloc(const struct serve_options *options)
{
    struct serve *serve = mem_alloc_zeroed(1, sizeof(*serve));
    struct ring_recv *recv;

    if (serve == NULL) {
        return NULL;
    }
    recv = &serve->recv;
    recv->credits = or_default(options->credits, SERVE_CREDITS);
    recv->slots = or_default(options->slots, recv->credits);
    recv->slot_bytes = RING_SLOT_HEADER_BYTES +
                       bytes_or_default(options->slot_bytes, SERVE_SLOT_BYTES);
    serve->reply_bytes =
        bytes_or_default(options->reply_bytes, SERVE_REPLY_BYTES);
    serve->area = mem_alloc((size_t)recv->slots * recv->slot_bytes);
    serve->reply = mem_alloc(serve->reply_bytes);
    recv->area = serve->area;
    if (serve->area == NULL || serve->reply == NULL) {
        serve_free(serve);
        return NULL;
    }
    return serve;
}

int32_t serve_open(struct serve **out, uint64_t endpoint, serve_fn *handle,
                   void *self, const struct serve_options *options)
{
    static const struct serve_options defaults;
    const struct serve_options *chosen = options != NULL ? options : &defaults;
    struct serve *serve = serve_alloc(chosen);
    int32_t status;

    if (serve == NULL) {
        return ERR_OVERLOADED;
    }
    serve->client = ring_self();
    serve->receiver.queue = serve->queue;
    serve->receiver.mask = RECV_CREDITS_MAX - 1;
    serve->recv.endpoint = endpoint;
    serve->handle = handle;
    serve->self = self;
    serve->unheld = chosen->unheld;
    serve->until = chosen->until;
    status = ring_recv(serve->client, &serve->receiver, &serve->recv);
    if (status < 0) {
        serve_free(serve);
        return status;
    }
    *out = serve;
    return 0;
}

void serve_close(struct serve *serve)
{
    reply_settle(serve);
    if (!serve->receiver.rpc.done) {
        ring_cancel(serve->client, &serve->receiver.rpc);
    }
    refuse_queued(serve);
    serve_free(serve);
}

int32_t capos_serve(uint64_t endpoint, serve_fn *handle, void *self,
                    const struct serve_options *options)
{
    struct serve *serve;
    int32_t status = serve_open(&serve, endpoint, handle, self, options);

    if (status < 0) {
        return status;
    }
    capos_ready();
    status = serve_loop(serve);
    if (status == ERR_BAD_RING) {
        serve_free(serve); /* the kernel reads nothing of it any more */
    } else {
        serve_close(serve);
    }
    return status;
}
