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
#include "ipc/notice.h"
#include "ipc/receive.h"
#include "ipc/record.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "ring/complete.h"

/* What became of an attempt to deliver. Errors (negative) are the caller's. */
enum deliver_result {
    DELIVER_DONE = 0,
    DELIVER_WAIT = 1,
    DELIVER_RECEIVE_BAD = 2, /* the receive's buffer is not writable */
    DELIVER_BEHIND = 3, /* it waits, for others waited already */
};

/* What an attempt leaves to do without the endpoint's lock. */
struct deliver_left {
    struct receive_end bad; /* DELIVER_RECEIVE_BAD */
    struct call *call;      /* an error: the call that it ends */
    struct facet *noticed;  /* the notice's reference */
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
        place->flags |= (uint8_t)(call->memory.ncaps << RING_CQE_CAPS_SHIFT);
        place->words[0] = slot_va + RING_SLOT_HEADER_BYTES;
        place->words[1] = call->memory.params_len;
        place->words[2] = slot_va;
    }
    if (hal_trace_enabled()) {
        hal_trace(TRACE_DELIVER, (uint32_t)call->caller->id, place->call_id,
                  receive->thread->id);
    }
}

/* Brings params and capabilities into the slot. Endpoint locked. */
static int32_t deliver_copy(const struct call *call,
                            const struct receive *receive, uint64_t slot_va)
{
    const struct copy_message message = {
        .to = receive->thread->process,
        .from = call->caller->process,
        .to_va = slot_va + RING_SLOT_HEADER_BYTES,
        .from_va = call->memory.params,
        .bytes = call->memory.params_len,
        .ncaps = call->memory.ncaps,
        .xfers = call->memory.xfers,
        .caps_va = slot_va,
        .origin = CAP_ORIGIN_IPC_TRANSFER,
    };
    int32_t status =
        message.ncaps
            ? copy_message(&message)
            : (int32_t)copy_between(message.to, message.to_va, message.from,
                                    message.from_va, message.bytes);

    if (status == COPY_TO) {
        return DELIVER_RECEIVE_BAD;
    }
    return status == COPY_FROM
               ? FAIL(ERR_BAD_BUFFER, "params are not readable")
               : status;
}

/*
 * Offers the call to one receive. Endpoint locked. If the thread has ended, its
 * receives follow, and the call waits for another one; but not if its capabilities
 * have arrived: then the thread has ended a moment after it got the call.
 */
