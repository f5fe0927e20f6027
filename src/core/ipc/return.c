/*
 * return.c - results on their way back to the caller.
 *
 * What is wrong on the server's side fails its RETURN and leaves the call where
 * it is; what is wrong on the caller's side is the caller's completion, and the
 * server hears of it only if capabilities did not arrive: they are still its own.
 */
#include "cap/transfer.h"
#include "fail.h"
#include "ipc/record.h"
#include "ipc/copy.h"
#include "ipc/deliver.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "ipc/notice.h"
#include "ipc/promise.h"
#include "ipc/receive.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "ring/complete.h"

/*
 * What bringing the results to the caller came to: an error for the server, or 0,
 * then entry holds the caller's completion.
 */
static int32_t return_outcome(int32_t status, const struct sqe *sqe,
                              struct cqe *entry)
{
    if (status == COPY_FROM) {
        return FAIL(ERR_BAD_BUFFER, "results are not readable");
    }
    if (status == COPY_TO) {
        entry->result = FAIL(ERR_BAD_BUFFER, "result buffer");
        return 0;
    }
    if (cap_transfer_no_room(status)) {
        entry->result = FAIL(ERR_OVERLOADED, "no room for capabilities");
        return 0;
    }
    if (!status) {
        entry->flags = (uint8_t)(sqe->memory.ncaps << RING_CQE_CAPS_SHIFT);
        entry->result = (int32_t)sqe->memory.params_len;
    }
    return status;
}

/* Brings payload and capabilities to the caller; see return_outcome. */
static int32_t return_memory(struct call *call, const struct sqe *sqe,
                             struct cqe *entry)
{
    uint64_t payload = ((uint64_t)sqe->memory.params_len + 7) & ~7ull;
    uint64_t caps[MESSAGE_CAPS_MAX];
    const struct copy_message message = {
        .to = call->caller->process,
        .from = call->server,
        .to_va = call->result,
        .from_va = sqe->memory.params,
        .bytes = sqe->memory.params_len,
        .ncaps = sqe->memory.ncaps,
        .xfers = sqe->memory.xfers,
        .caps_va = call->result + payload,
        .caps = call->promise ? caps : NULL,
        .origin = CAP_ORIGIN_RESULT_CAP,
    };
    int32_t status;

    if (message.ncaps > MESSAGE_CAPS_MAX) {
        return FAIL(ERR_TOO_LARGE, "more than MESSAGE_CAPS_MAX capabilities");
    }
    if (payload + 8ull * message.ncaps > call->result_len) {
        entry->result = FAIL(ERR_TOO_LARGE, "results exceed their buffer");
        return 0;
    }
    status = message.ncaps
                 ? copy_message(&message)
                 : (int32_t)copy_between(message.to, message.to_va,
                                         message.from, message.from_va,
                                         message.bytes);
    if (!status && call->promise) {
        promise_caps(call->promise, caps, message.ncaps);
    }
    return return_outcome(status, sqe, entry);
}

/* The server raised an exception: kind in method, detail in result_len. */
static int32_t return_exception(struct call *call, const struct sqe *sqe,
                                struct cqe *entry)
{
    uint32_t bytes = sqe->memory.params_len;
    enum copy_fault fault = COPY_DONE;

    if (sqe->flags & RING_INLINE || sqe->memory.ncaps) {
        return FAIL(ERR_BAD_FLAGS, "an exception is a message in memory");
    }
    entry->words[0] = sqe->method;
    entry->words[1] = (uint64_t)(int64_t)(int32_t)sqe->result_len;
    entry->result = ERR_EXCEPTION;
    if (bytes > call->result_len) {
        entry->result = ERR_EXCEPTION_TRUNCATED;
        return 0;
    }
    fault = copy_between(call->caller->process, call->result,
                         call->server, sqe->memory.params, bytes);
    if (fault == COPY_FROM) {
        return FAIL(ERR_BAD_BUFFER, "exception is not readable");
    }
    if (fault == COPY_TO) {
        entry->result = ERR_EXCEPTION_TRUNCATED;
        return 0;
    }
    entry->words[2] = bytes;
    return 0;
}

static int32_t return_inline(const struct sqe *sqe, struct cqe *entry)
{
    entry->flags = RING_CQE_INLINE;
    entry->result = 0;
    for (uint32_t i = 0; i < 4; i++) {
        entry->words[i] = sqe->words[i];
    }
    return 0;
}

