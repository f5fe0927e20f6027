/* promise.c - promise records, and the calls that wait for them. */
#include "ipc/promise.h"

#include "check/inject.h"
#include "fail.h"
#include "ipc/record.h"
#include "proc/thread.h"
#include "ring/complete.h"
#include "ring/enter.h"
#include "sched/run.h"

#define PROMISE_IRQ_INTERVAL 16u
#define PROMISE_FLAGS (RING_PROMISE | RING_PROMISED)

void promise_records_init(struct thread *thread)
{
    for (uint32_t i = 0; i < PROMISE_RECORDS; i++) {
        list_init(&thread->promises[i].waiting);
    }
}

static bool promise_settled(const struct promise *promise)
{
    return promise->state == PROMISE_KEPT || promise->state == PROMISE_BROKEN;
}

/* The record after `at` others, in the order in which they were taken. */
static struct promise *promise_by_age(struct thread *thread, uint32_t at)
{
    return &thread->promises[(thread->promise_next + at) % PROMISE_RECORDS];
}

/* ------------------------------------------------------------------ settling */

void promise_caps(struct promise *promise, const uint64_t *caps,
                  uint32_t count)
{
    promise->count = count;
    for (uint32_t i = 0; i < count; i++) {
        promise->caps[i] = caps[i];
    }
}

bool promise_settle(struct thread *thread, struct promise *promise,
                    const struct cqe *entry)
{
    bool due = !list_empty(&promise->waiting);

    lock_assert(&thread->lock);
    promise->state = entry->result < 0 ? PROMISE_BROKEN : PROMISE_KEPT;
    promise->result = entry->result;
    if (entry->result == ERR_EXCEPTION ||
        entry->result == ERR_EXCEPTION_TRUNCATED) {
        promise->caps[0] = entry->words[0];
        promise->caps[1] = entry->words[1];
    }
    if (due) {
        (void)sync_or64(&thread->attention, THREAD_DUE);
    }
    return due;
}

void promise_wake(struct thread *thread)
{
    uint32_t state = sync_load(&thread->state);

    lock_assert(&thread->lock);
    if (state == THREAD_WAITING) {
        (void)timer_stop(&thread->timeout);
        thread->waits_on = true;
        run_wake(cpu_self(), thread);
    } else if (state == THREAD_RUNNING) {
        run_due(thread);
    }
}

void promise_answer(struct thread *thread, const struct cqe *entry,
                    const uint64_t *caps, uint32_t count)
{
    struct promise *promise = thread->promising;

    thread->promising = NULL;
    lock_acquire(&thread->lock);
    promise_caps(promise, caps, count);
    if (promise_settle(thread, promise, entry)) {
        promise_wake(thread);
    }
    lock_release(&thread->lock);
}

/* ---------------------------------------------------------------- dependents */

/*
 * What a call that waits for this settled promise ends with, or 0: *cap is its
 * target. Thread locked, or the record is the caller's to keep.
 */
static int32_t promise_target(const struct promise *promise, uint32_t index,
                              uint64_t *cap, struct cqe *entry)
{
    if (promise->state == PROMISE_BROKEN) {
        entry->result = promise->result;
        if (promise->result == ERR_EXCEPTION ||
            promise->result == ERR_EXCEPTION_TRUNCATED) {
            entry->result = ERR_EXCEPTION;
            entry->words[0] = promise->caps[0];
            entry->words[1] = promise->caps[1];
        }
    } else if (index >= promise->count) {
        entry->result = FAIL(ERR_BAD_CAPABILITY,
                             "fewer capabilities were returned");
    } else {
        *cap = promise->caps[index];
    }
    return entry->result;
}

/*
 * Ends a call that has left its promise's list, of a thread that is current or
 * has ended. Thread locked.
 */
