/* process.c - making processes, and the list of them. */
#include "proc/process.h"

#include "fail.h"
#include "log.h"
#include "mem/heap.h"
#include "obj/methods.h"
#include "proc/process_build.h"
#include "text.h"

static struct lock process_lock; /* LOCK_PROCESSES: the list */
static struct list process_list;
static sync_u64 process_ids;

void process_table_init(void)
{
    lock_init(&process_lock, LOCK_PROCESSES);
    list_init(&process_list);
}

void process_list_lock(void)
{
    lock_acquire(&process_lock);
}

void process_list_unlock(void)
{
    lock_release(&process_lock);
}

struct process *process_next(const struct process *process)
{
    struct list_node *node;

    lock_assert(&process_lock);
    node = process ? list_next(&process_list, &process->link)
                   : list_first(&process_list);
    return node ? container_of(node, struct process, link) : NULL;
}

struct process *process_after(uint64_t after)
{
    struct process *process = process_next(NULL);

    while (process && process->id <= after) {
        process = process_next(process);
    }
    return process;
}

static void process_list_add(struct process *process)
{
    lock_acquire(&process_lock);
    list_push_back(&process_list, &process->link);
    lock_release(&process_lock);
}

void process_unlist(struct process *process)
{
    lock_acquire(&process_lock);
    list_remove(&process->link);
    lock_release(&process_lock);
}

static void process_set_name(struct process *process, const char *name)
{
    uint64_t length = text_length_max(name, NAME_BYTES_MAX);

    __builtin_memcpy(process->name, name, length);
}

/* The empty process, with its space and ledger. */
static int32_t process_init(struct process *process,
                            const struct process_request *request)
{
    struct process *parent = request->parent;
    int32_t error;

    object_init(&process->object, &process_type);
    lock_init(&process->lock, LOCK_PROCESS);
    lock_init(&process->served_lock, LOCK_SERVED);
    list_init(&process->threads);
    list_init(&process->delivered);
    list_init(&process->waiters);
    list_node_init(&process->link);
    list_node_init(&process->ending.link);
    process->id = sync_add64(&process_ids, 1) + 1;
    process->parent_id = parent ? parent->id : 0;
    process->session_id = parent ? parent->session_id : 0;
    process_set_name(process, request->name);
    process->ledger = ledger_create(request->limits);
    if (!process->ledger) {
        return FAIL(ERR_NO_MEMORY, "no memory for a ledger");
    }
    cap_table_init(&process->caps, process->ledger);
    if (parent) {
        error = ledger_charge(parent->ledger, LEDGER_PROCESSES, 1);
        if (error) {
            return error;
        }
        process->parent_ledger = ledger_get(parent->ledger);
    }
    error = space_init(&process->space, process->ledger);
    process->space_made = !error;
    return error;
}

/* Everything else; what was made before an error goes with the process. */
static int32_t process_fill(struct process *process,
                            const struct process_request *request,
                            struct memory *image, const char **reason)
{
    struct thread_request first = {
        .words = {request->words[0], request->words[1], request->words[2]},
        .sq_entries = request->sq_entries,
        .cq_entries = request->cq_entries,
        .weight = request->weight,
        .cpu_hint = request->cpu_hint,
    };
    struct thread *thread;
    int32_t error = process_load(process, image, &first.entry, reason);

    if (!error) {
        error = process_map_stack(process, request->stack_bytes,
                                  &first.stack_low, &first.stack_high);
    }
    if (!error) {
        error = process_grant(process, request);
    }
    if (!error) {
        error = thread_create(process, &first, &thread);
    }
    if (!error) {
        object_put(&thread->object);
    }
    return error;
}

void process_trace(const struct process *process)
{
    uint64_t piece;

    hal_trace(TRACE_SPAWN, 0, process->id, process->parent_id);
    for (size_t at = 0; at < sizeof(process->name) && process->name[at];
         at += sizeof(piece)) {
        __builtin_memcpy(&piece, process->name + at, sizeof(piece));
        hal_trace(TRACE_NAME, 0, process->id, piece);
    }
}

int32_t process_create(const struct process_request *request,
                       struct memory *image, struct process **out,
                       const char **reason)
{
    struct process *process = heap_alloc(sizeof(*process));
    int32_t error;

    *reason = "out of quota or memory";
    if (!process) {
        return FAIL(ERR_NO_MEMORY, "no memory for a process");
    }
    error = process_init(process, request);
    if (!error) {
        error = process_fill(process, request, image, reason);
    }
    object_get(&process->object);
    process_list_add(process);
    if (error) {
        process_end(process, END_KILLED, error);
        object_put(&process->object);
        return error;
    }
    if (hal_trace_enabled()) {
        process_trace(process);
    }
    *out = process;
    return 0;
}

void process_start(struct process *process)
{
    struct list_node *first;

    lock_acquire(&process->lock);
    first = list_first(&process->threads);
    if (first) { /* it may have been killed already */
        thread_start(container_of(first, struct thread, link));
    }
    lock_release(&process->lock);
}

int32_t process_pin(struct process *process)
{
    bool alive;

    lock_acquire(&process->lock);
    alive = process_state(process) == PROCESS_ALIVE;
    process->pins += alive;
    lock_release(&process->lock);
    return alive ? 0 : FAIL(ERR_DISCONNECTED, "the process ends");
}

void process_unpin(struct process *process)
{
    lock_acquire(&process->lock);
    ASSERT(process->pins != 0);
    process->pins--;
    lock_release(&process->lock);
}

static void process_destroy(struct object *object)
{
    ASSERT(process_state(process_of(object)) == PROCESS_ENDED);
}

/* Other CPUs may have looked for capabilities here until now. */
static void process_free(struct object *object)
{
    struct process *process = process_of(object);

    cap_table_fini(&process->caps);
    heap_free(process);
}

const struct object_type process_type = {
    .interface_id = PROCESS_HANDLE_INTERFACE_ID,
    .name = "process",
    .dispatch = process_handle_methods,
    .destroy = process_destroy,
    .free = process_free,
};
