/*
 * complete.h - completions of a thread's operations.
 *
 * They come from any CPU. Those that were promised (ring/queue.h) are lost when
 * the thread has ended, for nobody can read them any more.
 */
#ifndef CAPOS_CORE_RING_COMPLETE_H
#define CAPOS_CORE_RING_COMPLETE_H

#include <stdint.h>

struct cqe;
struct thread;

/*
 * Completes an operation of the current thread that has just been taken from
 * its queue; there is room, as the drain saw.
 */
void complete_now(struct thread *thread, uint64_t user_data, int32_t result);

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
 * Publishes the place, wakes the thread if that was what it waits for, and
 * unlocks it.
 */
void complete_end(struct thread *thread, const struct cqe *place);

/* Both in one, for an entry that lies elsewhere. */
void complete_later(struct thread *thread, const struct cqe *entry);

/* The same for a thread that is locked and has not ended; it stays locked. */
void complete_locked(struct thread *thread, const struct cqe *entry);

/*
 * Wakes a waiting thread with what is available now, or with error. Its lock
 * held.
 */
void complete_wake(struct thread *thread, int32_t error);

#endif
