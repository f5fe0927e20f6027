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
 * RECV itself one for its end. Lock: the endpoint's; endpoint itself is set by
 * the owner alone, and cleared once, by whoever was told that the record is free.
 *
 * A receive that was armed through a revocation node stands in that node's list
 * until its record is free, or it is revoked (receive_revoke.h).
 */
#ifndef CAPOS_CORE_IPC_RECEIVE_H
#define CAPOS_CORE_IPC_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "errors.h"
#include "hot.h"
#include "limits.h"
#include "list.h"
#include "ring.h"
#include "sync.h"

struct call;
struct endpoint;
struct revocation_node;
struct sqe;
struct thread;

struct receive {
    struct list_node link; /* endpoint->receives while it is armed */
    struct thread *thread;
    sync_pointer endpoint; /* one reference; NULL: the record is free */
    uint64_t user_data;
    uint64_t area;
    uint32_t slot_bytes;
    uint32_t slots;
    uint64_t free;     /* credits that may be used, one bit each */
    uint64_t busy;     /* credits in use by delivered calls */
    sync_u64 returned; /* given back by other threads, to be collected */
    uint64_t calls[RECV_CREDITS_MAX]; /* busy: which call */
    bool ending;       /* not armed any more: free when nothing is busy */
    bool settled;      /* somebody is about to free it */
    sync_pointer node; /* one reference; NULL: the root, or it was revoked */
    struct list_node node_link;
};

/* A receive that is not armed any more: what is left to do without the lock. */
struct receive_end {
    struct receive *receive;
    struct endpoint *endpoint; /* one reference */
    uint64_t user_data;
    bool settled; /* the record is free then */
};

/* Makes the records of a new thread. */
void receive_records_init(struct thread *thread);

/* RECV: arms the current thread. Completes at once only if refused. */
void receive_arm(struct thread *thread, const struct sqe *sqe);

#define RECEIVE_BUSY INT32_MIN

/* One bit for each of so many credits. */
static inline uint64_t receive_mask(uint32_t credits)
{
    return credits == 64 ? UINT64_MAX : (1ull << credits) - 1;
}

/*
 * The credit for a call with params of that size (inline: memory false): the lowest
 * one that has a slot, or the highest of all. RECEIVE_BUSY: no fitting credit is
 * free; ERR_TOO_LARGE: none of the slots could ever hold it. Endpoint locked.
 */
static inline int32_t receive_find(const struct receive *receive, bool memory,
                                   uint32_t bytes)
{
    uint64_t fit = receive->free;

    if (memory) {
        if (!receive->slots ||
            bytes > receive->slot_bytes - RING_SLOT_HEADER_BYTES) {
            return ERR_TOO_LARGE;
        }
        fit &= receive_mask(receive->slots);
    }
    if (!fit) {
        return RECEIVE_BUSY;
    }
    return memory ? __builtin_ctzll(fit) : 63 - __builtin_clzll(fit);
}

/* Takes a free credit. Endpoint locked. */
static inline void receive_use(struct receive *receive, uint32_t credit)
{
    receive->free &= ~(1ull << credit);
    receive->busy |= 1ull << credit;
}

/* Both; errors as receive_find. */
static inline int32_t receive_take(struct receive *receive, bool memory,
                                   uint32_t bytes)
{
    int32_t credit = receive_find(receive, memory, bytes);

    if (credit >= 0) {
        receive_use(receive, (uint32_t)credit);
    }
    return credit;
}

/* The highest free credit, for an inline call; there is one. Endpoint locked. */
HOT uint32_t receive_take_any(struct receive *receive)
{
    uint32_t credit = 63u - (uint32_t)__builtin_clzll(receive->free);

    receive_use(receive, credit);
    return credit;
}

/* The credit may be used (again); it has a reserved completion. Endpoint locked. */
HOT void receive_untake(struct receive *receive, uint32_t credit)
{
    receive->busy &= ~(1ull << credit);
    receive->free |= 1ull << credit;
}

/*
 * Gives a credit back. current is the thread that runs and has a place for a
 * completion to turn into the credit's, or NULL. If it does not own the receive
 * and the owner does not wait, the owner collects the credit at its next entry.
 * Endpoint locked. True: the record is free now, receive_settle must follow.
 */
bool receive_give(struct receive *receive, uint32_t credit,
                  struct thread *current);

/* Frees the record, after receive_give said so. No lock held. */
void receive_settle(struct receive *receive);

/* Collects what other threads gave back. On the owner's entry to the kernel. */
void receive_collect(struct thread *thread);

/*
 * Gives back the credit that remembers that call or notice and serves who waits
 * for one. current: as receive_give. False: the record is free, or remembers no
 * such thing. No lock held.
 */
bool receive_return(struct receive *receive, uint64_t call_id,
                    struct thread *current);

/*
 * A RETURN came for a call that is gone, and failed: gives its credit back, if a
 * receive of the process remembers it, and serves who waits for one.
 */
void receive_forget(struct thread *thread, uint64_t call_id);

/*
 * Ends an armed receive: the part under the endpoint's lock, and the rest, which
 * posts its last completion, with no lock held.
 */
void receive_close(struct receive *receive, struct receive_end *end);
void receive_finish(const struct receive_end *end, int32_t result);

/*
 * Cancels an armed receive of the current thread, and decides about calls that
 * waited for it. False: it is not armed.
 */
bool receive_cancel(struct receive *receive, int32_t result);

/* Frees a receive of an ended thread; calls in it keep going without it. */
void receive_drop(struct receive *receive);

#endif
