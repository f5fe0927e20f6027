/*
 * core_check.c - the kernel's books, added up again from the outside.
 *
 * Places in completion queues, credits, queues of facets, slots and holders of
 * objects, charges, run queues and what the CPUs have: each is counted where it
 * is kept and where it comes from, and the two must agree. No CPU is inside the
 * kernel meanwhile, but some may have an interrupt to come.
 */
#include "core_check.h"

#include <check.h>

#include "core_fixture.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "sched/run.h"

/* ck_assert writes to a pipe each time; this runs millions of times. */
#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            ck_abort_msg("%s:%d: %s", __FILE__, __LINE__, #condition);         \
        }                                                                      \
    } while (0)

static uint32_t bits_count(uint64_t bits)
{
    return (uint32_t)__builtin_popcountll(bits);
}

static uint32_t list_count(const struct list *list)
{
    uint32_t count = 0;

    for (struct list_node *node = list_first(list); node;
         node = list_next(list, node)) {
        count++;
    }
    return count;
}

static bool list_has(const struct list *list, const struct list_node *wanted)
{
    for (struct list_node *node = list_first(list); node;
         node = list_next(list, node)) {
        if (node == wanted) {
            return true;
        }
    }
    return false;
}

static struct process *process_first(void)
{
    return process_next(NULL);
}

/* ------------------------------------------------------------------- threads */

static void check_receive(const struct thread *thread,
                          const struct receive *receive,
                          const struct endpoint *endpoint)
{
    uint64_t returned = sync_load64(&receive->returned);

    MUST(receive->thread == thread);
    MUST(!receive->settled);
    MUST((receive->free & receive->busy) == 0);
    MUST((returned & ~receive->busy) == 0);
    MUST(!returned || sync_load(&thread->returned) || thread->uncollected);
    if (receive->ending) {
        MUST(receive->free == 0);
        MUST(receive->busy != 0);
        MUST(!list_linked(&receive->link));
    } else {
        MUST(list_has(&endpoint->receives, &receive->link));
    }
}

static void check_delivered(const struct call *call)
{
    const struct receive *receive = call->receive;
    const struct process *server = sync_load_pointer(&call->server);

    MUST(list_has(&server->delivered, &call->link));
    MUST(list_has(&call_facet(call)->delivered, &call->facet_link));
    if (receive) {
        MUST(receive->thread->process == server);
        MUST(receive->busy >> call->credit & 1);
        MUST(!(sync_load64(&receive->returned) >> call->credit & 1));
        MUST(receive->calls[call->credit] == sync_load64(&call->id));
    }
}

static void check_call(const struct thread *thread, const struct call *call)
{
    MUST(call->caller == thread);
    switch (sync_load(&call->state)) {
    case CALL_FREE:
        MUST(list_has(&thread->free_calls, &call->link));
        break;
    case CALL_QUEUED:
        MUST(list_has(&call_facet(call)->queue, &call->link));
        break;
    case CALL_DELIVERED:
        check_delivered(call);
        break;
    default:
        MUST(sync_load(&call->state) == CALL_KERNEL);
        MUST(call->lock ? list_linked(&call->link)
                        : pairing_contains(&call->timer.node));
    }
}

/* Every promised completion belongs to a call, a free credit or a RECV. */
static void check_places(const struct thread *thread)
{
    const struct ring_queue *queue = &thread->queue;
    uint32_t promised = 0;

    for (uint32_t i = 0; i < thread->call_count; i++) {
        check_call(thread, &thread->calls[i]);
        promised += sync_load(&thread->calls[i].state) != CALL_FREE;
    }
    for (uint32_t i = 0; i < RECV_RECORDS; i++) {
        const struct receive *receive = &thread->receives[i];
        const struct endpoint *endpoint =
            sync_load_pointer(&receive->endpoint);

        if (endpoint) {
            check_receive(thread, receive, endpoint);
            promised += !receive->ending;
            promised += bits_count(receive->free);
        }
    }
    for (uint32_t i = 0; i < PARK_RECORDS; i++) {
        promised += sync_load(&thread->parks[i].bucket) != 0;
    }
    MUST(sync_load(&queue->promised) - sync_load(&queue->kept) == promised);
    MUST(promised <= queue->cq_entries);
}

