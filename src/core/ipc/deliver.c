/*
 * deliver.c - calls meet receives.
 *
 * A call is offered to each receive of the endpoint in the order of arming. If
 * none can take it now, it waits in its facet's queue.
 */
#include "ipc/deliver.h"

#include "cap/table.h"
#include "fail.h"
#include "ipc/call.h"
#include "ipc/copy.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "ipc/receive.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "ring/complete.h"

/* What became of an attempt to deliver. Errors (negative) are the caller's. */
enum deliver_result {
    DELIVER_DONE = 0,
    DELIVER_WAIT = 1,
    DELIVER_RECEIVE_BAD = 2, /* the receive's buffer is not writable */
};

/* Tells the receiver of the call, in the place of a credit that was free. */
static void deliver_announce(const struct call *call,
                             const struct receive *receive,
                             struct cqe *place, uint64_t slot_va)
{
    place->user_data = receive->user_data;
    place->kind = RING_CQE_CALL;
    place->flags = call->flags & (RING_INLINE | RING_RINLINE);
    place->method = call->method;
    place->result = 0;
    place->call_id = sync_load64(&call->id);
    place->tag = call_facet(call)->tag;
    if (call->flags & RING_INLINE) {
        for (uint32_t i = 0; i < 4; i++) {
            place->words[i] = call->words[i];
        }
    } else {
        place->words[0] = slot_va + RING_SLOT_HEADER_BYTES;
        place->words[1] = call->memory.params_len;
        place->words[2] = slot_va;
    }
    if (hal_trace_enabled()) {
        hal_trace(TRACE_DELIVER, (uint32_t)call->caller->id, place->call_id,
                  receive->thread->id);
    }
}

/* Puts the call into the hands of the receive's process. Endpoint locked. */
static void deliver_hand_over(struct call *call, struct receive *receive,
                              uint32_t credit)
{
    struct process *server = receive->thread->process;

    receive->calls[credit] = sync_load64(&call->id);
    list_push_back(&call_facet(call)->delivered, &call->facet_link);
    call->credit = credit;
    lock_acquire(&server->served_lock);
    call->receive = receive;
    sync_store_pointer(&call->server, server);
    list_push_back(&server->delivered, &call->link);
    sync_store(&call->state, CALL_DELIVERED);
    lock_release(&server->served_lock);
}

/* Offers the call to one receive. Endpoint locked. */
static int32_t deliver_to(struct call *call, struct receive *receive)
{
    struct thread *thread = receive->thread;
    bool memory = !(call->flags & RING_INLINE);
    uint32_t bytes = memory ? call->memory.params_len : 0;
    int32_t credit = receive_take(receive, memory, bytes);
    enum copy_fault fault = COPY_DONE;
    struct cqe *place = NULL;
    uint64_t slot_va;

    if (credit < 0) {
        return credit == RECEIVE_BUSY ? DELIVER_WAIT : credit;
    }
    slot_va = receive->area + (uint64_t)credit * receive->slot_bytes;
    if (memory) {
        fault = copy_between(thread->process, slot_va + RING_SLOT_HEADER_BYTES,
                             call->caller->process, call->memory.params,
                             bytes);
    }
    if (fault == COPY_DONE) {
        place = complete_begin(thread);
    }
    if (!place) {
        receive_untake(receive, (uint32_t)credit);
    }
    if (fault != COPY_DONE) {
        return fault == COPY_TO
                   ? DELIVER_RECEIVE_BAD
                   : FAIL(ERR_BAD_BUFFER, "params are not readable");
    }
    if (!place) {
        return DELIVER_WAIT; /* the thread has ended, its receives follow */
    }
    deliver_announce(call, receive, place, slot_va);
    deliver_hand_over(call, receive, (uint32_t)credit);
    complete_end(thread, place);
    return DELIVER_DONE;
}

/*
 * Offers the call, which is in no list, to the endpoint's receives. A receive
 * that cannot be written to is closed: *bad says what is left to do with it.
 * Endpoint locked.
 */
static int32_t deliver_offer(struct call *call, struct endpoint *endpoint,
                             struct receive_end *bad)
{
    struct list_node *node = list_first(&endpoint->receives);
    bool too_large = false;
    bool wait = false;

    for (; node; node = list_next(&endpoint->receives, node)) {
        struct receive *receive = container_of(node, struct receive, link);
        int32_t result = deliver_to(call, receive);

        if (result == DELIVER_RECEIVE_BAD) {
            receive_close(receive, bad);
        }
        if (result != ERR_TOO_LARGE && result != DELIVER_WAIT) {
            return result;
        }
        too_large |= result == ERR_TOO_LARGE;
        wait |= result == DELIVER_WAIT;
    }
    return too_large && !wait
               ? FAIL(ERR_TOO_LARGE, "params exceed every slot")
               : DELIVER_WAIT;
}

