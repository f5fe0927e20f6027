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
 * Posts an entry for which a place was reserved, to any thread, and wakes it if
 * that was what it waits for. The entry's fields: user_data, kind, flags,
 * method, result, call_id, tag, words. No effect on an ended thread.
 */
void complete_later(struct thread *thread, const struct cqe *entry);

/* Wakes a waiting thread with what is available now, or with error. */
void complete_wake(struct thread *thread, int32_t error);

#endif