/* A CPU has a busy thread as its current one; nobody has another. */
static void check_busy(const struct thread *thread)
{
    const struct cpu *holder = NULL;

    for (uint32_t i = 0; i < cpu_count(); i++) {
        MUST(cpus[i].handoff == NULL);
        if (cpus[i].current == thread) {
            MUST(!holder);
            holder = &cpus[i];
        }
    }
    MUST(!holder == !sync_load(&thread->busy));
    MUST(!holder || sync_load(&thread->cpu) == holder->number);
    if (sync_load(&thread->state) == THREAD_ENDED) {
        MUST(!holder || fake_cpus[holder->number].attention);
    } else {
        MUST(!holder == (sync_load(&thread->state) != THREAD_RUNNING));
    }
}

static void check_thread(const struct thread *thread)
{
    uint32_t state = sync_load(&thread->state);

    check_busy(thread);
    MUST((state == THREAD_READY) == pairing_contains(&thread->run_node));
    MUST(state == THREAD_WAITING || !pairing_contains(&thread->timeout.node));
    if (state != THREAD_ENDED) {
        MUST(thread_at(thread->slot) == thread);
        check_places(thread);
    }
}

/* -------------------------------------------------------------- capabilities */

static uint32_t check_free_slots(const struct cap_table *table)
{
    uint32_t count = 0;
    uint32_t last = 0;

    for (uint32_t at = table->free_first; at;
         at = cap_slot_at(table, at - 1)->next) {
        MUST(!(sync_load(&cap_slot_at(table, at - 1)->generation) & 1));
        last = at;
        count++;
    }
    MUST(table->free_last == last);
    return count;
}

static uint32_t holders_in(struct cap_table *table,
                           const struct object *object)
{
    uint32_t count = 0;
    const struct object *held;
    uint64_t cap = 0;

    for (held = cap_next(table, 0, &cap); held;
         held = cap_next(table, (uint32_t)cap + 1, &cap)) {
        count += held == object;
    }
    return count;
}

static uint32_t holders(const struct object *object)
{
    uint32_t count = 0;

    for (struct process *process = process_first(); process;
         process = process_next(process)) {
        count += holders_in(&process->caps, object);
    }
    return count;
}

static void check_facet(const struct facet *facet)
{
    const struct endpoint *endpoint = facet->endpoint;
    uint32_t delivered = 0;

    MUST(facet->queued == list_count(&facet->queue));
    MUST((facet->queued != 0) ==
         list_has(&endpoint->ready, &facet->ready_link));
    MUST(facet->queued <= facet->queue_limit);
    for (struct process *process = process_first(); process;
         process = process_next(process)) {
        for (struct list_node *node = list_first(&process->delivered); node;
             node = list_next(&process->delivered, node)) {
            const struct call *call = container_of(node, struct call, link);

            MUST(sync_load_pointer(&call->server) == process);
            delivered += call_facet(call) == facet;
        }
    }
    MUST(list_count(&facet->delivered) == delivered);
    MUST(!facet->closed || (!delivered && !facet->queued));
}

/* True if the call whose turn it is fits any credit. */
static bool inline_waits(const struct endpoint *endpoint)
{
    const struct list_node *node = list_first(&endpoint->ready);
    const struct facet *facet;

    if (!node) {
        return false;
    }
    facet = container_of_const(node, struct facet, ready_link);
    node = list_first(&facet->queue);
    return container_of_const(node, struct call, link)->flags & RING_INLINE;
}

static void check_endpoint(const struct endpoint *endpoint)
{
    bool waits = inline_waits(endpoint);

    for (struct list_node *node = list_first(&endpoint->facets); node;
         node = list_next(&endpoint->facets, node)) {
        check_facet(container_of(node, struct facet, link));
    }
    for (struct list_node *node = list_first(&endpoint->receives); node;
         node = list_next(&endpoint->receives, node)) {
        const struct receive *receive =
            container_of(node, struct receive, link);

        MUST(!endpoint->closed);
        MUST(!waits || !receive->free ||
             receive->thread->state == THREAD_ENDED);
    }
}

