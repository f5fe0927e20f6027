/* process.c - making processes, and the list of them. */
#include "proc/process.h"

#include "clock.h"
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

static void process_init(struct process *process,
                         const struct process_request *request)
{
    lock_init(&process->lock, LOCK_PROCESS);
    lock_init(&process->orphans_lock, LOCK_ORPHANS);
    list_init(&process->threads);
    list_init(&process->orphans);
    list_init(&process->waiters);
    list_node_init(&process->link);
    list_node_init(&process->ending.link);
    process->id = sync_add64(&process_ids, 1) + 1;
    process->parent_id = request->parent_id;
    process->session_id = request->session_id;
    process->ledger = process->object.ledger;
    process->pins = 1;
    process_set_name(process, request->name);
    context_process_init(process);
    cap_table_init(&process->caps, process->ledger, process->id);
}

/* The struct, paid by its own ledger, and that by request->payer. */
static int32_t process_allocate(const struct process_request *request,
                                struct process **out)
{
    struct object *object = NULL;
    struct ledger *ledger;
    int32_t error = ledger_create(request->payer, request->limits, &ledger);

    if (error) {
        return error;
    }
    error = request->payer ? ledger_charge(request->payer, LEDGER_PROCESSES, 1)
                           : 0;
    if (!error) {
        error = object_create(sizeof(struct process), &process_type, ledger,
                              &object);
        if (error && request->payer) {
            ledger_refund(request->payer, LEDGER_PROCESSES, 1);
        }
    }
    ledger_put(ledger); /* the object has another reference */
    if (!error) {
        *out = process_of(object);
        process_init(*out, request);
    }
    return error;
}

/* What is in every process; what was made before an error goes with it. */
static int32_t process_furnish(struct process *process, bool without_self)
{
    int32_t error = ledger_own(process->ledger, process);

    if (!error) {
        error = space_init(&process->space, process->ledger);
        process->space_made = !error;
        process->space.owner = &process->object;
    }
    if (!error) {
        error = process_map_capset(process);
    }
    if (!error) {
        error = space_map_shared(&process->space, &process->time_va,
                                 clock_page());
    }
    if (!error && !without_self) {
        error = process_grant_self(process);
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
                       struct process **out)
{
    struct process *process;
    int32_t error = process_allocate(request, &process);

    if (error) {
        return error;
    }
    object_get(&process->object);
    process_list_add(process); /* first: from here on it may be ended */
    error = request->parent ? context_inherit(process, request->parent) : 0;
    if (!error) {
        error = process_furnish(process, request->without_self);
    }
    process_unpin(process);
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

uint64_t process_ran_ns(struct process *process)
{
    struct list_node *node;
    uint64_t ran_ns;

    lock_acquire(&process->lock);
    ran_ns = process->cpu_ns;
    for (node = list_first(&process->threads); node;
         node = list_next(&process->threads, node)) {
        ran_ns += sync_load64(&container_of(node, struct thread, link)->ran_ns);
    }
    lock_release(&process->lock);
    return ran_ns;
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

void process_abandon(struct process *process)
{
    lock_acquire(&process->lock);
    /* Who comes here second sees that the other one has gone. */
    if (!process->started && !sync_load(&process->object.holders) &&
        !(process->builder && sync_load(&process->builder->holders))) {
        process_end_locked(process, END_KILLED, ERR_CANCELLED);
    }
    lock_release(&process->lock);
}

static void process_unheld(struct object *object)
{
    process_abandon(process_of(object));
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

static uint64_t process_subject(const struct object *object)
{
    return container_of_const(object, struct process, object)->id;
}

const struct object_type process_type = {
    .subject = process_subject,
    .interface_id = PROCESS_HANDLE_INTERFACE_ID,
    .name = "process",
    .dispatch = process_handle_methods,
    .unheld = process_unheld,
    .destroy = process_destroy,
    .free = process_free,
};
