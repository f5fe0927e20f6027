/*
 * call.h - call records: what the kernel keeps of a CALL until it completes.
 *
 * A record belongs to its calling thread, was made with it, and is used again
 * when the call has completed. call_id = thread slot and record (low 32 bits),
 * generation (high): it stops matching as soon as the call has completed.
 *
 *   FREE       in one of the thread's two lists of free records: its own, or that
 *              of those which others gave back; lock: the thread's
 *   QUEUED     link in its facet's queue; lock: the endpoint's
 *   DELIVERED  in a server's hands: facet_link in the facet's list of them; lock:
 *              the endpoint's. receive remembers its id; without a receive it
 *              is an orphan: link in its server's list of those
 *   RETURNING  the same, but taken by the server, which may have to give up
 *   KERNEL     a kernel object completes it: link in its list of waiters; lock:
 *              the one that the record names. Or its timer is started
 *   PROMISED   link in the list of a promise of its thread (ipc/promise.h); lock:
 *              the thread's
 *   ENDING     not there yet, or taken out of there by who completes it now
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
    CALL_RETURNING,
    CALL_KERNEL,
    CALL_PROMISED,
    CALL_ENDING,
};

struct call {
    struct list_node link;
    struct call *next; /* FREE: in a list of free records */
    struct list_node facet_link;
    struct list_node node_link;
    struct revocation_node *node; /* one reference; NULL: the root, or none */
    struct thread *caller;
    sync_u64 id;
    uint64_t user_data;
    union { /* what the SQE begins with */
        uint64_t head;
        struct {
            uint8_t opcode;
            uint8_t flags;
            uint16_t method;
            uint32_t result_len;
        };
    };
    uint64_t result; /* address in the caller's window, if result_len */
    sync_u32 state; /* enum call_state */
    uint32_t place;  /* low half of the id: thread slot and record */
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
    struct process *server;  /* DELIVERED, RETURNING */
    sync_pointer receive;    /* struct receive; the same: NULL if it is gone */
    sync_pointer object;   /* one reference: facet or kernel object; or NULL */
    sync_pointer lock;       /* KERNEL: of the list; NULL: only the timer */
    struct timer timer;      /* KERNEL */
    /* Of the caller's, that its outcome settles; NULL: none, and while FREE. */
    struct promise *promise;
};

#define CALL_RECORD_BITS 12u
#define CALL_RECORD_MASK ((1u << CALL_RECORD_BITS) - 1)

/* Makes the thread's records, count of them, in zeroed memory. */
void call_records_init(struct thread *thread, struct call *records,
                       uint32_t count);

/* The thread has its slot of the thread table, which call ids name. */
void call_records_place(struct thread *thread);

/*
 * Makes those records its own that were given back, of the current thread, which
 * has none left. False: there are none.
 */
bool call_collect(struct thread *thread);

/*
 * Takes a free record of the current thread for the operation, which is ENDING
 * then; reserves a completion. NULL: all are in use.
 */
struct call *call_begin(struct thread *thread, const struct sqe *sqe);

/* The same for a call that is not made yet, and has no id in traces. */
struct call *call_reserve(struct thread *thread, const struct sqe *sqe);

/* Undoes call_begin or call_reserve, for a call of which nobody knows. */
void call_abandon(struct call *call);

/*
 * True if a call of a thread is in the hands of that other one. The first one is
 * locked: if the call ends later, whoever completes it finds what is done now.
 */
bool call_held_by(const struct call *call, const struct thread *server);

/*
 * Takes the call with that id, which that process holds, into RETURNING: it is the
 * caller's to complete. NULL: it is gone, not that process's, or somebody else's
 * already. No lock held.
 */
struct call *call_claim(const struct process *server, uint64_t id);

/* Where a call comes from, and where it was made. */
struct call_source {
    uint64_t session_id; /* of the caller's process */
    uint64_t endpoint_id;
};

/* Of the call with that id; false as call_claim. No lock held. */
bool call_source_of(const struct process *server, uint64_t id,
                    struct call_source *out);

/* Ends the call with that id, if that process holds it. No lock held. */
void call_end_held(const struct process *server, uint64_t id, int32_t error);

/* Undoes call_claim: the call is DELIVERED as before. Its endpoint is locked. */
void call_unclaim(struct call *call);

/* Takes a call out of its server's list of orphans. Endpoint locked. */
void call_unlist_orphan(struct call *call);

/*
 * The receive is dropped by which the call of that id came: if it is still in the
 * server's hands it is an orphan from now on. Endpoint locked.
 */
void call_orphan(uint64_t id, const struct receive *receive);

/*
 * Ends an orphan of the process with error, if nobody else does so at this moment.
 * False: it has none. No lock held.
 */
bool call_end_orphan(struct process *server, int32_t error);

/*
 * Takes the first call out of a list of waiting calls: it is the caller's to
 * complete. NULL: the list is empty. The lock of the list held.
 */
struct call *call_take_first(struct list *calls);

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
