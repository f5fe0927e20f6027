/* enter.c - the drain of a submission queue, and waiting. */
#include "ring/enter.h"

#include "cap/table.h"
#include "fail.h"
#include "ipc/call.h"
#include "ipc/caller_info.h"
#include "ipc/deliver.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "ipc/fast.h"
#include "ipc/kernel_call.h"
#include "ipc/park.h"
#include "ipc/promise.h"
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

/*
 * The entry lies in the ring still: all that is looked at is looked at before
 * anything is done.
 */
static inline void enter_nop(struct thread *thread, const struct sqe *sqe)
{
    bool clean = !sqe->cap && enter_plain(sqe) && enter_words_zero(sqe, 0);
    uint64_t user_data = sqe->user_data;
    uint8_t flags = sqe->flags;
    int32_t result = 0;

    sync_read_once();
    if ((flags & ~(RING_QUIET | RING_YIELD)) || !clean) {
        result = FAIL(ERR_BAD_FLAGS, "reserved field of NOP set");
    } else if (flags & RING_YIELD) {
        run_yield(cpu_self());
    }
    if (result < 0 || !(flags & RING_QUIET)) {
        complete_plain(thread, user_data, result);
    }
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

void ring_call(struct thread *thread, const struct sqe *sqe)
{
    struct revocation_node *node;
    struct object *object =
        cap_get_through(&thread->process->caps, sqe->cap, &node);

    if (!object) {
        complete_now(thread, sqe->user_data,
                     FAIL(ERR_BAD_CAPABILITY, "CALL"));
        return;
    }
    if (hal_trace_enabled()) {
        enter_trace_call(thread, object, sqe->method);
    }
    if (object->type->dispatch) {
        kernel_call_run(thread, object, node, sqe);
        object_put(object);
    } else {
        deliver_call(thread, facet_of(object), node, sqe);
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
            call->user_data == user_data &&
            call_cancel(call, sync_load64(&call->id), ERR_CANCELLED)) {
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

static void enter_trace(const struct thread *thread, const struct sqe *sqe)
{
    hal_trace(TRACE_SQE, (uint32_t)thread->id,
              sqe->opcode | (uint64_t)sqe->flags << 8 |
                  (uint64_t)sqe->method << 16,
              sqe->cap);
}

static __attribute__((noinline)) void
enter_execute(struct thread *thread, const struct sqe *sqe)
{
    switch (sqe->opcode) {
    case RING_CALL:
        if (sqe->flags & (RING_PROMISE | RING_PROMISED)) {
            promise_call(thread, sqe);
        } else {
            ring_call(thread, sqe);
        }
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
    case RING_CALLER_INFO:
        caller_info(thread, sqe);
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

/* Reads an entry, once, and executes it; what its opcode was. */
static inline uint8_t enter_one(struct thread *thread, const struct sqe *place,
                                bool traced)
{
    uint8_t opcode = *(const volatile uint8_t *)&place->opcode;

    if (traced) {
        enter_trace(thread, place);
    }
    if (opcode == RING_NOP) {
        enter_nop(thread, place);
        thread->queue.spare--;
    } else if (!fast_allowed() || !fast_one(thread, place)) {
        struct sqe sqe = *place;

        sqe.opcode = opcode;
        sync_read_once();
        enter_execute(thread, &sqe);
        thread->queue.spare = 0; /* it may have taken several places */
    }
    return opcode;
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
    bool traced = hal_trace_enabled();
    bool cut = false;

    if (count > queue->sq_entries) {
        ring_queue_corrupt(queue);
        return false;
    }
    queue->spare = 0; /* the program may have corrupted its part meanwhile */
    while (done < count && !cut) {
        uint32_t index = queue->sq_head & (queue->sq_entries - 1);
        uint8_t opcode;

        if (!ring_has_spare(queue)) {
            break;
        }
        queue->sq_head++;
        done++;
        opcode = enter_one(thread, &queue->sq[index], traced);
        if (opcode != RING_NOP) {
            if (sync_load(&thread->state) == THREAD_ENDED) {
                return false;
            }
            traced = hal_trace_enabled(); /* it may have begun or ended that */
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

/* Something must be seen to before the thread may wait. */
static bool enter_attend(struct thread *thread)
{
    return sync_load64(&thread->attention) & (THREAD_RETURNED | THREAD_DUE);
}

static bool enter_due(const struct thread *thread)
{
    return sync_load64(&thread->attention) & THREAD_DUE;
}

static bool enter_collects(const struct thread *thread)
{
    return sync_load64(&thread->attention) &
           (THREAD_RETURNED | THREAD_UNCOLLECTED);
}

/*
 * Lets the thread wait, unless that is over already. False: credits have come
 * back, which a waiting call could use, or promises were settled.
 */
static bool enter_wait(struct thread *thread, uint32_t min_complete,
                       uint64_t timeout_ns)
{
    struct ring_queue *queue = &thread->queue;
    uint32_t available;
    bool waits;

    lock_acquire(&thread->lock);
    available = ring_available(queue);
    waits = !enter_attend(thread) && available < min_complete &&
            sync_load(&thread->state) != THREAD_ENDED;
    if (waits) {
        thread->wait_head = sync_load(&queue->cq_tail) - available;
        thread->wake_tail = thread->wait_head + min_complete;
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
    return waits || !enter_attend(thread);
}

/* Promises first: what waits for them was submitted before what is there now. */
static bool enter_work(struct thread *thread)
{
    bool cut;

    if (enter_collects(thread)) {
        receive_collect(thread);
    }
    cut = enter_due(thread) && promise_run(thread);
    if (!cut && sync_load(&thread->state) != THREAD_ENDED) {
        cut = enter_drain(thread);
    }
    if (!cut && enter_due(thread)) {
        cut = promise_run(thread);
    }
    return cut;
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
        cut = enter_work(thread);
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

/*
 * A thread that was woken for its promises goes on to wait, or its wait is over:
 * what it waited for is there, its time is, or an interrupt waits (cut). False:
 * something more must be seen to first.
 */
static bool enter_wait_on(struct thread *thread, bool cut)
{
    struct ring_queue *queue = &thread->queue;
    uint64_t deadline_ns = thread->timeout.deadline_ns;
    bool attend;

    lock_acquire(&thread->lock);
    attend = !cut && enter_attend(thread);
    if (sync_load(&thread->state) == THREAD_ENDED) {
        attend = false;
    } else if (cut || (int32_t)(sync_load(&queue->cq_tail) -
                                thread->wake_tail) >= 0 ||
               deadline_ns <= hal_time_now()) {
        complete_wait(thread, cut ? 0 : ERR_TIMED_OUT);
        thread->waits_on = false;
        attend = false;
    } else if (!attend) {
        thread->waits_on = false;
        run_wait(cpu_self());
        if (deadline_ns != UINT64_MAX) {
            timer_start(&thread->timeout, deadline_ns);
        }
    }
    lock_release(&thread->lock);
    return !attend;
}

bool ring_resume(struct thread *thread)
{
    bool cut;

    do {
        cut = enter_due(thread) && promise_run(thread);
        if (thread->waits_on && enter_collects(thread)) {
            receive_collect(thread);
        }
    } while (thread->waits_on && !enter_wait_on(thread, cut));
    return cut;
}
