/*
 * complete.h - completions of a thread's operations.
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

/*
 * The place in a thread's queue for a completion that was reserved, to be filled
 * in: user_data, kind, flags, method, result, and what the kind defines of
 * call_id, tag, words. NULL: the thread has ended. complete_end must follow; the
 * thread's lock is held between the two.
 */
struct cqe *complete_begin(struct thread *thread);

/* Publishes the place and wakes the thread if that was what it waits for. */
void complete_end(struct thread *thread, const struct cqe *place);

/* Both in one, for an entry that lies elsewhere. */
void complete_later(struct thread *thread, const struct cqe *entry);

/* Wakes a waiting thread with what is available now, or with error. */
void complete_wake(struct thread *thread, int32_t error);

#endif