/* Fields that the entry's form does not name, and how much it may carry. */
static int32_t return_check(const struct sqe *sqe)
{
    if ((sqe->flags & ~(RING_INLINE | RING_EXCEPTION)) || sqe->result) {
        return FAIL(ERR_BAD_FLAGS, "flags or result of RETURN");
    }
    if (!(sqe->flags & RING_EXCEPTION) && (sqe->method || sqe->result_len)) {
        return FAIL(ERR_BAD_FLAGS, "method or result_len of RETURN");
    }
    if (sqe->flags & RING_INLINE) {
        return 0;
    }
    if (sqe->memory.reserved || (!sqe->memory.ncaps && sqe->memory.xfers)) {
        return FAIL(ERR_BAD_FLAGS, "reserved field of RETURN set");
    }
    if (sqe->memory.params_len > MESSAGE_BYTES_MAX) {
        return FAIL(ERR_TOO_LARGE, "results over MESSAGE_BYTES_MAX");
    }
    return 0;
}

/* The server's error, or 0 with the caller's completion in entry. */
static int32_t return_decode(struct call *call, const struct sqe *sqe,
                             struct cqe *entry)
{
    bool inline_form = sqe->flags & RING_INLINE;
    int32_t error = return_check(sqe);

    if (error) {
        return error;
    }
    if (sqe->flags & RING_EXCEPTION) {
        return return_exception(call, sqe, entry);
    }
    if (inline_form != !!(call->flags & RING_RINLINE)) {
        return FAIL(ERR_WRONG_FORM, "the caller expects the other form");
    }
    if (inline_form) {
        return return_inline(sqe, entry);
    }
    return return_memory(call, sqe, entry);
}

/*
 * Puts back a call that its server could not return. Whoever wanted to end it
 * meanwhile left it alone: a closed facet ends it now.
 */
static void return_undo(struct call *call)
{
    struct facet *facet = call_facet(call);
    struct endpoint *endpoint = facet->endpoint;
    bool closed;

    object_get(&facet->object);
    lock_acquire(&endpoint->lock);
    closed = facet->closed;
    if (closed) {
        call_take_delivered(call);
    } else {
        call_unclaim(call);
    }
    lock_release(&endpoint->lock);
    if (closed) {
        call_fail(call, FAIL(ERR_DISCONNECTED, "facet closed"));
    }
    object_put(&facet->object);
}

/* Gives the credit of a claimed call back, which is ENDING then. */
static void return_credit(struct call *call, struct thread *thread)
{
    struct endpoint *endpoint = call_facet(call)->endpoint;
    struct receive *receive;
    bool settled = false;
    bool waiting;

    lock_acquire(&endpoint->lock);
    receive = sync_load_pointer(&call->receive);
    call_take_delivered(call);
    if (receive) {
        settled = receive_give(receive, call->credit, thread);
    }
    waiting = endpoint_waiting(endpoint);
    lock_release(&endpoint->lock);
    if (settled) {
        receive_settle(receive);
    }
    if (waiting) {
        deliver_waiting(endpoint);
    }
}

/*
 * The call ends with what entry says. If that is not what the server meant to give,
 * it hears so in the place of its RETURN, which the credit does not get then.
 */
static void return_end(struct call *call, struct thread *thread,
                       const struct sqe *sqe, struct cqe *entry)
{
    bool dropped = !(sqe->flags & RING_INLINE) && sqe->memory.ncaps &&
                   entry->result < 0;

    if (dropped) {
        complete_now(thread, sqe->user_data, RING_RETURN_DROPPED);
    }
    return_credit(call, dropped && !ring_room(&thread->queue) ? NULL : thread);
    call_complete(call, entry);
}

void deliver_return(struct thread *thread, const struct sqe *sqe)
{
    struct call *call = call_claim(thread->process, sqe->cap);
    struct cqe entry = {.flags = 0};
    int32_t error;

    if (!call && notice_return(thread, sqe->cap)) {
        return;
    }
    if (!call) {
        complete_now(thread, sqe->user_data,
                     FAIL(ERR_CALL_GONE, "RETURN of an ended call"));
        receive_forget(thread, sqe->cap);
        return;
    }
    error = return_decode(call, sqe, &entry);
    if (error) {
        return_undo(call);
        complete_now(thread, sqe->user_data, error);
        return;
    }
    return_end(call, thread, sqe, &entry);
}
