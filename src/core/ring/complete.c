/* complete.c - posting completions and waking who waits for them. */
#include "ring/complete.h"

#include "fail.h"
#include "ipc/promise.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "sched/run.h"

void complete_trace(const struct thread *thread, uint64_t user_data,
                    int32_t result)
{
    const struct hal_space *space = &thread->process->space.hal;

    if (user_data - hal_space_base(space) < hal_space_size(space)) {
        user_data -= hal_space_base(space);
    }
    hal_trace(TRACE_CQE, (uint32_t)thread->id, user_data,
              (uint64_t)(int64_t)result);
}

void complete_now(struct thread *thread, uint64_t user_data, int32_t result)
{
    complete_plain(thread, user_data, result);
    if (thread->promising) {
        promise_answer(thread, &(const struct cqe){.result = result}, NULL, 0);
    }
}

void complete_entry(struct thread *thread, const struct cqe *entry)
{
    lock_acquire(&thread->lock);
    *ring_place(&thread->queue) = *entry;
    ring_publish(&thread->queue);
    lock_release(&thread->lock);
    if (hal_trace_enabled()) {
        complete_trace(thread, entry->user_data, entry->result);
    }
}

struct cqe *complete_begin(struct thread *thread)
{
    lock_acquire(&thread->lock);
    if (sync_load(&thread->state) == THREAD_ENDED) {
        lock_release(&thread->lock);
        return NULL;
    }
    return ring_place(&thread->queue);
}

/* Publishes a place. Thread locked. */
static void complete_place(struct thread *thread, const struct cqe *place)
{
    if (hal_trace_enabled()) {
        complete_trace(thread, place->user_data, place->result);
    }
    complete_publish(thread);
}

void complete_end(struct thread *thread, const struct cqe *place)
{
    complete_place(thread, place);
    lock_release(&thread->lock);
}

void complete_locked(struct thread *thread, const struct cqe *entry)
{
    struct cqe *place = ring_place(&thread->queue);

    *place = *entry;
    complete_place(thread, place);
}

void complete_later(struct thread *thread, const struct cqe *entry)
{
    struct cqe *place = complete_begin(thread);

    if (place) {
        *place = *entry;
        complete_end(thread, place);
    }
}
