/*
 * ring_client.h - the program's half of a thread's ring.
 *
 * Layers: ring.h (the bytes) -> this client (entries out, completions in) ->
 * the generated stubs (typed calls) -> console.h, spawn.h, serve.h.
 *
 * One client per thread; only its own thread touches it, so nothing here locks.
 * Entries are written at submit and shown to the kernel at the next enter, many
 * for the price of one. Every entry's user_data is the address of its struct
 * rpc, or 0 when nobody cares how it ends; the completion is dispatched straight
 * from the queue to it, in whatever order operations end. The gate's result is
 * trusted: that many completions are read without looking at cq_tail again.
 *
 * Invariants:
 *   sq_tail is ahead of what the kernel was shown; nothing is filled in past it,
 *   nor past sq_limit, a queue's length behind the head that was read last
 *   available counts completions from cq_head on that are known to be there
 *   cq_head is advanced before a completion is acted on, so an rpc's callback
 *   may submit, await and enter again
 */
#ifndef CAPOS_RT_RING_CLIENT_H
#define CAPOS_RT_RING_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errors.h"
#include "ring.h"
#include "start.h"
#include "sync.h"
#include "transport.h"

struct ring_client {
    struct transport transport; /* first member; both functions NULL */
    gate_fn *gate;
    struct sqe *sqes;
    struct cqe *cqes;
    struct ring_user *user;
    struct ring_kernel *kernel;
    uint32_t sq_entries;
    uint32_t sq_mask;
    uint32_t cq_mask;
    uint32_t sq_tail;   /* next entry to fill */
    uint32_t sq_limit;  /* the first that may still be the kernel's to read */
    uint32_t cq_head;   /* next completion to read */
    uint32_t available; /* completions known to be there */
};

/*
 * An armed RECV. Deliveries that arrive while its thread awaits something else
 * are kept in queue until the server asks for them. The kernel delivers at most
 * credits calls that were not returned, so the queue cannot overflow.
 */
struct ring_receiver {
    struct rpc rpc;    /* first member; done when the RECV itself has ended */
    struct cqe *queue; /* mask + 1 entries, a power of two >= credits */
    uint32_t mask;
    uint32_t head;
    uint32_t tail;
    bool news; /* set by whatever fills the queue or ends the RECV */
};

/*
 * Takes over the ring that a start block names. ERR_BAD_RING: its magic or
 * version is not known to this library.
 */
int32_t ring_client_init(struct ring_client *client,
                         const struct start_block *block);

/* ring_enter for who notes himself how many completions are available. */
static inline int64_t ring_enter_only(struct ring_client *client,
                                      uint32_t min_complete,
                                      uint64_t timeout_ns)
{
    struct ring_user *user = client->user;

    sync_store_shared(&user->sq_tail, client->sq_tail);
    sync_store_shared(&user->cq_head, client->cq_head);
    return client->gate(GATE_ENTER, min_complete, timeout_ns);
}

/*
 * Shows the kernel what was submitted and waits until min_complete completions
 * are available or timeout_ns have passed. Returns how many are available (they
 * are not dispatched yet), or ERR_TIMED_OUT, ERR_BAD_RING.
 */
static inline int64_t ring_enter(struct ring_client *client,
                                 uint32_t min_complete, uint64_t timeout_ns)
{
    int64_t count = ring_enter_only(client, min_complete, timeout_ns);

    if (count >= 0) {
        client->available = (uint32_t)count;
    }
    return count;
}

/*
 * The submission queue looked full: enters and dispatches what is there. False
 * if there is still no place (then operations in flight hold all of them).
 */
bool ring_make_room(struct ring_client *client);

/* Puts a delivery aside for the server loop. */
void ring_deliver(const struct cqe *cqe);

/* True if there is a place for another entry; it may enter the kernel for it. */
static inline bool ring_has_room(struct ring_client *client)
{
    return client->sq_tail != client->sq_limit || ring_make_room(client);
}

/* The next entry to fill, every byte of it: after ring_has_room said yes. */
static inline struct sqe *ring_next(struct ring_client *client)
{
    return &client->sqes[client->sq_tail++ & client->sq_mask];
}

/* Both: NULL when there is no place. */
static inline struct sqe *ring_reserve(struct ring_client *client)
{
    return ring_has_room(client) ? ring_next(client) : NULL;
}

