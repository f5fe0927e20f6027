/*
 * call.h - call records: what the kernel keeps of a CALL until it completes.
 *
 * A record belongs to its calling thread, was made with it, and is used again
 * when the call has completed. call_id = thread slot and record (low 32 bits),
 * generation (high): it stops matching as soon as the call has completed.
 *
 *   FREE       in the thread's free list
 *   QUEUED     link in its facet's queue
 *   DELIVERED  link in the serving process's list of delivered calls
 *   KERNEL     a kernel object completes it; link in the object's list of
 *              waiters, or timer started
 *
 * Lock: the endpoint's for QUEUED and DELIVERED; KERNEL calls are touched only
 * by their object.
 */
#ifndef CAPOS_CORE_IPC_CALL_H
#define CAPOS_CORE_IPC_CALL_H

#include <stdint.h>

#include "list.h"
#include "ring.h"
#include "sched/timer.h"

struct facet;
struct object;
struct process;
struct receive;
struct thread;

enum call_state {
    CALL_FREE = 0,
    CALL_QUEUED,
    CALL_DELIVERED,
    CALL_KERNEL,
};

struct call {
    struct list_node link;
    struct thread *caller;
    uint64_t id;
    uint64_t user_data;
    uint64_t result; /* address in the caller's window */
    uint32_t result_len;
    uint16_t method;
    uint8_t flags; /* of the SQE */
    uint8_t state;
    union {
        uint64_t words[4];
        struct {
            uint64_t params;
            uint32_t params_len;
            uint32_t ncaps;
            uint64_t xfers;
        } memory;
    };
    union {
        struct {
            struct facet *facet;     /* one reference */
            struct process *server;  /* DELIVERED: one reference */
            struct receive *receive; /* DELIVERED: NULL if it is gone */
            uint32_t credit;         /* index in it */
        };
        struct {
            struct object *object; /* KERNEL: one reference, may be NULL */
            struct timer timer;
        } kernel;
    };
};

#define CALL_RECORD_BITS 12u

/* Makes the thread's records, count of them, in zeroed memory. */
void call_records_init(struct thread *thread, struct call *records,
                       uint32_t count);

/*
 * Takes a free record of the thread for the operation; reserves a completion.
 * NULL: all are in use.
 */
struct call *call_begin(struct thread *thread, const struct sqe *sqe);

/* The call behind an id, whatever its state but free; NULL: gone. */
struct call *call_find(uint64_t id);

/*
 * Completes a call: posts the completion and frees the record. The call must be
 * in no list and no timer started. entry gives kind-specific fields; user_data
 * is filled in here. Drops the references of the record.
 */
void call_complete(struct call *call, struct cqe *entry);

/* As call_complete, with nothing but a result code. */
void call_fail(struct call *call, int32_t error);

/*
 * Takes a call out of wherever it stands, so that it can be completed. It must
 * not be free.
 */
void call_withdraw(struct call *call);

/*
 * Withdraws a call and completes it with error: cancel, the caller's end. Calls
 * that waited behind it may be served then. No lock held.
 */
void call_cancel(struct call *call, int32_t error);

#endif
