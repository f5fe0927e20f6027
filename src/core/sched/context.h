/*
 * context.h - scheduling contexts: what pays for the time that threads run.
 *
 * A context has a weight, which the threads that are bound to it share, and may
 * have a budget: what they may run, on all CPUs together, until it is replenished
 * at the begin of each period. A binding is of one thread, or of a process: then
 * of all its threads and of all processes that it spawns. A thread without
 * binding runs on its process's ledger alone: its own weight, no budget.
 *
 * runs_on of a thread is the context that it runs on at the moment; NULL: none.
 * It is the one that a call lent it, else its process's, else its own. All that
 * hot paths do for threads without context is to find NULL there.
 *
 * Lending: a thread that goes to wait for a call which made its server's thread
 * ready lends that one what it runs on, until the call ends, however it ends, or
 * the budget is used up: then the server goes on with what is its own, so that a
 * client with little budget holds up nobody else's server. Lenders and those whom
 * they lent form chains, at most CONTEXT_CHAIN_MAX long. Whatever changes a
 * thread's binding cuts the chain behind it.
 *
 * One lock (LOCK_CONTEXT, after those of threads) guards bindings' lists, what
 * threads run on, chains and parked threads, of all contexts. Bindings of a
 * process and its threads also change only under the process's lock. A binding
 * has a reference to its context; whatever else points to one is gone before the
 * last binding is, or reads it without a lock before this CPU leaves the kernel.
 */
#ifndef CAPOS_CORE_SCHED_CONTEXT_H
#define CAPOS_CORE_SCHED_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "cap/object.h"
#include "limits.h"
#include "list.h"
#include "sched/timer.h"
#include "sched/work.h"
#include "sync.h"

struct call;
struct cpu;
struct ledger;
struct process;
struct revocation_node;
struct thread;

/*
 * While several CPUs run threads of one context each runs for its part of what
 * is left before it looks again, but not less than this: so what is run too much
 * is at most this on each CPU but one, and is taken off the next period.
 */
#define CONTEXT_LOOK_NS 50000u

struct sched_context {
    struct object object; /* SchedulingContext */
    uint32_t weight;      /* charged to object.ledger */
    uint64_t budget_ns;   /* 0: none */
    uint64_t period_ns;   /* 0: replenished by hand only */
    struct object *notification; /* one reference, or NULL */
    uint64_t bits;
    sync_u64 left_ns; /* two's complement; below 0: run too much */
    sync_u64 used_ns; /* all that was run on it */
    /* Under the lock. */
    bool closed;            /* nobody holds it: nothing is bound any more */
    bool depleted;          /* told so, and not replenished since */
    bool noticing;          /* the work is on its way; has a reference */
    uint32_t sharers;       /* threads whose own it is */
    uint64_t depletions;
    uint64_t period_end_ns; /* UINT64_MAX: no period */
    uint32_t bindings_count;
    struct list bindings;
    struct list parked; /* threads that wait for it to be replenished */
    struct timer replenishing;
    struct work notice;
    struct list_node link; /* all contexts */
};

/* Of a thread, or of a process for its threads. Lies inside of either. */
struct sched_binding {
    struct sched_context *context; /* one reference; NULL: not bound */
    struct process *process;
    struct thread *thread; /* NULL: the process's */
    struct list_node link; /* the context's */
    /* Through which capability it was made. */
    struct revocation_node *node; /* one reference; NULL: the root */
    struct list_node node_link;
};

/* A thread's part in all this. */
struct sched_place {
    sync_pointer runs_on;      /* struct sched_context */
    sync_pointer lent_to;      /* struct thread: it runs on this one's */
    struct sched_context *own; /* counted among its sharers; or NULL */
    struct thread *lender;     /* this one runs on that one's */
    uint64_t lent_call;        /* id of the call that lends */
    struct call *called;       /* own CPU's: delivered last by this thread */
    bool parked;               /* READY, but in no run queue; thread's lock */
    struct list_node link;     /* the context's parked ones */
    struct sched_binding binding;
};