/* The first eight bytes of an entry, made to be stored at once. */
static inline uint64_t ring_head(enum ring_opcode opcode, uint8_t flags,
                                 uint16_t method, uint32_t result_len)
{
    return (uint64_t)opcode | (uint64_t)flags << 8 | (uint64_t)method << 16 |
           (uint64_t)result_len << 32;
}

static inline void ring_fill_head(struct sqe *sqe, uint64_t head)
{
    __builtin_memcpy(sqe, &head, sizeof(head));
}

static inline void ring_fill_words(struct sqe *sqe, const uint64_t words[4])
{
    __builtin_memcpy(sqe->words, words, sizeof(sqe->words));
}

static inline void ring_fill_memory(struct sqe *sqe, const void *params,
                                    uint32_t params_len,
                                    const struct ring_xfer *xfers,
                                    uint32_t ncaps)
{
    sqe->memory.params = (uintptr_t)params;
    sqe->memory.params_len = params_len;
    sqe->memory.ncaps = ncaps;
    sqe->memory.xfers = (uintptr_t)xfers;
    sqe->memory.reserved = 0;
}

/*
 * Queues a call that a stub described. ERR_OVERLOADED: no place in the
 * submission queue. The rpc and what it points to stay untouched until done.
 */
static inline int32_t ring_submit(struct ring_client *client, struct rpc *rpc)
{
    /* All reading before the first store: the stub's constants stay constants. */
    const uint64_t head =
        ring_head(RING_CALL, rpc->flags, rpc->method, rpc->result_size);
    const uint64_t cap = rpc->cap;
    const uint64_t result = (uintptr_t)rpc->result;
    const uint64_t words[4] = {rpc->words[0], rpc->words[1], rpc->words[2],
                               rpc->words[3]};
    const bool inlined = rpc->flags & RING_INLINE;
    const void *params = rpc->params;
    const uint32_t params_len = rpc->params_len;
    const struct ring_xfer *xfers = inlined ? NULL : rpc->xfers;
    const uint32_t nxfers = inlined ? 0 : rpc->nxfers;
    struct sqe *sqe;

    rpc->done = false;
    if (!ring_has_room(client)) {
        return ERR_OVERLOADED;
    }
    sqe = ring_next(client);
    ring_fill_head(sqe, head);
    sqe->cap = cap;
    sqe->user_data = (uintptr_t)rpc;
    if (inlined) {
        ring_fill_words(sqe, words);
    } else {
        ring_fill_memory(sqe, params, params_len, xfers, nxfers);
    }
    sqe->result = result;
    return 0;
}

/* Ends the operation that a completion names, and runs its callback. */
static inline void ring_complete(const struct cqe *cqe)
{
    struct rpc *rpc = (struct rpc *)(uintptr_t)cqe->user_data;

    if (rpc == NULL) {
        return;
    }
    rpc->status = cqe->result;
    rpc->ncaps = (uint8_t)(cqe->flags >> RING_CQE_CAPS_SHIFT);
    __builtin_memcpy(rpc->rwords, cqe->words, sizeof(rpc->rwords));
    rpc->done = true;
    if (rpc->complete != NULL) {
        rpc->complete(rpc);
    }
}

/* The next completion that is known to be there: valid until ring_enter. */
static inline const struct cqe *ring_take(struct ring_client *client)
{
    const struct cqe *cqe = &client->cqes[client->cq_head & client->cq_mask];

    client->cq_head++;
    client->available--;
    return cqe;
}

/* Acts on a completion that was taken. */
static inline void ring_handle(const struct cqe *cqe)
{
    if (cqe->kind == RING_CQE_COMPLETION) {
        ring_complete(cqe);
    } else {
        ring_deliver(cqe);
    }
}

/* Dispatches every completion that is known to be there. */
static inline void ring_dispatch(struct ring_client *client)
{
    while (client->available > 0) {
        ring_handle(ring_take(client));
    }
}

/*
 * Returns when rpc has ended; runs the completions of others meanwhile. The
 * result is rpc->status, or ERR_BAD_RING when the ring itself is corrupt (then
 * nothing on it will ever complete).
 */
