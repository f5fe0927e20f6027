/*
 * fast_memory.c - messages in memory, the short way.
 *
 * What is sent lies in the space that is active: nobody takes a page away under a
 * copy, for who unmaps one waits until this CPU has been asked (hal_tlb_flush), and
 * so only the receiver's space is locked. Where the message goes is looked at once,
 * place of its capabilities and payload together. A copy that breaks off has
 * written to a slot or a result buffer that nobody was told of, as in the general
 * way, which is then gone from the start and finds the same. A capability is passed
 * on last: from then on nothing can be refused.
 */
#include "ipc/fast_memory.h"

#include "cap/slot.h"
#include "cap/transfer.h"
#include "hot.h"
#include "ipc/call.h"
#include "ipc/copy.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "ipc/receive.h"
#include "ipc/record.h"
#include "proc/process.h"
#include "ring/complete.h"

/* From here on the machine's wide copy between two views is the faster one. */
#define FAST_BYTES_MAX 512u

/* A message on its way into one piece of memory of another process. */
struct fast_message {
    struct process *to;
    struct process *from; /* of the current thread */
    uint64_t va;          /* of the piece, in `to` */
    uint32_t bytes;       /* of all of it */
    uint32_t payload;     /* where in the piece the payload goes */
    uint32_t caps;        /* and the CapId */
    enum cap_origin origin;
};

/* Passes the message's capability on; its new CapId goes to place. */
HOT bool fast_pass(const struct fast_message *message, const struct sqe *sqe,
                   void *place)
{
    struct ring_xfer xfer;
    uint64_t cap;

    if (hal_user_copy_in(&xfer, sqe->memory.xfers, sizeof(xfer)) ||
        cap_transfer_one(&message->from->caps, &message->to->caps, &xfer,
                         message->origin, &cap)) {
        return false;
    }
    __builtin_memcpy(place, &cap, sizeof(cap));
    return true;
}

HOT bool fast_copy_locked(const struct fast_message *message,
                          const struct sqe *sqe)
{
    size_t bytes = message->bytes;
    char *place;

    if (message->to->space.closed) {
        return false;
    }
    place = hal_user_view(&message->to->space.hal, message->va, HAL_WRITE,
                          &bytes);
    return place && bytes == message->bytes &&
           !hal_user_copy_in(place + message->payload, sqe->memory.params,
                             sqe->memory.params_len) &&
           (!sqe->memory.ncaps ||
            fast_pass(message, sqe, place + message->caps));
}

/* False: nothing has come of it. Within one process the two may overlap. */
HOT bool fast_copy(const struct fast_message *message, const struct sqe *sqe)
{
    bool done;

    if (sqe->memory.params_len >= FAST_BYTES_MAX ||
        message->to == message->from) {
        return !sqe->memory.ncaps &&
               copy_between(message->to, message->va + message->payload,
                            message->from, sqe->memory.params,
                            sqe->memory.params_len) == COPY_DONE;
    }
    lock_acquire(&message->to->space.lock);
    done = fast_copy_locked(message, sqe);
    lock_release(&message->to->space.lock);
    return done;
}

/* ------------------------------------------------------------------- calls */

/* The message is one of those that are passed on here. */
static inline bool fast_message_usual(const struct sqe *sqe)
{
    return !sqe->memory.reserved && sqe->memory.ncaps <= 1 &&
           (sqe->memory.ncaps || !sqe->memory.xfers) &&
           sqe->memory.params_len <= MESSAGE_BYTES_MAX;
}

static inline bool fast_call_usual(const struct sqe *sqe)
{
    if (sqe->flags & ~(RING_INLINE | RING_RINLINE) ||
        (sqe->flags & RING_RINLINE && (sqe->result || sqe->result_len))) {
        return false;
    }
    return sqe->flags & RING_INLINE || fast_message_usual(sqe);
}

