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
#include "ipc/record.h"
#include "sched/run.h"

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
    MUST(!returned || sync_load64(&thread->attention) &
                         (THREAD_RETURNED | THREAD_UNCOLLECTED));
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
    const struct receive *receive = sync_load_pointer(&call->receive);
    const struct process *server = call->server;

    MUST(receive || list_has(&server->orphans, &call->link));
    MUST(!receive || !list_linked(&call->link));
    MUST(list_has(&call_facet(call)->delivered, &call->facet_link));
    if (receive) {
        MUST(receive->thread->process == server);
        MUST(receive->busy >> call->credit & 1);
        MUST(!(sync_load64(&receive->returned) >> call->credit & 1));
        MUST(receive->calls[call->credit] == sync_load64(&call->id));
    }
}

static bool chain_has(const struct call *first, const struct call *wanted)
{
    for (; first && first != wanted; first = first->next) {
    }
    return first != NULL;
}

static void check_call(const struct thread *thread, const struct call *call)
{
    MUST(call->caller == thread);
    switch (sync_load(&call->state)) {
    case CALL_FREE:
        MUST(chain_has(thread->free_calls, call) !=
             chain_has(thread->freed_calls, call));
        break;
    case CALL_QUEUED:
        MUST(list_has(&call_facet(call)->queue, &call->link));
        break;
    case CALL_DELIVERED:
        check_delivered(call);
        break;
    case CALL_PROMISED:
        MUST(list_linked(&call->link));
        break;
    default:
        MUST(sync_load(&call->state) == CALL_KERNEL);
        MUST(call->lock ? list_linked(&call->link)
                        : pairing_contains(&call->timer.node));
    }
}

