/*
 * core_check.c - the kernel's books, added up again from the outside.
 *
 * Places in completion queues, credits, queues of facets, slots and holders of
 * objects, charges and the run queue: each is counted where it is kept and where
 * it comes from, and the two must agree.
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

/* ------------------------------------------------------------------- threads */

static void check_receive(const struct thread *thread,
                          const struct receive *receive)
{
    uint64_t returned = sync_load64(&receive->returned);

    MUST(receive->thread == thread);
    MUST((receive->free & receive->busy) == 0);
    MUST((returned & ~receive->busy) == 0);
    MUST(!returned || sync_load(&thread->returned));
    if (receive->ending) {
        MUST(receive->free == 0);
        MUST(receive->busy != 0);
        MUST(!list_linked(&receive->link));
    } else {
        MUST(list_has(&receive->endpoint->receives, &receive->link));
    }
}

static void check_delivered(const struct call *call)
{
    const struct receive *receive = call->receive;

    MUST(list_has(&call->server->delivered, &call->link));
    if (receive) {
        MUST(receive->thread->process == call->server);
        MUST(receive->busy >> call->credit & 1);
        MUST(!(sync_load64(&receive->returned) >> call->credit & 1));
        MUST(receive->calls[call->credit] == call->id);
    }
}

static void check_call(const struct thread *thread, const struct call *call)
{
    MUST(call->caller == thread);
    switch (call->state) {
    case CALL_FREE:
        MUST(list_has(&thread->free_calls, &call->link));
        break;
    case CALL_QUEUED:
        MUST(list_has(&call->facet->queue, &call->link));
        break;
    case CALL_DELIVERED:
        check_delivered(call);
        break;
    default:
        MUST(call->state == CALL_KERNEL);
        MUST(list_linked(&call->link) ||
                  pairing_contains(&call->kernel.timer.node));
    }
}

/* Every promised completion belongs to a call, a free credit or a RECV. */
static void check_places(const struct thread *thread)
{
    uint32_t promised = 0;

    for (uint32_t i = 0; i < thread->call_count; i++) {
        check_call(thread, &thread->calls[i]);
        promised += thread->calls[i].state != CALL_FREE;
    }
    for (uint32_t i = 0; i < RECV_RECORDS; i++) {
        const struct receive *receive = &thread->receives[i];

        if (receive->endpoint) {
            check_receive(thread, receive);
            promised += !receive->ending;
            promised += bits_count(receive->free);
        }
    }
    for (uint32_t i = 0; i < PARK_RECORDS; i++) {
        promised += sync_load(&thread->parks[i].bucket) != 0;
    }
    MUST(thread->queue.reserved == promised);
    MUST(promised <= thread->queue.cq_entries);
}

static void check_thread(const struct thread *thread)
{
    const struct cpu *cpu = cpu_self();
    bool queued = pairing_contains(&thread->run_node);

    MUST(cpu->handoff == NULL);
    MUST((thread->state == THREAD_READY) == queued);
    MUST((thread->state == THREAD_RUNNING) == (cpu->current == thread));
    MUST(thread->state == THREAD_WAITING ||
              !pairing_contains(&thread->timeout.node));
    if (thread->state != THREAD_ENDED) {
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
    uint64_t cap = 0;
    const struct cap_slot *slot;

    for (slot = cap_next(table, 0, &cap); slot;
         slot = cap_next(table, (uint32_t)cap + 1, &cap)) {
        count += slot->object == object;
    }
    return count;
}

static uint32_t holders(const struct object *object)
{
    uint32_t count = 0;

    for (struct process *process = process_after(0); process;
         process = process_after(process->id)) {
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
    for (struct process *process = process_after(0); process;
         process = process_after(process->id)) {
        for (struct list_node *node = list_first(&process->delivered); node;
             node = list_next(&process->delivered, node)) {
            const struct call *call = container_of(node, struct call, link);

            MUST(call->server == process);
            delivered += call->facet == facet;
        }
    }
    MUST(facet->delivered == delivered);
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

static void check_slot(const struct cap_slot *slot)
{
    struct object *object = slot->object;

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

    for (struct process *process = process_after(0); process;
         process = process_after(process->id)) {
        count += process->parent_ledger == parent->ledger;
    }
    return count;
}

static void check_process(struct process *process)
{
    struct cap_table *caps = &process->caps;
    const struct cap_slot *slot;
    uint32_t live = 0;
    uint32_t alive = 0;
    uint64_t cap = 0;

    for (slot = cap_next(caps, 0, &cap); slot;
         slot = cap_next(caps, (uint32_t)cap + 1, &cap)) {
        check_slot(slot);
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

void core_check(void)
{
    const struct cpu *cpu = cpu_self();

    lock_assert_none();
    if (cpu->current) {
        MUST(fake_resumed == &cpu->current->context);
        MUST(fake_active == &cpu->current->process->space.hal);
    } else {
        MUST(fake_resumed == NULL);
    }
    MUST(cpu->current || pairing_empty(&cpu->ready));
    MUST(cpu->armed_ns == machine_armed_ns);
    for (struct process *process = process_after(0); process;
         process = process_after(process->id)) {
        if (process->state == PROCESS_ALIVE) {
            check_process(process);
        }
    }
}
