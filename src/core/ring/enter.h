/*
 * enter.h - cap_enter: consume submissions, then wait for completions.
 */
#ifndef CAPOS_CORE_RING_ENTER_H
#define CAPOS_CORE_RING_ENTER_H

#include <stdint.h>

#include "proc/thread.h"
#include "start.h"

/*
 * The system call of the current thread (start.h says what it promises). An
 * interrupt that waits cuts a deep drain short: the gate then returns what is
 * available, though less than asked, and the program enters again.
 */
void ring_enter(struct thread *thread, uint64_t min_complete,
                uint64_t timeout_ns);

/*
 * A CALL of the current thread, without flags of promises; there is room for its
 * completion.
 */
void ring_call(struct thread *thread, const struct sqe *sqe);

/*
 * The current thread, which is about to be resumed, sees to its settled promises
 * (ipc/promise.h). If it was waiting it goes on to wait, or the gate returns.
 * True: an interrupt waits, and something is left to do.
 */
bool ring_resume(struct thread *thread);

/*
 * The same for a thread that has submitted nothing and need not wait; false:
 * there is more to do, and nothing was done.
 */
static inline bool ring_enter_idle(struct thread *thread,
                                   uint64_t min_complete, uint64_t timeout_ns)
{
    struct ring_queue *queue = &thread->queue;
    uint32_t available;

    if (sync_load_shared(&queue->user->sq_tail) != queue->sq_head) {
        return false;
    }
    available = sync_load(&queue->cq_tail) -
                sync_load_shared(&queue->user->cq_head);
    if (sync_load64(&thread->attention) || sync_load(&queue->corrupt) ||
        available > queue->cq_entries ||
        (timeout_ns != TIMEOUT_POLL && available < min_complete)) {
        return false;
    }
    hal_context_result(&thread->context, available);
    return true;
}

#endif
