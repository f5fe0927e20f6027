/*
 * call.h - call records: what the kernel keeps of a CALL until it completes.
 *
 * A record belongs to its calling thread, was made with it, and is used again
 * when the call has completed. call_id = thread slot and record (low 32 bits),
 * generation (high): it stops matching as soon as the call has completed.
 *
 *   FREE       in the thread's free list
 *   QUEUED     link in its facet's queue; lock: the endpoint's
 *   DELIVERED  link in the serving process's list of delivered calls; lock: that
 *              process's served lock. Also facet_link in the facet's list of
 *              them; lock: the endpoint's
 *   KERNEL     a kernel object completes it: link in its list of waiters; lock:
 *              the one that the record names. Or its timer is started
 *   PROMISED   link in the list of a promise of its thread (ipc/promise.h); lock:
 *              the thread's
 *   ENDING     not there yet, or taken out of there by who completes it now;
 *              DELIVERED ones stay in the facet's list a little longer
 *
 * Whoever takes a call out of its list owns it and completes it; nobody else
 * does, on whatever CPU. A record is used again by its own thread only.
 *
 * A call that was made through a revocation node stands in that node's list, too
 * (node_link; lock: the node's), from before it can be found elsewhere until it
 * completes. Who revokes finds it there and cancels it by its id: by the time it
 * comes to that, the record may be another call's.
 */
#ifndef CAPOS_CORE_IPC_CALL_H
#define CAPOS_CORE_IPC_CALL_H

#include <stdint.h>

#include "list.h"
#include "ring.h"
#include "sched/timer.h"

struct facet;
struct lock;
struct revocation_node;
struct object;
struct process;
struct promise;
struct receive;
struct thread;

enum call_state {
    CALL_FREE = 0,
    CALL_QUEUED,
    CALL_DELIVERED,
    CALL_KERNEL,
    CALL_PROMISED,
    CALL_ENDING,
};

struct call {
    struct list_node link;
    struct list_node facet_link;
    struct list_node node_link;
    struct revocation_node *node; /* one reference; NULL: the root, or none */
    struct thread *caller;
    sync_u64 id;
    uint64_t user_data;
    uint64_t result; /* address in the caller's window */
    uint32_t result_len;
    sync_u32 state; /* enum call_state */
    uint16_t method;
    uint8_t flags;   /* of the SQE */
    uint32_t credit; /* DELIVERED: index in the receive; PROMISED: of the cap */
    union {
        uint64_t words[4];
        struct {
            uint64_t params;
            uint32_t params_len;
            uint32_t ncaps;
            uint64_t xfers;
        } memory;
    };
    sync_pointer server;   /* DELIVERED: struct process */
    sync_pointer object;   /* one reference: facet or kernel object; or NULL */
    struct receive *receive; /* DELIVERED: NULL if it is gone; served lock */
    sync_pointer lock;       /* KERNEL: of the list; NULL: only the timer */
    struct timer timer;      /* KERNEL */
    struct promise *promise; /* of the caller's, that its outcome settles; NULL */
};

#define CALL_RECORD_BITS 12u

/* Makes the thread's records, count of them, in zeroed memory. */
void call_records_init(struct thread *thread, struct call *records,
                       uint32_t count);

/*
 * Takes a free record of the thread for the operation, which is ENDING then;
 * reserves a completion. NULL: all are in use.
 */
struct call *call_begin(struct thread *thread, const struct sqe *sqe);

/* The same for a call that is not made yet, and has no id in traces. */
struct call *call_reserve(struct thread *thread, const struct sqe *sqe);

/* Undoes call_begin or call_reserve, for a call of which nobody knows. */
void call_abandon(struct call *call);

/* Gives back a record, which is in no list. Its thread is locked. */
void call_put_back(struct call *call);

/* The facet of a call that is QUEUED or DELIVERED, or was until now. */
struct facet *call_facet(const struct call *call);

/*
 * Takes the DELIVERED call with that id out of the process's list: it is the
 * caller's to complete. NULL: it is gone, not that process's, or somebody else's
 * already.
 */
struct call *call_claim(struct process *server, uint64_t id);

/* Where a call comes from, and where it was made. */
struct call_source {
    uint64_t session_id; /* of the caller's process */
    uint64_t endpoint_id;
};

/* Of the DELIVERED call with that id; false as call_claim. No lock held. */
bool call_source_of(struct process *server, uint64_t id,
                    struct call_source *out);

/* As call_claim, for the first of the list; NULL: it is empty. */
struct call *call_claim_first(struct process *server);

/*
 * The same for a call that was DELIVERED a moment ago; false: it is not any more.
 * For who keeps the record from being used again: its thread or the end of it,
 * or who holds the lock of its endpoint.
 */
bool call_claim_this(struct call *call);

/*
 * Takes the first call out of a list of waiting or delivered calls: it is the
 * caller's to complete. NULL: the list is empty. The lock of the list held.
 */
struct call *call_take_first(struct list *calls);

/* Undoes call_claim: the call is DELIVERED as before. */
void call_unclaim(struct call *call);

/* Takes a claimed call out of its facet's list. */
void call_leave_facet(struct call *call);

/*
 * Completes a call that the caller owns: posts the completion, frees the record
 * and drops its references. entry gives kind-specific fields; user_data is
 * filled in here. No lock of an order above LOCK_PARK held.
 */
void call_complete(struct call *call, struct cqe *entry);

/* As call_complete, with nothing but a result code. */
void call_fail(struct call *call, int32_t error);

/*
 * Takes the call of that id out of wherever it stands and completes it with
 * error: cancel, the caller's end, revocation. Calls that waited behind it may be
 * served then. False: somebody else is completing it, or has, or it is on its way
 * to where it will stand. No lock held. The record may be used again meanwhile.
 */
bool call_cancel(struct call *call, uint64_t id, int32_t error);

#endif