/* obj/scheduling_context.c; and what it is made of here. */
extern const struct object_type scheduling_context_type;
void context_unheld(struct object *object);
void context_destroy(struct object *object);

/* Once, at boot, before a thread runs. */
void context_start(void);

/* What a new context is to be. */
struct context_request {
    uint32_t weight; /* 16 to 65536 */
    uint64_t budget_ns;
    uint64_t period_ns;
    struct object *notification; /* a Notification, or NULL */
    uint64_t bits;
};

/*
 * Makes one, charged to ledger with its weight; one reference. ERR_INVALID: the
 * numbers, see limits above; a budget is at most its period. ERR_OVERLOADED,
 * ERR_NO_MEMORY.
 */
int32_t context_create(struct ledger *ledger,
                       const struct context_request *request,
                       struct sched_context **out);

/* Replenishes it now, whatever it owes; its period begins now. No lock held. */
void context_replenish(struct sched_context *context);

/* What a context is like at this moment. */
struct context_look {
    int64_t left_ns;
    uint64_t used_ns;
    uint64_t depletions;
    uint32_t threads;
};

void context_look(struct sched_context *context, struct context_look *look);

/* The weight of all contexts that this ledger pays. */
uint64_t context_weight_of(const struct ledger *ledger);

/* ---------------------------------------------------------------- bindings */

void context_thread_init(struct thread *thread);
void context_process_init(struct process *process);

/*
 * Binds a thread, or with thread NULL all of the process, through a capability.
 * ERR_EXISTS: bound already. ERR_DISCONNECTED: it ends, or nobody holds the
 * context any more. ERR_BAD_CAPABILITY: the node was revoked. ERR_OVERLOADED:
 * CONTEXT_BINDINGS_MAX. No lock held.
 */
int32_t context_bind(struct sched_context *context,
                     struct revocation_node *node, struct process *process,
                     struct thread *thread);

/*
 * A child that has no threads yet is bound as its parent. ERR_OVERLOADED:
 * CONTEXT_BINDINGS_MAX. No lock held.
 */
int32_t context_inherit(struct process *child, struct process *parent);

/* Undoes all bindings of a context. No lock held. */
void context_unbind(struct sched_context *context);

/*
 * Undoes one that was made through the node; false: there is none. No lock held.
 */
bool context_cut(struct revocation_node *node);

/* A new thread is in its process's list; that one's lock is held. */
void context_join(struct thread *thread);

/* A thread that runs no more, a process without threads. No lock held. */
void context_leave(struct thread *thread);
void context_leave_process(struct process *process);

/* -------------------------------------------------------- for the scheduler */

static inline struct sched_context *context_of(const struct sched_place *place)
{
    return sync_load_pointer(&place->runs_on);
}

/* Books time that a thread has run. */
void context_charge(struct sched_context *context, uint64_t ran_ns);

/*
 * A thread with a context is to run here. False: its budget is used up, and it
 * is parked. READY, busy or new, its lock held.
 */
bool context_admit(struct cpu *cpu, struct thread *thread);

/* A parked thread does not wait any more. Its lock held. */
void context_unpark(struct thread *thread);

/*
 * The current thread with a context goes to wait, its lock held: it lends to
 * the one that is handed the CPU, if that serves its call.
 */
void context_lend(struct thread *thread, struct thread *server);

/* A call of a thread that lends ends: if it is that one, no more. */
void context_call_ended(struct thread *caller, uint64_t call_id);

/* The tick: looks at the budget of the current thread, which has a context. */
void context_tick(struct cpu *cpu, uint64_t now_ns);

/*
 * Until when the current thread, which has or had a context, may run before the
 * budget is looked at. Who takes from it what was lent later sees that it runs
 * here, and interrupts.
 */
uint64_t context_deadline(const struct cpu *cpu);

#endif