/* A record's dependents are its thread's, and none is left behind. */
static void check_promises(const struct thread *thread)
{
    for (uint32_t i = 0; i < PROMISE_RECORDS; i++) {
        const struct promise *promise = &thread->promises[i];
        struct list_node *node = list_first(&promise->waiting);

        MUST(!node || promise->state == PROMISE_PENDING ||
             sync_load64(&thread->attention) & THREAD_DUE);
        for (; node; node = list_next(&promise->waiting, node)) {
            const struct call *call = container_of(node, struct call, link);

            MUST(call->caller == thread);
            MUST(sync_load(&call->state) == CALL_PROMISED);
        }
    }
    MUST(!thread->promising);
    MUST(!thread->waits_on ||
         sync_load64(&thread->attention) & THREAD_DUE);
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

static void check_thread(const struct thread *thread)
{
    uint32_t state = sync_load(&thread->state);

    core_check_runs(thread);
    MUST(state == THREAD_WAITING || !pairing_contains(&thread->timeout.node));
    if (state != THREAD_ENDED) {
        MUST(thread_at(thread->slot) == thread);
        check_places(thread);
        check_promises(thread);
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

/* Slots with a capability, revoked or not. */
static uint32_t check_live_slots(const struct cap_table *table)
{
    uint32_t count = 0;

    for (uint32_t slot = 0; slot < sync_load(&table->slots); slot++) {
        count += sync_load(&cap_slot_at(table, slot)->generation) & 1;
    }
    return count;
}

#define HOLDERS_NODES 256u

/* Of one object: slots through the root, and other nodes. */
struct holders {
    uint32_t count;
    uint32_t nodes;
    const struct revocation_node *seen[HOLDERS_NODES];
};

/* The slots of a node make one holder. */
static void holders_add(struct holders *holders,
                        const struct revocation_node *node)
{
    for (uint32_t i = 0; i < holders->nodes; i++) {
        if (holders->seen[i] == node) {
            return;
        }
    }
    if (node != &revocation_root) {
        MUST(holders->nodes < HOLDERS_NODES);
        holders->seen[holders->nodes++] = node;
    }
    holders->count++;
}

static void holders_in(struct cap_table *table, const struct object *object,
                       struct holders *holders)
{
    struct revocation_node *node;
    const struct object *held;
    uint64_t cap = 0;

    for (held = cap_next(table, 0, &cap); held;
         held = cap_next(table, (uint32_t)cap + 1, &cap)) {
        if (held == object && cap_lookup_through(table, cap, &node)) {
            holders_add(holders, node);
        }
    }
}

static uint32_t holders(const struct object *object)
{
    struct holders holders = {0};

    for (struct process *process = process_first(); process;
         process = process_next(process)) {
        holders_in(&process->caps, object, &holders);
    }
    return holders.count;
}

/* By what comes first with it. */
static enum facet_round facet_round(const struct facet *facet)
{
    const struct list_node *node = list_first(&facet->queue);

    return node && !(container_of_const(node, struct call, link)->flags &
                     RING_INLINE)
               ? FACET_ROUND_MEMORY
               : FACET_ROUND_INLINE;
}

/* Calls of one thread through the facet that are in a server's hands. */
static uint32_t delivered_of(const struct thread *thread,
                             const struct facet *facet)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < thread->call_count; i++) {
        const struct call *call = &thread->calls[i];

        count += sync_load(&call->state) == CALL_DELIVERED &&
                 call_facet(call) == facet;
    }
    return count;
}

static uint32_t delivered_through(const struct facet *facet)
{
    uint32_t count = 0;

    for (struct process *process = process_first(); process;
         process = process_next(process)) {
        for (struct list_node *node = list_first(&process->threads); node;
             node = list_next(&process->threads, node)) {
            count += delivered_of(container_of(node, struct thread, link),
                                  facet);
        }
    }
    return count;
}

static void check_facet(const struct facet *facet)
{
    const struct endpoint *endpoint = facet->endpoint;
    uint32_t delivered = list_count(&facet->delivered);

    MUST(facet->queued == list_count(&facet->queue));
    MUST((facet->queued || facet->notice) ==
         list_linked(&facet->ready_link));
    MUST(!list_linked(&facet->ready_link) ||
         (list_has(&endpoint->ready[facet->round], &facet->ready_link) &&
          facet->round == facet_round(facet)));
    MUST(!facet->notice || !(facet->closed || facet->spent));
    MUST(!facet->spent || (facet->one_shot && !facet->queued));
    MUST(facet->queued <= facet->queue_limit);
    MUST(delivered_through(facet) == delivered);
    MUST(!facet->closed || (!delivered && !facet->queued));
}

/* Facets stand in the order of their turns. */
static void check_round(const struct list *round)
{
    const struct facet *last = NULL;

    for (const struct list_node *node = list_first(round); node;
         node = list_next(round, node)) {
        const struct facet *facet =
            container_of_const(node, struct facet, ready_link);

        MUST(!last || last->turn < facet->turn);
        last = facet;
    }
}

static void check_endpoint(const struct endpoint *endpoint)
{
    bool waits = !list_empty(&endpoint->ready[FACET_ROUND_INLINE]);

    MUST(!endpoint->last ||
         list_has(&endpoint->facets, &endpoint->last->link));

    for (struct list_node *node = list_first(&endpoint->facets); node;
         node = list_next(&endpoint->facets, node)) {
        check_facet(container_of(node, struct facet, link));
    }
    for (uint32_t i = 0; i < FACET_ROUNDS; i++) {
        check_round(&endpoint->ready[i]);
    }
    for (struct list_node *node = list_first(&endpoint->receives); node;
         node = list_next(&endpoint->receives, node)) {
        const struct receive *receive =
            container_of(node, struct receive, link);

        MUST(!endpoint->closed);
        /* What fits any credit waits for none that is free. */
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

/* What the ledgers below one have taken of a kind, and what processes are. */
static uint64_t delegated(const struct ledger *payer, enum ledger_kind kind)
{
    uint64_t sum = 0;

    for (struct process *process = process_first(); process;
         process = process_next(process)) {
        if (process->ledger->parent == payer) {
            sum += ledger_limit(process->ledger, kind) +
                   (kind == LEDGER_PROCESSES);
        }
    }
    for (const struct list_node *node = list_first(&payer->children); node;
         node = list_next(&payer->children, node)) {
        const struct ledger *child =
            container_of_const(node, struct ledger, link);

        if (child->parent == payer && !child->owner) {
            sum += ledger_limit(child, kind);
        }
    }
    return sum;
}

static uint64_t used_itself(const struct process *process,
                            enum ledger_kind kind)
{
    return ledger_used(process->ledger, kind) -
           delegated(process->ledger, kind);
}

static void check_process(struct process *process)
{
    struct cap_table *caps = &process->caps;
    struct object *object;
    uint32_t live = check_live_slots(caps);
    uint32_t alive = 0;
    uint64_t cap = 0;

    for (object = cap_next(caps, 0, &cap); object;
         object = cap_next(caps, (uint32_t)cap + 1, &cap)) {
        check_object(object);
    }
    MUST(caps->live == live);
    MUST(used_itself(process, LEDGER_CAPS) == live);
    MUST(check_free_slots(caps) == caps->slots - live);
    for (struct list_node *node = list_first(&process->threads); node;
         node = list_next(&process->threads, node)) {
        const struct thread *thread = container_of(node, struct thread, link);

        check_thread(thread);
        alive += thread->state != THREAD_ENDED;
    }
    MUST(process->threads_alive == alive);
    MUST(used_itself(process, LEDGER_THREADS) ==
         list_count(&process->threads));
    MUST(used_itself(process, LEDGER_PROCESSES) == 0);
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        MUST(ledger_used(process->ledger, kind) <=
             ledger_limit(process->ledger, kind));
    }
}

uint32_t core_check_every = 1;

void core_check(void)
{
    static uint32_t calls;

    lock_assert_none();
    MUST(fake_stale() == 0);
    if (++calls % core_check_every != 0) {
        return;
    }
    process_list_lock();
    core_check_cpus();
    for (struct process *process = process_first(); process;
         process = process_next(process)) {
        if (process_state(process) == PROCESS_ALIVE) {
            check_process(process);
        }
    }
    process_list_unlock();
}