/* Puts the call at the end of its facet's queue. Endpoint locked. */
static void deliver_queue(struct call *call)
{
    struct facet *facet = call_facet(call);

    list_push_back(&facet->queue, &call->link);
    facet->queued++;
    if (!list_linked(&facet->ready_link)) {
        list_push_back(&facet->endpoint->ready, &facet->ready_link);
    }
}

static int32_t deliver_check(const struct sqe *sqe)
{
    if ((sqe->flags & ~(RING_INLINE | RING_RINLINE)) ||
        ((sqe->flags & RING_RINLINE) && (sqe->result || sqe->result_len))) {
        return FAIL(ERR_BAD_FLAGS, "flags or result of CALL");
    }
    if (!(sqe->flags & RING_INLINE) &&
        (sqe->memory.ncaps || sqe->memory.xfers || sqe->memory.reserved)) {
        return FAIL(ERR_BAD_FLAGS, "capabilities in params are reserved");
    }
    if (!(sqe->flags & RING_INLINE) &&
        sqe->memory.params_len > MESSAGE_BYTES_MAX) {
        return FAIL(ERR_TOO_LARGE, "params over MESSAGE_BYTES_MAX");
    }
    return 0;
}

/* What is left to do with a receive that was found to be bad. */
static void deliver_bad(const struct receive_end *bad)
{
    receive_finish(bad, FAIL(ERR_BAD_BUFFER, "slot is not writable"));
}

/* The first try. Endpoint locked. */
static int32_t deliver_first(struct call *call, struct receive_end *bad)
{
    struct facet *facet = call_facet(call);
    int32_t result;

    if (facet->closed) {
        return FAIL(ERR_DISCONNECTED, "the service is gone");
    }
    result = facet->queued ? DELIVER_WAIT
                           : deliver_offer(call, facet->endpoint, bad);
    if (result == DELIVER_WAIT && facet->queued >= facet->queue_limit) {
        return FAIL(ERR_OVERLOADED, "the facet's queue is full");
    }
    if (result == DELIVER_WAIT) {
        deliver_queue(call);
    }
    return result;
}

void deliver_call(struct thread *thread, struct facet *facet,
                  const struct sqe *sqe)
{
    struct endpoint *endpoint = facet->endpoint;
    int32_t result = deliver_check(sqe);
    struct call *call = NULL;
    struct receive_end bad;

    if (!result) {
        call = call_begin(thread, sqe);
        result = call ? 0 : FAIL(ERR_OVERLOADED, "all call records in use");
    }
    if (result) {
        complete_now(thread, sqe->user_data, result);
        object_put(&facet->object);
        return;
    }
    call->object = &facet->object;
    sync_store(&call->state, CALL_QUEUED);
    do {
        lock_acquire(&endpoint->lock);
        result = deliver_first(call, &bad);
        lock_release(&endpoint->lock);
        if (result == DELIVER_RECEIVE_BAD) {
            deliver_bad(&bad);
        }
    } while (result == DELIVER_RECEIVE_BAD);
    if (result < 0) {
        call_fail(call, result);
    }
}

/* Takes the next waiting call, the facets in turn. Endpoint locked. */
static struct call *deliver_next(struct endpoint *endpoint)
{
    struct list_node *node = list_pop_front(&endpoint->ready);
    struct facet *facet;

    if (!node) {
        return NULL;
    }
    facet = container_of(node, struct facet, ready_link);
    node = list_pop_front(&facet->queue);
    facet->queued--;
    if (!list_empty(&facet->queue)) {
        list_push_back(&endpoint->ready, &facet->ready_link);
    }
    return container_of(node, struct call, link);
}

/* Puts a call that deliver_next took back where it was. Endpoint locked. */
static void deliver_unnext(struct endpoint *endpoint, struct call *call)
{
    struct facet *facet = call_facet(call);

    list_push_front(&facet->queue, &call->link);
    facet->queued++;
    list_remove(&facet->ready_link);
    list_push_front(&endpoint->ready, &facet->ready_link);
}

void deliver_waiting(struct endpoint *endpoint)
{
    int32_t result;

    do {
        struct receive_end bad;
        struct call *call;

        lock_acquire(&endpoint->lock);
        result = DELIVER_WAIT;
        call = endpoint->closed || list_empty(&endpoint->receives)
                   ? NULL
                   : deliver_next(endpoint);
        if (call) {
            result = deliver_offer(call, endpoint, &bad);
            if (result == DELIVER_WAIT || result == DELIVER_RECEIVE_BAD) {
                deliver_unnext(endpoint, call);
            } else if (result < 0) {
                sync_store(&call->state, CALL_ENDING);
            }
        }
        lock_release(&endpoint->lock);
        if (result == DELIVER_RECEIVE_BAD) {
            deliver_bad(&bad);
        } else if (result < 0) {
            call_fail(call, result);
        }
    } while (result != DELIVER_WAIT);
}