static int32_t deliver_to(struct call *call, struct receive *receive)
{
    struct thread *thread = receive->thread;
    bool memory = !(call->flags & RING_INLINE);
    uint32_t bytes = memory ? call->memory.params_len : 0;
    int32_t credit = receive_take(receive, memory, bytes);
    int32_t status = 0;
    struct cqe *place = NULL;
    uint64_t slot_va;

    if (credit < 0) {
        return credit == RECEIVE_BUSY ? DELIVER_WAIT : credit;
    }
    slot_va = receive->area + (uint64_t)credit * receive->slot_bytes;
    if (memory) {
        status = deliver_copy(call, receive, slot_va);
    }
    if (!status) {
        place = complete_begin(thread);
        status = place || (memory && call->memory.ncaps) ? 0 : DELIVER_WAIT;
    }
    if (status) {
        receive_untake(receive, (uint32_t)credit);
        return status;
    }
    if (place) {
        deliver_announce(call, receive, place, slot_va);
    }
    call_deliver(call, receive, (uint32_t)credit);
    if (place) {
        complete_end(thread, place);
    }
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

static int32_t deliver_check(const struct sqe *sqe)
{
    if ((sqe->flags & ~(RING_INLINE | RING_RINLINE)) ||
        ((sqe->flags & RING_RINLINE) && (sqe->result || sqe->result_len))) {
        return FAIL(ERR_BAD_FLAGS, "flags or result of CALL");
    }
    if (sqe->flags & RING_INLINE) {
        return 0;
    }
    if (sqe->memory.reserved || (!sqe->memory.ncaps && sqe->memory.xfers)) {
        return FAIL(ERR_BAD_FLAGS, "reserved field of CALL set");
    }
    if (sqe->memory.params_len > MESSAGE_BYTES_MAX ||
        sqe->memory.ncaps > MESSAGE_CAPS_MAX) {
        return FAIL(ERR_TOO_LARGE, "params over their limits");
    }
    return 0;
}

/* What is left to do with a receive that was found to be bad. */
static void deliver_bad(const struct receive_end *bad)
{
    receive_finish(bad, FAIL(ERR_BAD_BUFFER, "slot is not writable"));
}

/* The first try, unless somebody waits, whose turn it is. Endpoint locked. */
static int32_t deliver_first(struct call *call, struct receive_end *bad)
{
    struct facet *facet = call_facet(call);
    bool behind = endpoint_waiting(facet->endpoint);
    int32_t result = facet_refusal(facet);

    if (!result) {
        result = behind ? DELIVER_BEHIND
                        : deliver_offer(call, facet->endpoint, bad);
    }
    if (result == DELIVER_WAIT || result == DELIVER_BEHIND) {
        int32_t error = facet_queue(facet, call);

        result = error ? error : result;
    }
    return result;
}

void deliver_call(struct thread *thread, struct facet *facet,
                  struct revocation_node *node, const struct sqe *sqe)
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
    sync_store_pointer(&call->object, &facet->object);
    if (node != &revocation_root) {
        result = node_add_call(node, call);
        if (result) {
            call_fail(call, result);
            return;
        }
    }
    do {
        lock_acquire(&endpoint->lock);
        result = deliver_first(call, &bad);
        lock_release(&endpoint->lock);
        if (result == DELIVER_RECEIVE_BAD) {
            deliver_bad(&bad);
        }
    } while (result == DELIVER_RECEIVE_BAD);
    if (result == DELIVER_DONE) {
        thread->place.called = call;
    } else if (result == DELIVER_BEHIND) {
        deliver_waiting(endpoint); /* those ahead may wait for slots only */
    } else if (result < 0) {
        call_fail(call, result);
    }
}

/* Delivers what comes first with a facet of the rounds. Endpoint locked. */
static int32_t deliver_facet(struct facet *facet, struct deliver_left *left)
{
    struct call *call = facet_take(facet);
    int32_t result;

    if (!call) {
        result = notice_offer(facet) ? DELIVER_DONE : DELIVER_WAIT;
        left->noticed = result == DELIVER_DONE ? facet : NULL;
        return result;
    }
    result = deliver_offer(call, facet->endpoint, &left->bad);
    if (result == DELIVER_WAIT || result == DELIVER_RECEIVE_BAD) {
        facet_untake(facet, call);
        return result;
    }
    if (result < 0) {
        sync_store(&call->state, CALL_ENDING);
        left->call = call;
    }
    facet_next_turn(facet);
    return result;
}

/*
 * One turn of the endpoint: of the facet that stands longest, or, if a slot is
 * what that one needs, of the first one that needs none. Endpoint locked.
 */
static int32_t deliver_turn(struct endpoint *endpoint,
                            struct deliver_left *left)
{
    struct facet *first = endpoint_ready(endpoint, FACET_ROUND_INLINE);
    struct facet *second = endpoint_ready(endpoint, FACET_ROUND_MEMORY);
    int32_t result = DELIVER_WAIT;

    if (endpoint->closed || list_empty(&endpoint->receives)) {
        return DELIVER_WAIT;
    }
    if (!first || (second && second->turn < first->turn)) {
        struct facet *other = first;

        first = second;
        second = other;
    }
    if (first) {
        result = deliver_facet(first, left);
    }
    if (result == DELIVER_WAIT && second) {
        result = deliver_facet(second, left);
    }
    return result;
}

void deliver_waiting(struct endpoint *endpoint)
{
    int32_t result;

    do {
        struct deliver_left left;

        left.noticed = NULL;
        lock_acquire(&endpoint->lock);
        result = deliver_turn(endpoint, &left);
        lock_release(&endpoint->lock);
        if (result == DELIVER_RECEIVE_BAD) {
            deliver_bad(&left.bad);
        } else if (result < 0) {
            call_fail(left.call, result);
        } else if (left.noticed) {
            object_put(&left.noticed->object);
        }
    } while (result != DELIVER_WAIT);
}