static void check_object(struct object *object)
{
    MUST(sync_load(&object->holders) == holders(object));
    MUST(sync_load(&object->references) >= sync_load(&object->holders));
    if (object->type == &endpoint_type) {
        check_endpoint(endpoint_of(object));
    } else if (object->type == &facet_type) {
        check_endpoint(facet_of(object)->endpoint);
    }
}

/* --------------------------------------------------------------- processes */

static uint32_t children(const struct process *parent)
{
    uint32_t count = 0;

    for (struct process *process = process_first(); process;
         process = process_next(process)) {
        count += process->parent_ledger == parent->ledger;
    }
    return count;
}

static void check_process(struct process *process)
{
    struct cap_table *caps = &process->caps;
    struct object *object;
    uint32_t live = 0;
    uint32_t alive = 0;
    uint64_t cap = 0;

    for (object = cap_next(caps, 0, &cap); object;
         object = cap_next(caps, (uint32_t)cap + 1, &cap)) {
        check_object(object);
        live++;
    }
    MUST(caps->live == live);
    MUST(ledger_used(process->ledger, LEDGER_CAPS) == live);
    MUST(check_free_slots(caps) == caps->slots - live);
    for (struct list_node *node = list_first(&process->threads); node;
         node = list_next(&process->threads, node)) {
        const struct thread *thread = container_of(node, struct thread, link);

        check_thread(thread);
        alive += thread->state != THREAD_ENDED;
    }
    MUST(process->threads_alive == alive);
    MUST(ledger_used(process->ledger, LEDGER_THREADS) ==
         list_count(&process->threads));
    MUST(ledger_used(process->ledger, LEDGER_PROCESSES) == children(process));
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        MUST(ledger_used(process->ledger, kind) <=
             process->ledger->limit[kind]);
    }
}

/* -------------------------------------------------------------------- CPUs */

static void check_cpu(const struct cpu *cpu)
{
    const struct fake_cpu *machine = &fake_cpus[cpu->number];
    const struct thread *thread = cpu->current;

    MUST(sync_load(&cpu->retirement.passes) % 2 == 0);
    MUST(machine->resumed == (thread ? &thread->context : NULL));
    MUST(machine->active == (cpu->space ? &cpu->space->hal : NULL));
    MUST(!thread || cpu->space == &thread->process->space);
    MUST(!cpu->space || (sync_load64(&cpu->space->active) >> cpu->number & 1));
    MUST(cpu->armed_ns == machine->armed_ns);
    MUST(!pairing_empty(&cpu->ready) == (sync_load(&cpu->queued) != 0));
}

/*
 * While more threads wait for a CPU than idle ones are about to come for them,
 * none idles, and all share their time.
 */
static void check_shared(uint32_t queued)
{
    bool interrupted = false;
    uint32_t coming = 0;

    for (uint32_t i = 0; i < cpu_count(); i++) {
        interrupted |= fake_cpus[i].attention;
        coming += !cpus[i].current && fake_cpus[i].attention;
    }
    for (uint32_t i = 0; i < cpu_count() && queued > coming; i++) {
        const struct cpu *cpu = &cpus[i];

        MUST(cpu->current || fake_cpus[i].attention);
        MUST(cpu->armed_ns <= cpu->quantum_end_ns || interrupted);
    }
}

static uint32_t ready_in(struct process *process)
{
    uint32_t count = 0;

    for (struct list_node *node = list_first(&process->threads); node;
         node = list_next(&process->threads, node)) {
        count += sync_load(&container_of(node, struct thread, link)->state) ==
                 THREAD_READY;
    }
    return count;
}

void core_check(void)
{
    uint32_t queued = 0;
    uint32_t ready = 0;

    lock_assert_none();
    MUST(fake_stale() == 0);
    process_list_lock();
    for (uint32_t i = 0; i < cpu_count(); i++) {
        check_cpu(&cpus[i]);
        queued += sync_load(&cpus[i].queued);
    }
    for (struct process *process = process_first(); process;
         process = process_next(process)) {
        ready += ready_in(process);
        if (process_state(process) == PROCESS_ALIVE) {
            check_process(process);
        }
    }
    MUST(ready == queued);
    check_shared(queued);
    process_list_unlock();
}