static inline int32_t ring_await(struct ring_client *client, struct rpc *rpc)
{
    while (!rpc->done) {
        if (client->available == 0) {
            int64_t count = ring_enter(client, 1, TIMEOUT_NEVER);

            if (count < 0) {
                return (int32_t)count;
            }
        }
        ring_dispatch(client);
    }
    return rpc->status;
}

/* The rest of ring_call where other completions come, too. */
int32_t ring_call_among(struct ring_client *client, struct rpc *rpc,
                        uint64_t words[4]);

/*
 * Waits for the call that was just queued for rpc, of which only the address
 * was used. The usual case, that one completion comes and is the call's, takes
 * the results from where they lie.
 */
static inline int32_t ring_call_await(struct ring_client *client,
                                      struct rpc *rpc, uint64_t words[4])
{
    const struct cqe *cqe;
    int64_t count;

    if (client->available != 0) {
        return ring_call_among(client, rpc, words);
    }
    count = ring_enter_only(client, 1, TIMEOUT_NEVER);
    if (count < 0) {
        return (int32_t)count;
    }
    cqe = &client->cqes[client->cq_head & client->cq_mask];
    if (count != 1 || cqe->user_data != (uintptr_t)rpc) {
        client->available = (uint32_t)count;
        return ring_call_among(client, rpc, words);
    }
    client->cq_head++;
    __builtin_memcpy(words, cqe->words, sizeof(cqe->words));
    return cqe->result;
}

/*
 * Calls a method whose params and results both travel inline, and waits: words
 * are the params, then the results. Returns as ring_await.
 */
static inline int32_t ring_call(struct ring_client *client, uint64_t cap,
                                uint16_t method, uint64_t words[4])
{
    struct sqe *sqe;
    struct rpc rpc;

    if (!ring_has_room(client)) {
        return ERR_OVERLOADED;
    }
    sqe = ring_next(client);
    ring_fill_head(sqe, ring_head(RING_CALL, RING_INLINE | RING_RINLINE,
                                  method, 0));
    sqe->cap = cap;
    sqe->user_data = (uintptr_t)&rpc;
    ring_fill_words(sqe, words);
    sqe->result = 0;
    return ring_call_await(client, &rpc, words);
}

/* The same for params in memory: words become the results. */
static inline int32_t ring_call_message(struct ring_client *client,
                                        uint64_t cap, uint16_t method,
                                        const struct rpc_message *message,
                                        uint64_t words[4])
{
    struct sqe *sqe;
    struct rpc rpc;

    if (!ring_has_room(client)) {
        return ERR_OVERLOADED;
    }
    sqe = ring_next(client);
    ring_fill_head(sqe, ring_head(RING_CALL, RING_RINLINE, method, 0));
    sqe->cap = cap;
    sqe->user_data = (uintptr_t)&rpc;
    ring_fill_memory(sqe, message->params, message->params_len,
                     message->xfers, message->nxfers);
    sqe->result = 0;
    return ring_call_await(client, &rpc, words);
}

/*
 * Like ring_await, but gives up after timeout_ns: ERR_TIMED_OUT, and rpc is
 * still in flight; ring_cancel ends it.
 */
int32_t ring_await_timeout(struct ring_client *client, struct rpc *rpc,
                           uint64_t timeout_ns);

/*
 * Shows the kernel what was submitted and dispatches what has completed,
 * without waiting. Returns how many were dispatched, or ERR_BAD_RING.
 */
static inline int32_t ring_poll(struct ring_client *client)
{
    int64_t count = ring_enter_only(client, 0, TIMEOUT_POLL);

    if (count > 0) {
        client->available = (uint32_t)count;
        ring_dispatch(client);
    }
    return (int32_t)count;
}

/*
 * Waits for at least one completion, or timeout_ns, and dispatches. Returns how
 * many, or ERR_TIMED_OUT, ERR_BAD_RING.
 */
int32_t ring_wait(struct ring_client *client, uint64_t timeout_ns);

/* An entry with everything 0 but these; NULL when there is no place. */
static inline struct sqe *ring_simple(struct ring_client *client,
                                      struct rpc *rpc, enum ring_opcode opcode,
                                      uint8_t flags)
{
    struct sqe *sqe;

    if (!ring_has_room(client)) {
        return NULL;
    }
    if (rpc != NULL) {
        rpc->done = false;
    }
    sqe = ring_next(client);
    ring_fill_head(sqe, ring_head(opcode, flags, 0, 0));
    sqe->cap = 0;
    sqe->user_data = (uintptr_t)rpc;
    __builtin_memset(sqe->words, 0, sizeof(sqe->words));
    sqe->result = 0;
    return sqe;
}