/* The receive that takes the call now, by that credit; NULL. Endpoint locked. */
static inline struct receive *fast_receiver(const struct facet *facet,
                                            const struct sqe *sqe,
                                            int32_t *credit)
{
    const struct endpoint *endpoint = facet->endpoint;
    struct list_node *first = list_first(&endpoint->receives);
    struct receive *receive;

    if (!first || facet->closed || facet->one_shot ||
        !sync_load(&facet->object.holders) || endpoint_waiting(endpoint)) {
        return NULL;
    }
    receive = container_of(first, struct receive, link);
    *credit = receive_find(receive, !(sqe->flags & RING_INLINE),
                           sqe->memory.params_len);
    return *credit < 0 || sync_load(&receive->thread->state) == THREAD_ENDED
               ? NULL
               : receive;
}

/* Brings params and capability into the slot. Endpoint locked. */
HOT bool fast_params(struct thread *thread, const struct sqe *sqe,
                     const struct receive *receive, uint64_t slot_va)
{
    const struct fast_message message = {
        .to = receive->thread->process,
        .from = thread->process,
        .va = slot_va,
        .bytes = RING_SLOT_HEADER_BYTES + sqe->memory.params_len,
        .payload = RING_SLOT_HEADER_BYTES,
        .caps = 0,
        .origin = CAP_ORIGIN_IPC_TRANSFER,
    };

    return fast_copy(&message, sqe);
}

/* The call's record. Endpoint and server locked. */
static inline const struct call *fast_record(struct thread *thread,
                                             struct object *object,
                                             const struct sqe *sqe,
                                             struct receive *receive,
                                             uint32_t credit)
{
    struct call *call = call_take_own(thread);

    call->user_data = sqe->user_data;
    __builtin_memcpy(&call->head, sqe, sizeof(call->head));
    call->result = sqe->result;
    sync_store_pointer(&call->object, object);
    ring_promise_spare(&thread->queue);
    receive_use(receive, credit);
    call_deliver(call, receive, credit);
    return call;
}

/*
 * Tells the receiver of it: opcode, flags and method go as they came (fast.c).
 * Endpoint and server locked.
 */
static inline void fast_announce(const struct call *call,
                                 const struct sqe *sqe, struct thread *server,
                                 const struct receive *receive,
                                 uint64_t slot_va)
{
    struct cqe *entry = ring_place(&server->queue);

    entry->user_data = receive->user_data;
    __builtin_memcpy(&entry->kind, sqe, sizeof(uint32_t));
    entry->result = 0;
    entry->call_id = sync_load64(&call->id);
    entry->tag = call_facet(call)->tag;
    if (sqe->flags & RING_INLINE) {
        for (uint32_t i = 0; i < 4; i++) {
            entry->words[i] = sqe->words[i];
        }
    } else {
        entry->flags |= (uint8_t)(sqe->memory.ncaps << RING_CQE_CAPS_SHIFT);
        entry->words[0] = slot_va + RING_SLOT_HEADER_BYTES;
        entry->words[1] = sqe->memory.params_len;
        entry->words[2] = slot_va;
    }
    complete_publish(server);
}

/*
 * The call's delivery. If capabilities have arrived and the server's thread has
 * ended meanwhile, it has ended a moment after it got the call. Endpoint locked.
 */
static inline bool fast_deliver(struct thread *thread, struct object *object,
                                const struct sqe *sqe)
{
    struct thread *server;
    uint64_t slot_va;
    int32_t credit;
    bool memory = !(sqe->flags & RING_INLINE);
    struct receive *receive =
        fast_receiver(facet_of(object), sqe, &credit);
    bool lives;

    if (!receive) {
        return false;
    }
    server = receive->thread;
    slot_va = receive->area + (uint64_t)credit * receive->slot_bytes;
    if (memory && !fast_params(thread, sqe, receive, slot_va)) {
        return false;
    }
    lock_acquire(&server->lock);
    lives = sync_load(&server->state) != THREAD_ENDED;
    if (lives || (memory && sqe->memory.ncaps)) {
        const struct call *call =
            fast_record(thread, object, sqe, receive, (uint32_t)credit);

        if (lives) {
            fast_announce(call, sqe, server, receive, slot_va);
        }
        lives = true;
    }
    lock_release(&server->lock);
    return lives;
}

