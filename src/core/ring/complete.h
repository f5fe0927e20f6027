/*
 * complete.h - completions of a thread's operations.
 *
 * They come from any CPU. Those that were promised (ring/queue.h) are lost when
 * the thread has ended, for nobody can read them any more.
 */
#ifndef CAPOS_CORE_RING_COMPLETE_H
#define CAPOS_CORE_RING_COMPLETE_H

#include <stdint.h>

#include "fail.h"
#include "hot.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "sched/run.h"

/* Traces a completion. Names addresses, which most user_data are, relative. */
void complete_trace(const struct thread *thread, uint64_t user_data,
                    int32_t result);

/*
 * A thread's wait in the gate is over: its result is what is available now, or
 * error if that is nothing. Its lock held.
 */
static inline void complete_wait(struct thread *thread, int32_t error)
{
    uint32_t available = ring_available(&thread->queue);

    if (sync_load(&thread->queue.corrupt)) {
        error = ERR_BAD_RING;
    } else if (available) {
        error = 0;
    }
    hal_context_result(&thread->context, error ? error : (int64_t)available);
}

/*
 * Wakes a waiting thread with what is available now, or with error. Its lock
 * held.
 */
static inline void complete_wake(struct thread *thread, int32_t error)
{
    ASSERT(sync_load(&thread->state) == THREAD_WAITING);
    (void)timer_stop(&thread->timeout);
    complete_wait(thread, error);
    run_wake(cpu_self(), thread);
}

/*
 * Completes an operation of the current thread that has just been taken from
 * its queue; there is room, as the drain saw. complete_plain is for one that
 * cannot have a promise.
 */
void complete_now(struct thread *thread, uint64_t user_data, int32_t result);

static inline void complete_plain(struct thread *thread, uint64_t user_data,
                                  int32_t result)
{
    struct ring_queue *queue = &thread->queue;
    struct cqe *place;

    lock_acquire(&thread->lock);
    place = ring_place(queue);
    place->user_data = user_data;
    place->kind = RING_CQE_COMPLETION;
    place->flags = 0;
    place->method = 0;
    place->result = result;
    ring_publish(queue);
    lock_release(&thread->lock);
    if (hal_trace_enabled()) {
        complete_trace(thread, user_data, result);
    }
}

/* The same, with all that an entry can say. */
void complete_entry(struct thread *thread, const struct cqe *entry);

/*
 * Locks the thread and returns the place in its queue for a completion that was
 * promised, to be filled in: user_data, kind, flags, method, result, and what
 * the kind defines of call_id, tag, words. complete_end must follow. NULL,
 * nothing locked: the thread has ended.
 */
struct cqe *complete_begin(struct thread *thread);

/*
 * Publishes the place of a promised completion, which was traced if need be, and
 * wakes the thread if that was what it waits for. It is locked, cpu this one.
 */
HOT void complete_publish_on(struct cpu *cpu, struct thread *thread)
{
    struct ring_queue *queue = &thread->queue;

    uint32_t tail;

    ASSERT(sync_load(&queue->promised) != sync_load(&queue->kept));
    tail = ring_publish(queue);
    ring_keep(queue, 1);
    if (sync_load(&thread->state) == THREAD_WAITING &&
        (int32_t)(tail - thread->wake_tail) >= 0) {
        (void)timer_stop(&thread->timeout);
        hal_context_result(&thread->context, tail - thread->wait_head);
        run_wake(cpu, thread);
    }
}

HOT void complete_publish(struct thread *thread)
{
    complete_publish_on(cpu_self(), thread);
}

/* Traces and publishes it, and unlocks the thread. */
void complete_end(struct thread *thread, const struct cqe *place);

/* Both in one, for an entry that lies elsewhere. */
void complete_later(struct thread *thread, const struct cqe *entry);

/* The same for a thread that is locked and has not ended; it stays locked. */
void complete_locked(struct thread *thread, const struct cqe *entry);

#endif
