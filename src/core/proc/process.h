/*
 * process.h - a process: a window, a capability table, a ledger, threads.
 *
 * The struct is the object behind its ProcessHandle. A process is made empty and
 * filled in parts (process_build.h); then it is started. Ending is: its threads
 * are stopped, and when no CPU has one any more everything is taken apart in
 * steps (process_end.c), and so are the processes whose ledgers are below its
 * own; then those who wait are told. After that only the struct remains, until
 * the last handle goes.
 */
#ifndef CAPOS_CORE_PROC_PROCESS_H
#define CAPOS_CORE_PROC_PROCESS_H

#include "cap/object.h"
#include "cap/table.h"
#include "list.h"
#include "lock.h"
#include "mem/space.h"
#include "proc/ledger.h"
#include "proc/thread.h"
#include "sched/work.h"

enum process_state {
    PROCESS_ALIVE = 0,
    PROCESS_ENDING,
    PROCESS_ENDED,
};

struct process {
    struct object object; /* ProcessHandle */
    uint64_t id;          /* never reused */
    uint64_t parent_id;
    uint64_t session_id;
    char name[NAME_BYTES_MAX + 1];
    sync_u32 state; /* enum process_state; changes under lock */

    struct space space;
    bool space_made;
    struct cap_table caps;
    struct ledger *ledger; /* object.ledger; its parent pays for the process */

    struct lock lock; /* LOCK_PROCESS; guards down to waiters */
    struct list threads;
    sync_u32 threads_alive;
    uint32_t pins;          /* see process_pin */
    bool started;           /* nothing is granted any more */
    struct object *builder; /* its ProcessBuilder, while there is one */
    struct list waiters;    /* calls of ProcessHandle.wait */

    struct lock orphans_lock; /* LOCK_ORPHANS */
    struct list orphans; /* calls that its threads hold without a receive */
    struct list_node link;   /* process list */

    /* What a thread is born with. */
    uint64_t image_base;
    uint64_t image_size;
    uint64_t capset_va;
    uint64_t time_va; /* the time page */
    struct capset_entry *capset; /* its page; valid while pinned */
    uint32_t capset_count;
    uint64_t args_va;
    uint64_t args_bytes;

    uint64_t cpu_ns; /* of threads that are no more; lock */
    struct sched_binding binding; /* of all its threads; changes under lock */

    /* The end. */
    enum end_kind end;
    int64_t code;
    uint64_t fault_address; /* relative to the image */
    struct work ending;
    struct thread *end_thread; /* being taken apart */
    uint32_t end_stage;
    uint32_t end_cursor;
};

/* What an empty process is made of; everything is copied. */
struct process_request {
    const char *name;
    uint64_t parent_id;     /* who spawns it; 0: the kernel */
    struct process *parent; /* bound like that one; NULL: not bound */
    struct ledger *payer;   /* NULL: the machine's; then it is init */
    const uint64_t *limits; /* LEDGER_KINDS of them, taken from payer */
    uint64_t session_id;
    bool without_self;
};

extern const struct object_type process_type;

void process_table_init(void);

/*
 * Makes an empty process: its ledger, its window with an empty CapSet, and in its
 * table the capabilities to itself. The caller gets one reference. Nothing is left
 * behind by an error, at the latest when this CPU leaves the kernel.
 * ERR_OVERLOADED; ERR_DISCONNECTED: who pays has ended; ERR_NO_MEMORY.
 */
int32_t process_create(const struct process_request *request,
                       struct process **out);

/* Lets the first thread of a new process run. */
void process_start(struct process *process);

/*
 * A handle, or the builder, of a process has lost its last holder: one that was
 * never started ends when nobody is left who could. No lock held.
 */
void process_abandon(struct process *process);

/*
 * Ends a process: its threads never run again once their CPUs have left the
 * kernel; the rest is work (work.h). No effect on one that is ending. The current
 * thread may belong to it. No lock held.
 */
void process_end(struct process *process, enum end_kind end, int64_t code);

/* The same for one that faulted, at an address relative to its image. */
void process_fault(struct process *process, uint64_t address, int64_t vector);

/* How long its threads have run, as far as they are charged. No lock held. */
uint64_t process_ran_ns(struct process *process);

/* No thread is left but those that are ending. Its lock held. */
void process_end_locked(struct process *process, enum end_kind end,
                        int64_t code);

/*
 * The list of processes, in order of ids; LOCK_PROCESSES. With it locked: the
 * first one with an id above after, and the one after one of the list; NULL:
 * none. Those listed are not all alive.
 */
void process_list_lock(void);
void process_list_unlock(void);
struct process *process_after(uint64_t after);
struct process *process_next(const struct process *process);

/* Records what names a process in a trace. Tracing is on. */
void process_trace(const struct process *process);

/*
 * Keeps a process from being taken apart, until unpinned: somebody, who may be
 * of another process, makes a thread in it. ERR_DISCONNECTED: it ends already.
 */
int32_t process_pin(struct process *process);
void process_unpin(struct process *process);

/* Takes an ended process off the list. */
void process_unlist(struct process *process);

static inline uint32_t process_state(const struct process *process)
{
    return sync_load(&process->state);
}

static inline struct process *process_of(struct object *object)
{
    return container_of(object, struct process, object);
}

#endif