static void promise_end(struct call *call, struct cqe *entry)
{
    struct thread *thread = call->caller;
    struct promise *own = call->promise;

    entry->user_data = call->user_data;
    entry->method = call->method;
    call->promise = NULL;
    call_put_back(call);
    if (own && promise_settle(thread, own, entry)) {
        promise_wake(thread);
    }
    if (sync_load(&thread->state) != THREAD_ENDED) {
        complete_locked(thread, entry);
    }
}

/* The first call that waits for a settled promise; NULL: none does. */
static struct call *promise_take(struct thread *thread, uint64_t *cap,
                                 struct cqe *entry)
{
    struct call *call = NULL;

    lock_acquire(&thread->lock);
    for (uint32_t i = 0; i < PROMISE_RECORDS && !call; i++) {
        struct promise *promise = promise_by_age(thread, i);

        if (promise_settled(promise) && !list_empty(&promise->waiting)) {
            call = call_take_first(&promise->waiting);
            (void)promise_target(promise, call->credit, cap, entry);
        }
    }
    if (call && entry->result) {
        promise_end(call, entry);
    } else if (call) {
        thread->promising = call->promise;
    }
    lock_release(&thread->lock);
    return call;
}

/* Makes a call that has waited: as a submission that was never there. */
static void promise_issue(struct thread *thread, struct call *call,
                          uint64_t cap)
{
    struct sqe sqe = {
        .opcode = RING_CALL,
        .flags = call->flags,
        .method = call->method,
        .cap = cap,
        .user_data = call->user_data,
        .result = call->result,
        .result_len = call->result_len,
    };

    for (uint32_t i = 0; i < 4; i++) {
        sqe.words[i] = call->words[i];
    }
    call_abandon(call); /* record and place are there again for the CALL */
    ring_call(thread, &sqe);
}

bool promise_run(struct thread *thread)
{
    uint32_t done = 0;
    bool cut = hal_irq_pending();

    if (!cut) {
        (void)sync_and64(&thread->attention, ~(uint64_t)THREAD_DUE);
    }
    while (!cut && sync_load(&thread->state) != THREAD_ENDED) {
        struct cqe entry = {.kind = RING_CQE_COMPLETION};
        uint64_t cap = 0;
        struct call *call = promise_take(thread, &cap, &entry);

        if (!call) {
            break;
        }
        if (!entry.result) {
            promise_issue(thread, call, cap);
        }
        done++;
        cut = done % PROMISE_IRQ_INTERVAL == 0 && hal_irq_pending();
    }
    if (cut) {
        (void)sync_or64(&thread->attention, THREAD_DUE);
    }
    hal_time_work(done);
    return cut;
}

bool promise_cancel(struct call *call, int32_t error)
{
    struct cqe entry = {.result = error};
    struct thread *thread = call->caller;
    bool waits;

    lock_acquire(&thread->lock);
    waits = sync_load(&call->state) == CALL_PROMISED;
    if (waits) {
        list_remove(&call->link);
        promise_end(call, &entry);
    }
    lock_release(&thread->lock);
    return waits;
}

/* ---------------------------------------------------------------- submission */

/* The promise of an earlier submission; NULL: it made none, or long ago. */
static struct promise *promise_find(struct thread *thread, uint32_t sequence)
{
    struct promise *found = NULL;

    lock_acquire(&thread->lock);
    for (uint32_t i = 0; i < PROMISE_RECORDS && !found; i++) {
        struct promise *promise = &thread->promises[i];

        if (promise->state != PROMISE_FREE && promise->sequence == sequence) {
            found = promise;
        }
    }
    lock_release(&thread->lock);
    return found;
}

/*
 * A record for the promise of the submission just taken; NULL: all are in use.
 * One record is to be left alone.
 */
