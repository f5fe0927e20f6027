/*
 * process.h - a process: a window, a capability table, a ledger, threads.
 *
 * The struct is the object behind its ProcessHandle. Ending is: no thread runs
 * any more (at once), then everything is taken apart in steps (process_end.c),
 * then those who wait are told. After that only the struct remains, until the
 * last handle goes.
 */
#ifndef CAPOS_CORE_PROC_PROCESS_H
#define CAPOS_CORE_PROC_PROCESS_H

#include "cap/object.h"
#include "cap/table.h"
#include "list.h"
#include "lock.h"
#include "mem/space.h"
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
    enum process_state state;

    struct space space;
    bool space_made;
    struct cap_table caps;
    struct ledger *ledger;
    struct ledger *parent_ledger; /* NULL: started by the kernel */

    struct lock lock; /* LOCK_PROCESSES */
    struct list threads;
    uint32_t threads_alive;
    struct list delivered; /* calls that its threads hold */
    struct list waiters;   /* calls of ProcessHandle.wait */
    struct list_node link; /* process list */

    /* What a thread is born with. */
    uint64_t image_base;
    uint64_t image_size;
    uint64_t capset_va;
    uint32_t capset_count;
    uint64_t args_va;
    uint64_t args_bytes;

    uint64_t cpu_ns;

    /* The end. */
    enum end_kind end;
    int64_t code;
    uint64_t fault_address; /* relative to the image */
    struct work ending;
    uint32_t end_stage;
    uint32_t end_cursor;
};

/* What a new process is made of; everything is copied. */
struct process_grant {
    char name[NAME_BYTES_MAX + 1];
    struct object *object;
};

struct process_request {
    const char *name;
    struct process *parent; /* NULL: the kernel */
    const void *args;
    uint32_t args_bytes;
    const struct process_grant *grants;
    uint32_t grant_count;
    bool without_self;
    const uint64_t *limits; /* LEDGER_KINDS of them */
    uint32_t stack_bytes;
    uint64_t words[3];
    uint32_t sq_entries;
    uint32_t cq_entries;
    uint32_t weight;
};

extern const struct object_type process_type;

void process_table_init(void);

/*
 * Makes a process out of the image in memory and its first thread, which is not
 * yet running. The caller gets one reference. *reason says why an image was
 * refused. ERR_BAD_IMAGE, ERR_INVALID, ERR_OVERLOADED, ERR_NO_MEMORY; nothing
 * is left behind by an error.
 */
int32_t process_create(const struct process_request *request,
                       struct memory *image, struct process **out,
                       const char **reason);

/* Lets the first thread of a new process run. */
void process_start(struct process *process);

/*
 * Ends a process: its threads never run again; the rest is work (work.h). No
 * effect on one that is ending. The current thread may belong to it.
 */
void process_end(struct process *process, enum end_kind end, int64_t code);

/* The first process with an id above after, in order of ids; NULL: none. */
struct process *process_after(uint64_t after);

/* The process after one of the list, the first one after NULL; NULL: none. */
struct process *process_next(const struct process *process);

/* Ends one child of a process; true when there was none left alive. */
bool process_end_children(uint64_t parent_id);

static inline struct process *process_of(struct object *object)
{
    return container_of(object, struct process, object);
}

#endif
