/* enter.c - the drain of a submission queue, and waiting. */
#include "ring/enter.h"

#include "cap/table.h"
#include "fail.h"
#include "ipc/call.h"
#include "ipc/deliver.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "ipc/kernel_call.h"
#include "ipc/park.h"
#include "ipc/receive.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "ring/complete.h"
#include "sched/run.h"
#include "start.h"

#define ENTER_IRQ_INTERVAL 16u

static bool enter_words_zero(const struct sqe *sqe, uint32_t from)
{
    uint64_t all = 0;

    for (uint32_t i = from; i < 4; i++) {
        all |= sqe->words[i];
    }
    return all == 0;
}

/* True if what only messages use is zero. */
static bool enter_plain(const struct sqe *sqe)
{
    return !sqe->method && !sqe->result_len && !sqe->result;
}

static void enter_finish(struct thread *thread, const struct sqe *sqe,
                         int32_t result)
{
    if (result < 0 || !(sqe->flags & RING_QUIET)) {
        complete_now(thread, sqe->user_data, result);
    }
}

static void enter_nop(struct thread *thread, const struct sqe *sqe)
{
    int32_t result = 0;

    if ((sqe->flags & ~(RING_QUIET | RING_YIELD)) || sqe->cap ||
        !enter_plain(sqe) || !enter_words_zero(sqe, 0)) {
        result = FAIL(ERR_BAD_FLAGS, "reserved field of NOP set");
    } else if (sqe->flags & RING_YIELD) {
        run_yield(cpu_self());
    }
    enter_finish(thread, sqe, result);
}

static void enter_release(struct thread *thread, const struct sqe *sqe)
{
    int32_t result;

    if ((sqe->flags & ~RING_QUIET) || !enter_plain(sqe) ||
        !enter_words_zero(sqe, 0)) {
        result = FAIL(ERR_BAD_FLAGS, "reserved field of RELEASE set");
    } else {
        result = cap_release(&thread->process->caps, sqe->cap);
    }
    enter_finish(thread, sqe, result);
}

static void enter_trace_call(const struct thread *thread,
                             struct object *object, uint16_t method)
{
    uint64_t endpoint = object->type == &facet_type
                            ? facet_of(object)->endpoint->object.id
                            : 0;

    hal_trace(TRACE_CALL, (uint32_t)thread->id, object_interface(object),
              method);
    hal_trace(TRACE_TARGET, (uint32_t)thread->id, object->id, endpoint);
}

static void enter_call(struct thread *thread, const struct sqe *sqe)
{
    struct object *object = cap_get(&thread->process->caps, sqe->cap);

    if (!object) {
        complete_now(thread, sqe->user_data,
                     FAIL(ERR_BAD_CAPABILITY, "CALL"));
        return;
    }
    if (hal_trace_enabled()) {
        enter_trace_call(thread, object, sqe->method);
    }
    if (object->type->dispatch) {
        kernel_call_run(thread, object, sqe);
        object_put(object);
    } else {
        deliver_call(thread, facet_of(object), sqe);
    }
}

/*
 * Cancels the operation with that user_data: a call, a receive, a park. One that
 * another CPU completes at this moment is past cancelling.
 */
static int32_t enter_cancel_one(struct thread *thread, uint64_t user_data)
{
    for (uint32_t i = 0; i < thread->call_count; i++) {
        struct call *call = &thread->calls[i];

        if (sync_load(&call->state) != CALL_FREE &&
            call->user_data == user_data && call_cancel(call, ERR_CANCELLED)) {
            return 0;
        }
    }
    for (uint32_t i = 0; i < RECV_RECORDS; i++) {
        struct receive *receive = &thread->receives[i];

        if (receive->user_data == user_data &&
            receive_cancel(receive, ERR_CANCELLED)) {
            return 0;
        }
    }
    if (park_cancel(thread, user_data)) {
        return 0;
    }
    return FAIL(ERR_NOT_FOUND, "nothing to cancel under that user_data");
}

static void enter_cancel(struct thread *thread, const struct sqe *sqe)
{
    int32_t result;

    if (sqe->flags || sqe->cap || !enter_plain(sqe) ||
        !enter_words_zero(sqe, 1)) {
        result = FAIL(ERR_BAD_FLAGS, "reserved field of CANCEL set");
    } else {
        result = enter_cancel_one(thread, sqe->words[0]);
    }
    complete_now(thread, sqe->user_data, result);
}

