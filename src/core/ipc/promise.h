/*
 * promise.h - calls on capabilities that an earlier call will return.
 *
 * A CALL with RING_PROMISE takes one of its thread's promise records, which goes
 * by the sequence of its submission and keeps the outcome: the capabilities that
 * came with the result, or how the call failed. A CALL with RING_PROMISED names
 * such a sequence and an index as its target. It is a call record in state
 * PROMISED that waits in the promise's list, in order of submission, until the
 * promise is settled; if it is by then, and nobody waits, it is made at once.
 *
 * A settled promise's dependents are made, or ended, by their own thread and
 * nobody else, one after the other: before it goes on with its submissions, waits
 * or leaves the kernel. A thread that waits is woken for that, and waits again.
 *
 *   FREE     never used
 *   PENDING  its call has not completed
 *   KEPT     caps, count
 *   BROKEN   result, and kind and detail of an exception
 *
 * A settled record without dependents may be used again, the oldest first.
 * Records and lists change under the thread's lock, which makes the settling of
 * a promise and the completion of its call one.
 */
#ifndef CAPOS_CORE_IPC_PROMISE_H
#define CAPOS_CORE_IPC_PROMISE_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"
#include "list.h"

struct call;
struct cqe;
struct sqe;
struct thread;

enum promise_state {
    PROMISE_FREE = 0,
    PROMISE_PENDING,
    PROMISE_KEPT,
    PROMISE_BROKEN,
};

struct promise {
    uint32_t sequence;
    enum promise_state state;
    uint32_t count;                  /* KEPT: capabilities */
    int32_t result;                  /* BROKEN */
    uint64_t caps[MESSAGE_CAPS_MAX]; /* BROKEN: kind and detail */
    struct list waiting;             /* calls */
};

/* Makes the records of a new thread. */
void promise_records_init(struct thread *thread);

/* A CALL of the current thread with RING_PROMISE, RING_PROMISED or both. */
void promise_call(struct thread *thread, const struct sqe *sqe);

/*
 * The capabilities that came with the result of the promise's call, which is
 * about to complete. Only for who completes it.
 */
void promise_caps(struct promise *promise, const uint64_t *caps,
                  uint32_t count);

/*
 * The promise's call completes with that entry. True: dependents wait for it, so
 * promise_wake must follow when the completion is posted. Thread locked.
 */
bool promise_settle(struct thread *thread, struct promise *promise,
                    const struct cqe *entry);

/* Has the thread see to settled promises. Thread locked. */
void promise_wake(struct thread *thread);

/*
 * The CALL that the current thread executes, which made a promise and took no
 * call record, has ended: with that entry and, if it succeeded, capabilities.
 */
void promise_answer(struct thread *thread, const struct cqe *entry,
                    const uint64_t *caps, uint32_t count);

/*
 * Makes or ends what waits for settled promises of the current thread. True: an
 * interrupt waits, and something is left.
 */
bool promise_run(struct thread *thread);

/*
 * Ends a call that waits for a promise with error: cancelled by its thread, which
 * is current, or that has ended. False: it waits no more.
 */
bool promise_cancel(struct call *call, int32_t error);

#endif