/*
 * Submits an operation that is no CALL: rpc->complete, context are the
 * caller's, the rest is set here. ring_nop takes RING_YIELD; without an rpc it
 * is quiet. Each returns 0 or ERR_OVERLOADED.
 */
static inline int32_t ring_nop(struct ring_client *client, struct rpc *rpc,
                               uint8_t flags)
{
    uint8_t quiet = rpc == NULL ? RING_QUIET : 0;

    return ring_simple(client, rpc, RING_NOP, flags | quiet) != NULL
               ? 0
               : ERR_OVERLOADED;
}

static inline int32_t ring_release(struct ring_client *client, struct rpc *rpc,
                                   uint64_t cap)
{
    uint8_t quiet = rpc == NULL ? RING_QUIET : 0;
    struct sqe *sqe = ring_simple(client, rpc, RING_RELEASE, quiet);

    if (sqe == NULL) {
        return ERR_OVERLOADED;
    }
    sqe->cap = cap;
    return 0;
}

int32_t ring_submit_cancel(struct ring_client *client, struct rpc *rpc,
                           const struct rpc *victim);

/*
 * Cancels victim and waits until it has ended, one way or the other (its status
 * says which). Returns 0, ERR_OVERLOADED or ERR_BAD_RING.
 */
int32_t ring_cancel(struct ring_client *client, struct rpc *victim);

/* Gives up the rest of this thread's time. */
void ring_yield(struct ring_client *client);

/*
 * Asks for the session that a call in this process's hands comes from: a
 * reference in rpc->rwords[0], see struct sqe. 0 or ERR_OVERLOADED.
 */
int32_t ring_caller_info(struct ring_client *client, struct rpc *rpc,
                         uint64_t call_id);

/* What RECV is armed with: see struct sqe. */
struct ring_recv {
    uint64_t endpoint;
    void *area; /* 8-aligned, slots x slot_bytes */
    uint32_t slot_bytes;
    uint32_t slots;
    uint32_t credits;
};

/* Arms receiver, whose queue is already there. 0 or ERR_OVERLOADED. */
int32_t ring_recv(struct ring_client *client, struct ring_receiver *receiver,
                  const struct ring_recv *recv);

/* What a server answers a call with. Memory stays untouched until ring_enter. */
struct ring_reply {
    uint8_t flags;     /* RING_INLINE, RING_EXCEPTION */
    uint16_t kind;     /* if RING_EXCEPTION: of CapException */
    int32_t detail;    /* if RING_EXCEPTION: an ERR_* or 0 */
    uint32_t bytes;    /* payload in memory: results, or a CapException */
    const void *payload;
    uint64_t words[4]; /* if RING_INLINE */
    const struct ring_xfer *xfers;
    uint32_t ncaps;
    struct rpc *failed; /* ends if the RETURN fails, or with
                           RING_RETURN_DROPPED; NULL: nobody cares */
};

/*
 * Queues the RETURN of call_id. That it succeeds is not reported, and that it fails
 * only to reply->failed. 0 or ERR_OVERLOADED.
 */
int32_t ring_return(struct ring_client *client, uint64_t call_id,
                    const struct ring_reply *reply);

/*
 * The transport of the generated stubs (transport.h): the ring, inlined. Every
 * struct transport of a libcapos program is a ring client.
 */
static inline int32_t transport_submit(struct transport *transport,
                                       struct rpc *rpc)
{
    return ring_submit((struct ring_client *)(void *)transport, rpc);
}

static inline int32_t transport_await(struct transport *transport,
                                      struct rpc *rpc)
{
    return ring_await((struct ring_client *)(void *)transport, rpc);
}

static inline int32_t transport_call(struct transport *transport, uint64_t cap,
                                     uint16_t method, uint64_t words[4])
{
    return ring_call((struct ring_client *)(void *)transport, cap, method,
                     words);
}

static inline int32_t
transport_call_message(struct transport *transport, uint64_t cap,
                       uint16_t method, const struct rpc_message *message,
                       uint64_t words[4])
{
    return ring_call_message((struct ring_client *)(void *)transport, cap,
                             method, message, words);
}

#endif
