/* thread.c - making threads. */
#include "proc/thread.h"

#include "fail.h"
#include "mem/heap.h"
#include "obj/methods.h"
#include "proc/process.h"
#include "proc/thread_table.h"
#include "sched/run.h"
#include "start.h"

static sync_u64 thread_ids;

static uint32_t thread_pages(uint64_t bytes)
{
    return (uint32_t)((bytes + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

static bool thread_depth_valid(uint32_t entries)
{
    return entries >= RING_ENTRIES_MIN && entries <= RING_ENTRIES_MAX &&
           (entries & (entries - 1)) == 0;
}

/* Fills in defaults and checks. */
static int32_t thread_decode(struct process *process,
                             struct thread_request *request)
{
    uint64_t base = hal_space_base(&process->space.hal);
    uint64_t end = base + hal_space_size(&process->space.hal);

    if (!request->sq_entries) {
        request->sq_entries = RING_SQ_ENTRIES_DEFAULT;
    }
    if (!request->cq_entries) {
        request->cq_entries = RING_CQ_ENTRIES_DEFAULT;
    }
    if (!request->weight) {
        request->weight = THREAD_WEIGHT_ONE;
    }
    if (!thread_depth_valid(request->sq_entries) ||
        !thread_depth_valid(request->cq_entries)) {
        return FAIL(ERR_INVALID, "ring depths: powers of two, 4 to 4096");
    }
    if (request->weight < THREAD_WEIGHT_MIN ||
        request->weight > THREAD_WEIGHT_MAX) {
        return FAIL(ERR_INVALID, "weight: 16 to 65536");
    }
    if (request->cpu_hint > cpu_count()) {
        return FAIL(ERR_INVALID, "CPU: there are not so many");
    }
    if (request->entry < base || request->entry >= end ||
        request->stack_low < base || request->stack_high > end ||
        request->stack_low >= request->stack_high ||
        request->stack_high % 16) {
        return FAIL(ERR_INVALID, "entry or stack outside of the window");
    }
    if (request->tls_base && (request->tls_base < base ||
                              request->tls_base >= end)) {
        return FAIL(ERR_INVALID, "TLS base outside of the window");
    }
    if (request->end_word && !park_clearable(process, request->end_word)) {
        return FAIL(ERR_INVALID, "the end word is not writable");
    }
    return 0;
}

static void thread_fill_block(const struct thread *thread,
                              const struct thread_request *request,
                              struct start_block *block)
{
    struct process *process = thread->process;
    const struct hal_space *space = &process->space.hal;

    *block = (struct start_block){
        .magic = START_MAGIC,
        .version_major = START_VERSION_MAJOR,
        .version_minor = START_VERSION_MINOR,
        .size_bytes = sizeof(*block),
        .gate = hal_space_gate(space),
        .ring = thread->ring_va,
        .sq_entries = request->sq_entries,
        .cq_entries = request->cq_entries,
        .capset = process->capset_va,
        .capset_count = process->capset_count,
        .process_id = process->id,
        .thread_id = thread->id,
        .session_id = process->session_id,
        .image_base = process->image_base,
        .image_size = process->image_size,
        .window_base = hal_space_base(space),
        .window_size = hal_space_size(space),
        .stack_low = request->stack_low,
        .stack_high = request->stack_high,
        .args = process->args_va,
        .args_len = process->args_bytes,
        .time_page = process->time_va,
        .words = {request->words[0], request->words[1], request->words[2]},
    };
    hal_entropy(block->random, sizeof(block->random));
}

/* Ring and start block in the window, records in the heap. */
static int32_t thread_map(struct thread *thread,
                          const struct thread_request *request)
{
    struct space *space = &thread->process->space;
    size_t reach = ring_bytes(request->sq_entries, request->cq_entries);
    uint64_t phys;
    void *ring;
    int32_t error;

    thread->ring_pages = thread_pages(reach);
    error = space_map_kernel(space, &thread->ring_va, thread->ring_pages,
                             HAL_READ | HAL_WRITE, &phys);
    if (error) {
        thread->ring_va = 0;
        return error;
    }
    error = space_map_kernel(space, &thread->block_va, 1, HAL_READ, &phys);
    if (error) {
        thread->block_va = 0;
        return error;
    }
    lock_acquire(&space->lock);
    ring = hal_user_view(&space->hal, thread->ring_va, HAL_WRITE, &reach);
    lock_release(&space->lock);
    ring_queue_init(&thread->queue, ring, request->sq_entries,
                    request->cq_entries);
    thread_fill_block(thread, request, hal_phys_pointer(phys));
    return 0;
}

/* The prepaid call records. */
static int32_t thread_prepay(struct thread *thread,
                             const struct thread_request *request)
{
    uint32_t count = request->sq_entries;
    struct call *records;
    int32_t error =
        ledger_charge(thread->process->ledger, LEDGER_CALLS, count);

    if (error) {
        return error;
    }
    records = heap_alloc(count * sizeof(struct call));
    if (!records) {
        ledger_refund(thread->process->ledger, LEDGER_CALLS, count);
        return FAIL(ERR_NO_MEMORY, "no memory for call records");
    }
    call_records_init(thread, records, count);
    return 0;
}

/*
 * Gives back what thread_map and thread_prepay took, as far as they came. The
 * records stay readable like the thread itself.
 */
static void thread_unmap(struct thread *thread)
{
    struct process *process = thread->process;

    if (thread->calls) {
        ledger_refund(process->ledger, LEDGER_CALLS, thread->call_count);
    }
    if (thread->block_va) {
        (void)space_unmap_kernel(&process->space, thread->block_va, 1);
    }
    if (thread->ring_va) {
        (void)space_unmap_kernel(&process->space, thread->ring_va,
                                 thread->ring_pages);
    }
}

static void thread_init(struct thread *thread, struct process *process,
                        const struct thread_request *request)
{
    lock_init(&thread->lock, LOCK_THREAD);
    object_get(&process->object);
    thread->process = process;
    thread->id = sync_add64(&thread_ids, 1) + 1;
    sync_store(&thread->state, THREAD_WAITING);
    sync_store(&thread->cpu, hal_cpu_self());
    thread->hint = request->cpu_hint;
    thread->own_weight = request->weight;
    sync_store(&thread->weight, request->weight);
    sync_store64(&thread->quantum_virtual_ns,
                 (uint64_t)QUANTUM_NS * THREAD_WEIGHT_ONE / request->weight);
    context_thread_init(thread);
    thread->end_word = request->end_word;
    list_init(&thread->joiners);
    park_records_init(thread);
    promise_records_init(thread);
    receive_records_init(thread);
    list_node_init(&thread->link);
    list_node_init(&thread->reaping.link);
}

/* Everything that the thread needs to run. */
static int32_t thread_make(struct thread *thread,
                           const struct thread_request *request)
{
    int32_t error = thread_map(thread, request);

    if (!error) {
        error = thread_prepay(thread, request);
    }
    if (!error) {
        error = thread_table_add(thread);
    }
    if (!error) {
        call_records_place(thread);
        hal_context_init(&thread->context, request->entry,
                         request->stack_high - 8, thread->block_va);
        if (request->tls_base) {
            hal_context_tls(&thread->context, request->tls_base);
        }
    }
    return error;
}

/* A thread, with its share of the CPU. */
static int32_t thread_charge(struct ledger *ledger, uint32_t weight)
{
    int32_t error = ledger_charge(ledger, LEDGER_THREADS, 1);

    if (error) {
        return error;
    }
    error = ledger_charge(ledger, LEDGER_WEIGHT, weight);
    if (error) {
        ledger_refund(ledger, LEDGER_THREADS, 1);
    }
    return error;
}

static void thread_refund(struct ledger *ledger, uint32_t weight)
{
    ledger_refund(ledger, LEDGER_WEIGHT, weight);
    ledger_refund(ledger, LEDGER_THREADS, 1);
}

void thread_release(struct thread *thread)
{
    context_leave(thread);
    thread_table_remove(thread);
    thread_unmap(thread);
    thread_refund(thread->process->ledger, thread->own_weight);
}

/* Makes it one of its process's threads, or ERR_DISCONNECTED: that ends. */
static int32_t thread_join_process(struct thread *thread)
{
    struct process *process = thread->process;
    bool alive;

    lock_acquire(&process->lock);
    alive = process_state(process) == PROCESS_ALIVE;
    if (alive) {
        object_get(&thread->object);
        list_push_back(&process->threads, &thread->link);
        sync_store(&process->threads_alive,
                   sync_load(&process->threads_alive) + 1);
        context_join(thread);
    }
    lock_release(&process->lock);
    return alive ? 0 : FAIL(ERR_DISCONNECTED, "the process ends");
}

/* The thread, with everything. The process is pinned. */
static int32_t thread_build(struct process *process,
                            const struct thread_request *request,
                            struct thread **out)
{
    struct thread *thread;
    struct object *object;
    int32_t error = thread_charge(process->ledger, request->weight);

    if (error) {
        return error;
    }
    error = object_create((sizeof(*thread) + 63) & ~(size_t)63, &thread_type,
                          process->ledger, &object);
    if (error) {
        thread_refund(process->ledger, request->weight);
        return error;
    }
    thread = thread_of(object);
    thread_init(thread, process, request);
    error = thread_make(thread, request);
    if (!error) {
        error = thread_join_process(thread);
    }
    if (error) {
        thread_release(thread);
        sync_store(&thread->state, THREAD_ENDED);
        object_put(&thread->object);
        return error;
    }
    *out = thread;
    return 0;
}

int32_t thread_create(struct process *process,
                      const struct thread_request *asked, struct thread **out)
{
    struct thread_request request = *asked;
    int32_t error = thread_decode(process, &request);

    if (!error) {
        error = process_pin(process);
    }
    if (error) {
        return error;
    }
    error = thread_build(process, &request, out);
    if (!error && hal_trace_enabled()) {
        hal_trace(TRACE_THREAD, (uint32_t)(*out)->id, (*out)->id,
                  process->id);
    }
    process_unpin(process);
    return error;
}

void thread_start(struct thread *thread)
{
    lock_acquire(&thread->lock);
    if (sync_load(&thread->state) == THREAD_WAITING) {
        run_wake(cpu_self(), thread);
    }
    lock_release(&thread->lock);
}

static void thread_destroy(struct object *object)
{
    struct thread *thread = thread_of(object);

    ASSERT(sync_load(&thread->state) == THREAD_ENDED);
    object_put(&thread->process->object);
}

static void thread_free(struct object *object)
{
    heap_free(thread_of(object)->calls);
    heap_free(thread_of(object));
}

static uint64_t thread_subject(const struct object *object)
{
    return container_of_const(object, struct thread, object)->process->id;
}

const struct object_type thread_type = {
    .subject = thread_subject,
    .interface_id = THREAD_HANDLE_INTERFACE_ID,
    .name = "thread",
    .dispatch = thread_handle_methods,
    .destroy = thread_destroy,
    .free = thread_free,
};
