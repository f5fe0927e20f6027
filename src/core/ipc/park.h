/*
 * park.h - PARK and UNPARK: waiting on a 32-bit word of memory.
 *
 * A parked operation stands in a bucket of one hash table, by the key of its
 * word: (process, address) if private, (memory, offset) if shared; views of one
 * memory have one key. Buckets keep the order of parking, so the waiters of a
 * word are served first come, first served.
 *
 * The word is compared and the operation queued under the bucket's lock, and an
 * UNPARK takes that lock after its program changed the word: so either the
 * comparison sees the change, or the UNPARK sees the waiter. Whoever takes an
 * operation out of its bucket completes it before it lets go of the lock.
 *
 * Records are part of the thread: parking allocates nothing and does not use up
 * call records. A shared one keeps its memory, a private one nothing: unmapping
 * the word changes nothing for who is parked. A shared one whose memory was mapped
 * through a revocation node stands in that node's list, and ends when it is
 * revoked: else it would keep the memory, and hear of it, for ever.
 *
 * Locks: LOCK_SPACE (private: while the word is read), LOCK_PARK, LOCK_NODE,
 * LOCK_THREAD.
 */
#ifndef CAPOS_CORE_IPC_PARK_H
#define CAPOS_CORE_IPC_PARK_H

#include <stdbool.h>
#include <stdint.h>

#include "list.h"
#include "sched/timer.h"
#include "sync.h"

struct memory;
struct process;
struct revocation_node;
struct sqe;
struct thread;

/* What tells words apart. */
struct park_key {
    const void *owner; /* struct process, or struct memory that has the pages */
    uint64_t offset;   /* address, or offset in the memory */
};

struct park {
    struct list_node link; /* in its bucket */
    struct thread *thread;
    sync_u32 bucket; /* its number + 1; 0: the record is free */
    struct park_key key;
    struct memory *memory; /* shared: one reference */
    struct revocation_node *node; /* shared, through it: a reference; or NULL */
    struct list_node node_link;
    uint64_t user_data;
    struct timer timeout; /* deadline_ns UINT64_MAX: waits for ever */
};

/* Makes the empty table. Once, at boot. */
void park_init(void);

/* Makes the records of a new thread. */
void park_records_init(struct thread *thread);

/*
 * PARK of the current thread. Completes later with 0 (woken), ERR_TIMED_OUT,
 * ERR_CANCELLED or ERR_DISCONNECTED (its memory was revoked), or at once with
 * ERR_VALUE_CHANGED (the word differs), ERR_TIMED_OUT (timeout 0), ERR_BAD_FLAGS,
 * ERR_BAD_BUFFER (the word is not aligned, not readable, or shared and in no
 * memory object), ERR_OVERLOADED (PARK_RECORDS are parked).
 */
void park_wait(struct thread *thread, const struct sqe *sqe);

/*
 * UNPARK: wakes up to a count of operations, the longest parked first. Returns
 * how many, or ERR_BAD_FLAGS, ERR_BAD_BUFFER, ERR_INVALID (count is not 1 to
 * UNPARK_COUNT_MAX).
 */
int32_t park_wake(struct thread *thread, const struct sqe *sqe);

/*
 * The same for an entry in the current thread's queue, whose first eight bytes were
 * read (head) and for whose completion there is room: PARK of a private word that
 * is as it should be, without a timeout; UNPARK of one who is parked on a private
 * word. False: it is not so simple, and nothing was done.
 */
bool park_wait_short(struct thread *thread, const struct sqe *place,
                     uint64_t head);
bool park_wake_short(struct thread *thread, const struct sqe *place,
                     uint64_t head);

/* Cancels the thread's operation with that user_data; false: there is none. */
bool park_cancel(struct thread *thread, uint64_t user_data);

/*
 * Sets the word at an address of a process to 0 and wakes up to
 * UNPARK_COUNT_MAX who are parked there, privately. No effect where there is no
 * such word.
 */
void park_clear(struct process *process, uint64_t address);

/* True if there is an aligned, writable word at that address. */
bool park_clearable(struct process *process, uint64_t address);

/*
 * Ends an operation that is in the node's list, if it still is; false: another CPU
 * is just queueing it or taking it out. No lock held.
 */
bool park_revoke(struct park *park, const struct revocation_node *node);

/* Forgets what an ended thread has parked. No lock held. */
void park_drop(struct thread *thread);

#endif
