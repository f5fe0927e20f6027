/*
 * receive.h - armed RECVs: who takes the calls of an endpoint.
 *
 * A receive has credits; each delivery takes one and the RETURN of that call
 * gives it back. Credit i below the slot count owns slot i of the buffer area:
 * a call with a message in memory needs such a credit, an inline call takes the
 * highest free one. For each credit in use the receive remembers the call, so
 * that a RETURN that comes too late still gives it back.
 *
 * Each free credit has one reserved completion in its thread's ring, and the
 * RECV itself one for its end. Lock: the endpoint's.
 */
#ifndef CAPOS_CORE_IPC_RECEIVE_H
#define CAPOS_CORE_IPC_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"
#include "list.h"
#include "sync.h"

struct call;
struct endpoint;
struct sqe;
struct thread;

struct receive {
    struct list_node link; /* endpoint->receives while it is armed */
    struct thread *thread;
    struct endpoint *endpoint; /* one reference; NULL: the record is free */
    uint64_t user_data;
    uint64_t area;
    uint32_t slot_bytes;
    uint32_t slots;
    uint64_t free;     /* credits that may be used, one bit each */
    uint64_t busy;     /* credits in use by delivered calls */
    sync_u64 returned; /* given back by other threads, to be collected */
    uint64_t calls[RECV_CREDITS_MAX]; /* busy: which call */
    bool ending;       /* cancelled: free when nothing is busy */
};

/* RECV: arms the current thread. Completes at once only if refused. */
void receive_arm(struct thread *thread, const struct sqe *sqe);

/*
 * Takes a credit for a call with params of that size (inline: 0, memory false).
 * Returns its index, or RECEIVE_BUSY: no fitting credit is free, or
 * ERR_TOO_LARGE: none of the slots could ever hold it. Endpoint locked.
 */
#define RECEIVE_BUSY INT32_MIN

int32_t receive_take(struct receive *receive, bool memory, uint32_t bytes);

/* Undoes receive_take: nothing was delivered. Endpoint locked. */
void receive_untake(struct receive *receive, uint32_t credit);

/*
 * Gives a credit back. current is the thread that runs and has a place for a
 * completion to turn into the credit's, or NULL. If it does not own the receive
 * and the owner runs elsewhere, the owner collects the credit at its next entry.
 * Endpoint locked.
 */
void receive_give(struct receive *receive, uint32_t credit,
                  struct thread *current);

/* Frees a receive that is ending and has nothing busy any more. No lock held. */
void receive_settle(struct receive *receive);

/* Collects what other threads gave back. On the owner's entry to the kernel. */
void receive_collect(struct thread *thread);

/*
 * A RETURN came for a call that is gone, and failed: gives its credit back, if a
 * receive of the process remembers it, and serves who waits for one.
 */
void receive_forget(struct thread *thread, uint64_t call_id);

/*
 * Ends a receive with a last completion of that result: cancelled, or its
 * endpoint is gone.
 */
void receive_end(struct receive *receive, int32_t result);

/* The same, and decides about calls that waited for this receive. */
void receive_cancel(struct receive *receive, int32_t result);

/* Frees a receive of an ended thread; calls in it keep going without it. */
void receive_drop(struct receive *receive);

#endif
