/*
 * thread.h - a thread: saved user registers, a ring, and prepaid records.
 *
 * A thread waits in one place only, the gate, so it needs no kernel stack. All
 * that its operations can need is made with it: call records, receive records,
 * a timer. The struct is the object behind its ThreadHandle; it stays while
 * handles or references remain, long after the thread ended.
 *
 * State: WAITING -> READY -> RUNNING -> WAITING or READY, from each of them to
 * ENDED. lock guards the completion queue and the state. busy: a CPU has it as
 * current or hand-off, see run.c; nothing of it is taken apart meanwhile.
 */
#ifndef CAPOS_CORE_PROC_THREAD_H
#define CAPOS_CORE_PROC_THREAD_H

#include "cap/object.h"
#include "hal.h"
#include "ipc/call.h"
#include "ipc/park.h"
#include "ipc/promise.h"
#include "ipc/receive.h"
#include "list.h"
#include "lock.h"
#include "pairing.h"
#include "ring/queue.h"
#include "sched/context.h"
#include "sched/timer.h"
#include "sched/work.h"

#define THREAD_WEIGHT_ONE 1024u
#define THREAD_WEIGHT_MIN 16u
#define THREAD_WEIGHT_MAX 65536u

enum thread_state {
    THREAD_WAITING = 0, /* in the gate, or not started */
    THREAD_READY,
    THREAD_RUNNING,
    THREAD_ENDED,
};

/* What a thread has to see to before it waits: bits of its attention. */
enum thread_attention {
    THREAD_RETURNED = 1,    /* credits were given back by other threads */
    THREAD_UNCOLLECTED = 2, /* some of those found no room yet */
    THREAD_DUE = 4,         /* dependents of settled promises wait */
    THREAD_STOPPED = 8,     /* it has ended: never waits again */
};

/* How a thread or process ended: the values of ExitKind. */
enum end_kind {
    END_EXITED = 0,
    END_KILLED = 1,
    END_FAULTED = 2,
};

struct thread {
    struct object object; /* ThreadHandle */
    struct hal_context context;
    struct process *process; /* one reference */
    uint64_t id;
    uint32_t slot; /* in the thread table */
    bool in_table;
    sync_u32 state; /* enum thread_state */
    sync_u32 busy;
    sync_u32 cpu;   /* whose queue it is in, or where it ran last */
    uint32_t hint;  /* the CPU that it is meant for, + 1; 0: any */
    struct list_node link; /* process->threads */

    /* Scheduling: run queue's. */
    struct pairing_node run_node;
    sync_u64 ran_ns;    /* ever; whoever has it as current */
    uint64_t booked_ns; /* of that, what is in virtual_ns */
    uint64_t virtual_ns;
    uint64_t finish_ns;
    uint64_t ready_ns; /* when it came into the queue */
    sync_u64 quantum_virtual_ns; /* changes with weight */
    sync_u32 weight;     /* what it runs with: see sched/context.h */
    uint32_t own_weight; /* charged to its process's ledger */
    struct sched_place place;

    /* Ring and waiting. */
    struct lock lock; /* LOCK_THREAD */
    struct ring_queue queue;
    uint32_t wait_head; /* WAITING: the cq_head that it waited with */
    uint32_t wake_tail; /* WAITING: the cq_tail that wakes it */
    struct timer timeout;
    sync_u64 attention; /* enum thread_attention */

    /* Prepaid records. */
    struct call *calls;
    uint32_t call_count;
    uint32_t call_generation;
    struct call *free_calls;  /* own */
    struct call *freed_calls; /* given back by others; lock */
    struct receive receives[RECV_RECORDS];
    struct park parks[PARK_RECORDS];

    /* Promises. */
    struct promise promises[PROMISE_RECORDS];
    uint32_t promise_next;     /* whose turn it is to be used again */
    struct promise *promising; /* of the CALL being executed; NULL: none */
    bool waits_on;             /* woken for them, it goes on to wait */

    /* Memory in the process's window. */
    uint64_t block_va; /* start block */
    uint64_t ring_va;
    uint32_t ring_pages;

    uint64_t end_word; /* address of what is cleared at its end; 0: nothing */

    struct list joiners; /* calls of ThreadHandle.join; process's lock */
    enum end_kind end;
    int64_t code;
    struct work reaping;
    uint32_t reap_cursor;
    bool reap_begun; /* somebody takes it apart; process's lock */
    bool reaped;     /* nothing is left but the struct; process's lock */
};

/* What a new thread is made of. */
struct thread_request {
    uint64_t entry;
    uint64_t stack_low;
    uint64_t stack_high;
    uint64_t words[3];
    uint64_t tls_base;
    uint64_t end_word;   /* 0: none */
    uint32_t sq_entries; /* 0: default */
    uint32_t cq_entries;
    uint32_t weight; /* 0: one */
    uint32_t cpu_hint; /* CPU + 1, 0: any; too high: ERR_INVALID */
};

extern const struct object_type thread_type;

/*
 * Makes a thread of the process, not running yet: ring, start block, records.
 * The caller gets one reference. ERR_INVALID: depths, weight, CPU or addresses,
 * or the end word is not there to be written to;
 * ERR_DISCONNECTED: the process ends; ERR_OVERLOADED, ERR_NO_MEMORY. Nothing is
 * left behind by an error.
 */
int32_t thread_create(struct process *process,
                      const struct thread_request *request,
                      struct thread **out);

/* Makes it ready to run, unless it was stopped before it began. */
void thread_start(struct thread *thread);

/*
 * Stops a thread: it never runs again once its CPU has left the kernel. What it
 * owns is taken apart by thread_reap_step. No effect on an ended one. The
 * process's lock held.
 */
void thread_stop(struct thread *thread, enum end_kind end, int64_t code);

/*
 * Ends one thread of a living process: stops it and starts the work of taking
 * it apart; if it was the last one, the process ends the same way.
 */
void thread_end(struct thread *thread, enum end_kind end, int64_t code);

/* Undoes a thread that was created and not started; its end word stays. */
void thread_discard(struct thread *thread);

/*
 * Takes apart an ended thread, a bounded piece at a time: calls, receives, ring.
 * Waits while a CPU has it or completes one of its calls. When it is done the
 * end word is 0 and the joiners have been told.
 */
enum work_status thread_reap_step(struct thread *thread);

/* The last of taking apart: table slot, ring, records, charges. */
void thread_release(struct thread *thread);

/*
 * The thread of a slot of the thread table, or NULL. No lock: it may end at any
 * time, and is readable until this CPU leaves the kernel.
 */
struct thread *thread_at(uint32_t slot);

static inline struct thread *thread_of(struct object *object)
{
    return container_of(object, struct thread, object);
}

#endif