static struct promise *promise_new(struct thread *thread,
                                   const struct promise *but)
{
    struct promise *found = NULL;

    if (inject_refuses_alone(INJECT_SLOT)) {
        return NULL;
    }
    lock_acquire(&thread->lock);
    for (uint32_t i = 0; i < PROMISE_RECORDS && !found; i++) {
        struct promise *promise = promise_by_age(thread, i);

        if (promise != but && promise->state != PROMISE_PENDING &&
            list_empty(&promise->waiting)) {
            found = promise;
        }
    }
    if (found) {
        found->sequence = thread->queue.sq_head - 1;
        found->state = PROMISE_PENDING;
        found->count = 0;
        thread->promise_next =
            (uint32_t)(found - thread->promises + 1) % PROMISE_RECORDS;
    }
    lock_release(&thread->lock);
    return found;
}

/*
 * Has the call wait for its target, if that is not there yet or others wait for
 * it. 0, ERR_OVERLOADED; *waits: it does.
 */
static int32_t promise_wait(struct thread *thread, struct promise *target,
                            const struct sqe *sqe, bool *waits)
{
    struct call *call;

    lock_acquire(&thread->lock);
    *waits = !promise_settled(target) || !list_empty(&target->waiting);
    lock_release(&thread->lock);
    if (!*waits) {
        return 0;
    }
    call = call_reserve(thread, sqe);
    if (!call) {
        *waits = false;
        return FAIL(ERR_OVERLOADED, "all call records in use");
    }
    call->flags &= (uint8_t)~PROMISE_FLAGS;
    call->credit = (uint32_t)sqe->cap;
    lock_acquire(&thread->lock);
    list_push_back(&target->waiting, &call->link);
    sync_store(&call->state, CALL_PROMISED);
    if (promise_settled(target)) {
        (void)sync_or64(&thread->attention, THREAD_DUE); /* seen to before the kernel is left */
        promise_wake(thread);
    }
    lock_release(&thread->lock);
    return 0;
}

/* The call's target; an error is in the entry, and false if it waits. */
static bool promise_resolve(struct thread *thread, const struct sqe *sqe,
                            struct promise *target, uint64_t *cap,
                            struct cqe *entry)
{
    bool waits = false;

    if (!target) {
        entry->result = FAIL(ERR_NOT_FOUND, "no promise of that sequence");
        return true;
    }
    entry->result = promise_wait(thread, target, sqe, &waits);
    if (!waits && !entry->result) {
        (void)promise_target(target, (uint32_t)sqe->cap, cap, entry);
    }
    return !waits;
}

/* Executes the call, or ends it, when it need not wait. */
static void promise_begin(struct thread *thread, const struct sqe *sqe,
                          uint64_t cap, const struct cqe *entry)
{
    struct sqe plain = *sqe;

    if (entry->result) {
        if (thread->promising) {
            promise_answer(thread, entry, NULL, 0);
        }
        complete_entry(thread, entry);
        return;
    }
    plain.cap = cap;
    plain.flags &= (uint8_t)~PROMISE_FLAGS;
    ring_call(thread, &plain);
}

void promise_call(struct thread *thread, const struct sqe *sqe)
{
    struct cqe entry = {.user_data = sqe->user_data, .method = sqe->method};
    struct promise *target = NULL;
    uint64_t cap = sqe->cap;
    bool ready = true;

    if (sqe->flags & RING_PROMISED) {
        target = promise_find(thread, (uint32_t)(sqe->cap >> 32));
    }
    if (sqe->flags & RING_PROMISE) {
        thread->promising = promise_new(thread, target);
        if (!thread->promising) {
            complete_now(thread, sqe->user_data,
                         FAIL(ERR_OVERLOADED, "all promise records in use"));
            return;
        }
    }
    if ((sqe->flags & RING_PROMISE) && (sqe->flags & RING_RINLINE)) {
        entry.result = FAIL(ERR_BAD_FLAGS,
                            "inline results bring no capability");
    } else if (sqe->flags & RING_PROMISED) {
        ready = promise_resolve(thread, sqe, target, &cap, &entry);
    }
    if (ready) {
        promise_begin(thread, sqe, cap, &entry);
    }
}