static void enter_execute(struct thread *thread, const struct sqe *sqe)
{
    if (hal_trace_enabled()) {
        hal_trace(TRACE_SQE, (uint32_t)thread->id,
                  sqe->opcode | (uint64_t)sqe->flags << 8 |
                      (uint64_t)sqe->method << 16,
                  sqe->cap);
    }
    switch (sqe->opcode) {
    case RING_NOP:
        enter_nop(thread, sqe);
        break;
    case RING_CALL:
        enter_call(thread, sqe);
        break;
    case RING_RECV:
        receive_arm(thread, sqe);
        break;
    case RING_RETURN:
        deliver_return(thread, sqe);
        break;
    case RING_RELEASE:
        enter_release(thread, sqe);
        break;
    case RING_CANCEL:
        enter_cancel(thread, sqe);
        break;
    case RING_PARK:
        park_wait(thread, sqe);
        break;
    case RING_UNPARK:
        enter_finish(thread, sqe, park_wake(thread, sqe));
        break;
    default:
        complete_now(thread, sqe->user_data,
                     FAIL(ERR_BAD_OPCODE, "unknown or reserved opcode"));
    }
}

/*
 * Executes what the program published, each entry read once. Stops early when
 * there is no room for a completion, an interrupt waits, or the thread is gone.
 * True if an interrupt cut it short.
 */
static bool enter_drain(struct thread *thread)
{
    struct ring_queue *queue = &thread->queue;
    uint32_t tail = sync_load_shared(&queue->user->sq_tail);
    uint32_t count = tail - queue->sq_head;
    uint32_t done = 0;
    bool cut = false;

    if (count > queue->sq_entries) {
        ring_queue_corrupt(queue);
        return false;
    }
    while (done < count && ring_room(queue) && !cut) {
        struct sqe sqe = queue->sq[queue->sq_head & (queue->sq_entries - 1)];

        sync_read_once();
        queue->sq_head++;
        done++;
        enter_execute(thread, &sqe);
        if (sync_load(&thread->state) == THREAD_ENDED) {
            return false;
        }
        cut = done % ENTER_IRQ_INTERVAL == 0 && hal_irq_pending();
    }
    sync_store_shared(&queue->kernel->sq_head, queue->sq_head);
    hal_time_work(done);
    return cut && done < count;
}

/*
 * The timeout of a waiting thread. Meanwhile it may have been woken and wait
 * again: the deadline of the new wait has not come.
 */
static void enter_timed_out(struct timer *timer)
{
    struct thread *thread = container_of(timer, struct thread, timeout);

    lock_acquire(&thread->lock);
    if (sync_load(&thread->state) == THREAD_WAITING &&
        thread->timeout.deadline_ns <= hal_time_now()) {
        complete_wake(thread, ERR_TIMED_OUT);
    }
    lock_release(&thread->lock);
}

static uint64_t enter_deadline(uint64_t timeout_ns)
{
    uint64_t now_ns = hal_time_now();

    return timeout_ns > UINT64_MAX - 1 - now_ns ? UINT64_MAX
                                                : now_ns + timeout_ns;
}

/*
 * Lets the thread wait, unless that is over already. False: credits have come
 * back, which a waiting call could use, and must be collected first.
 */
static bool enter_wait(struct thread *thread, uint32_t min_complete,
                       uint64_t timeout_ns)
{
    struct ring_queue *queue = &thread->queue;
    uint32_t available;
    bool waits;

    lock_acquire(&thread->lock);
    available = ring_available(queue);
    waits = !sync_load(&thread->returned) && available < min_complete &&
            sync_load(&thread->state) != THREAD_ENDED;
    if (waits) {
        thread->wake_tail =
            sync_load(&queue->cq_tail) - available + min_complete;
        thread->timeout.deadline_ns = UINT64_MAX;
        run_wait(cpu_self());
        if (timeout_ns != TIMEOUT_NEVER) {
            thread->timeout.fire = enter_timed_out;
            timer_start(&thread->timeout, enter_deadline(timeout_ns));
        }
    } else {
        hal_context_result(&thread->context, available);
    }
    lock_release(&thread->lock);
    return waits || !sync_load(&thread->returned);
}

void ring_enter(struct thread *thread, uint64_t min_complete,
                uint64_t timeout_ns)
{
    uint32_t available;
    bool cut;

    if (min_complete > thread->queue.cq_entries) {
        min_complete = thread->queue.cq_entries;
    }
    do {
        if (sync_load(&thread->returned) || thread->uncollected) {
            receive_collect(thread);
        }
        cut = enter_drain(thread);
        if (sync_load(&thread->state) == THREAD_ENDED) {
            return;
        }
        available = ring_available(&thread->queue);
        if (sync_load(&thread->queue.corrupt)) {
            hal_context_result(&thread->context, ERR_BAD_RING);
            return;
        }
        if (available >= min_complete || timeout_ns == TIMEOUT_POLL || cut) {
            hal_context_result(&thread->context, available);
            return;
        }
    } while (!enter_wait(thread, (uint32_t)min_complete, timeout_ns));
}
