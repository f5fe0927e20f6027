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

/* Tells the receiver of the call: the completion of a free credit's place. */
static void deliver_announce(struct call *call, struct receive *receive,
                             uint64_t slot_va)
{
    struct cqe *place = complete_begin(receive->thread);

    ASSERT(place); /* the receives of an ended thread are gone */
    place->user_data = receive->user_data;
    place->kind = RING_CQE_CALL;
    place->flags = call->flags & (RING_INLINE | RING_RINLINE);
    place->method = call->method;
    place->result = 0;
    place->call_id = call->id;
    place->tag = call->facet->tag;
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
        hal_trace(TRACE_DELIVER, (uint32_t)call->caller->id, call->id,
                  receive->thread->id);
    }
    complete_end(receive->thread, place);
}

/* Offers the call to one receive. Endpoint locked. */
static int32_t deliver_to(struct call *call, struct receive *receive)
{
    struct process *server = receive->thread->process;
    bool memory = !(call->flags & RING_INLINE);
    uint32_t bytes = memory ? call->memory.params_len : 0;
    int32_t credit = receive_take(receive, memory, bytes);
    uint64_t slot_va;
    enum copy_fault fault = COPY_DONE;

    if (credit < 0) {
        return credit == RECEIVE_BUSY ? DELIVER_WAIT : credit;
    }
    slot_va = receive->area + (uint64_t)credit * receive->slot_bytes;
    if (memory) {
        fault = copy_between(server, slot_va + RING_SLOT_HEADER_BYTES,
                             call->caller->process, call->memory.params,
                             bytes);
    }
    if (fault != COPY_DONE) {
        receive_untake(receive, (uint32_t)credit);
        return fault == COPY_TO
                   ? DELIVER_RECEIVE_BAD
                   : FAIL(ERR_BAD_BUFFER, "params are not readable");
    }
    call->state = CALL_DELIVERED;
    object_get(&server->object);
    call->server = server;
    call->receive = receive;
    call->credit = (uint32_t)credit;
    receive->calls[credit] = call->id;
    list_push_back(&server->delivered, &call->link);
    call->facet->delivered++;
    deliver_announce(call, receive, slot_va);
    return DELIVER_DONE;
}

/*
 * Offers the call, which is in no list, to the endpoint's receives. A receive
 * that cannot be written to is passed in *bad, to be ended. Endpoint locked.
 */
static int32_t deliver_offer(struct call *call, struct endpoint *endpoint,
                             struct receive **bad)
{
    struct list_node *node = list_first(&endpoint->receives);
    bool too_large = false;
    bool wait = false;

    for (; node; node = list_next(&endpoint->receives, node)) {
        struct receive *receive = container_of(node, struct receive, link);
        int32_t result;

        if (receive->thread->state == THREAD_ENDED) {
            continue; /* about to be taken apart */
        }
        result = deliver_to(call, receive);
        if (result == DELIVER_RECEIVE_BAD) {
            *bad = receive;
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
    struct facet *facet = call->facet;

    call->state = CALL_QUEUED;
    list_push_back(&facet->queue, &call->link);
    facet->queued++;
    if (!list_linked(&facet->ready_link)) {
        list_push_back(&facet->endpoint->ready, &facet->ready_link);
    }
}

static int32_t deliver_check(const struct facet *facet, const struct sqe *sqe)
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
    if (facet->closed) {
        return FAIL(ERR_DISCONNECTED, "the service is gone");
    }
    return 0;
}

void deliver_call(struct thread *thread, struct facet *facet,
                  const struct sqe *sqe)
{
    struct endpoint *endpoint = facet->endpoint;
    struct receive *bad = NULL;
    int32_t result = deliver_check(facet, sqe);
    struct call *call;

    if (result < 0) {
        complete_now(thread, sqe->user_data, result);
        return;
    }
    call = call_begin(thread, sqe);
    if (!call) {
        complete_now(thread, sqe->user_data,
                     FAIL(ERR_OVERLOADED, "all call records in use"));
        return;
    }
    object_get(&facet->object);
    call->facet = facet;
    call->state = CALL_QUEUED;
    do {
        bad = NULL;
        lock_acquire(&endpoint->lock);
        result = facet->queued ? DELIVER_WAIT
                               : deliver_offer(call, endpoint, &bad);
        if (result == DELIVER_WAIT) {
            if (facet->queued < facet->queue_limit) {
                deliver_queue(call);
            } else {
                result = FAIL(ERR_OVERLOADED, "the facet's queue is full");
            }
        }
        lock_release(&endpoint->lock);
        if (bad) {
            receive_cancel(bad, FAIL(ERR_BAD_BUFFER, "slot is not writable"));
        }
    } while (bad);
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
    struct facet *facet = call->facet;

    list_push_front(&facet->queue, &call->link);
    facet->queued++;
    list_remove(&facet->ready_link);
    list_push_front(&endpoint->ready, &facet->ready_link);
}

void deliver_waiting(struct endpoint *endpoint)
{
    int32_t result;

    do {
        struct receive *bad = NULL;
        struct call *call;

        lock_acquire(&endpoint->lock);
        result = DELIVER_WAIT;
        call = endpoint->closed || list_empty(&endpoint->receives)
                   ? NULL
                   : deliver_next(endpoint);
        if (call) {
            result = deliver_offer(call, endpoint, &bad);
            if (result == DELIVER_WAIT || bad) {
                deliver_unnext(endpoint, call);
            }
        }
        lock_release(&endpoint->lock);
        if (bad) {
            receive_end(bad, FAIL(ERR_BAD_BUFFER, "slot is not writable"));
        } else if (result < 0) {
            call_fail(call, result);
        }
    } while (result != DELIVER_WAIT);
}

void deliver_forget(struct call *call)
{
    struct endpoint *endpoint = call->facet->endpoint;

    lock_acquire(&endpoint->lock);
    list_remove(&call->link);
    call->facet->delivered--;
    lock_release(&endpoint->lock);
}