static __attribute__((noinline)) bool fast_call(struct thread *thread,
                                                const struct sqe *place)
{
    const struct sqe sqe = *place;
    struct revocation_node *node;
    struct object *object;
    struct endpoint *endpoint;
    bool done;

    sync_read_once();
    if (!thread->free_calls || context_of(&thread->place) ||
        !fast_call_usual(&sqe)) {
        return false;
    }
    object = cap_lookup_through(&thread->process->caps, sqe.cap, &node);
    if (!object || object->type != &facet_type ||
        node != &revocation_root || !object_try_get(object)) {
        return false;
    }
    endpoint = facet_of(object)->endpoint;
    lock_acquire(&endpoint->lock);
    done = fast_deliver(thread, object, &sqe);
    lock_release(&endpoint->lock);
    if (!done) {
        object_put(object);
    }
    return done;
}

/* ----------------------------------------------------------------- returns */

static inline bool fast_return_usual(const struct sqe *sqe)
{
    return !sqe->flags && !sqe->method && !sqe->result_len && !sqe->result &&
           fast_message_usual(sqe);
}

/* This thread returns such a call in the usual way. Endpoint locked. */
static inline bool fast_returns(const struct thread *thread,
                                const struct call *call, uint32_t bytes)
{
    const struct receive *receive = sync_load_pointer(&call->receive);

    return sync_load(&call->state) == CALL_DELIVERED && receive &&
           receive->thread == thread && !receive->ending &&
           !(call->flags & RING_RINLINE) && bytes <= call->result_len &&
           !call->promise && sync_load(&call->caller->state) != THREAD_ENDED &&
           !endpoint_waiting(call_facet(call)->endpoint);
}

/* Brings results and capability to the caller. Endpoint locked. */
static inline bool fast_results(struct thread *thread, struct call *call,
                                const struct sqe *sqe)
{
    uint32_t payload = (sqe->memory.params_len + 7u) & ~7u;
    uint32_t bytes = sqe->memory.ncaps
                         ? payload + (uint32_t)sizeof(uint64_t)
                         : sqe->memory.params_len;
    const struct fast_message message = {
        .to = call->caller->process,
        .from = thread->process,
        .va = call->result,
        .bytes = bytes,
        .payload = 0,
        .caps = payload,
        .origin = CAP_ORIGIN_RESULT_CAP,
    };

    return fast_returns(thread, call,
                        payload + 8u * sqe->memory.ncaps) &&
           fast_copy(&message, sqe);
}

static __attribute__((noinline)) bool fast_return(struct thread *thread,
                                                  const struct sqe *place)
{
    const struct sqe sqe = *place;
    struct endpoint *endpoint;
    struct call *call;
    bool done;

    sync_read_once();
    call = fast_return_usual(&sqe) ? call_record(sqe.cap) : NULL;
    endpoint = call ? call_lock(call, sqe.cap) : NULL;
    if (!endpoint) {
        return false;
    }
    done = fast_results(thread, call, &sqe);
    if (done) {
        receive_untake(sync_load_pointer(&call->receive), call->credit);
        ring_promise_spare(&thread->queue);
        call_take_delivered(call);
    }
    lock_release(&endpoint->lock);
    if (done) {
        struct cqe entry = {
            .flags = (uint8_t)(sqe.memory.ncaps << RING_CQE_CAPS_SHIFT),
            .result = (int32_t)sqe.memory.params_len,
        };

        call_complete(call, &entry);
    }
    return done;
}

/* ---------------------------------------------------------------- releases */

static __attribute__((noinline)) bool fast_release(struct thread *thread,
                                                   const struct sqe *place)
{
    uint64_t others = place->words[0] | place->words[1] | place->words[2] |
                      place->words[3] | place->result | place->result_len |
                      place->method;
    uint64_t user_data = place->user_data;
    uint64_t cap = place->cap;
    uint8_t flags = place->flags;

    sync_read_once();
    if (others || flags & ~RING_QUIET ||
        !cap_release_inline(&thread->process->caps, cap)) {
        return false;
    }
    if (!(flags & RING_QUIET)) {
        complete_plain(thread, user_data, 0);
        ring_use_spare(&thread->queue);
    }
    return true;
}

bool fast_memory(struct thread *thread, const struct sqe *place,
                 uint8_t opcode)
{
    if (opcode == RING_CALL) {
        return fast_call(thread, place);
    }
    if (opcode == RING_RETURN) {
        return fast_return(thread, place);
    }
    return opcode == RING_RELEASE && fast_release(thread, place);
}
