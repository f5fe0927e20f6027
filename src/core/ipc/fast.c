/*
 * fast.c - the short way of an inline call, and of its return.
 *
 * Both do what the general way does (deliver.c, return.c), by the same helpers and
 * under the same locks, for the usual case: everything that could be otherwise is
 * looked at before anything is changed, and then left to the general way. The
 * words of a message go from one ring to the other, without a copy between.
 */
#include "ipc/fast.h"

#include "cap/table.h"
#include "hot.h"
#include "ipc/call.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "ipc/fast_memory.h"
#include "ipc/park.h"
#include "ipc/receive.h"
#include "ipc/record.h"
#include "proc/process.h"
#include "ring/complete.h"
#include "ring/enter.h"
#include "sched/hand_over.h"
#include "start.h"

/* So many entries at most are executed without a look for interrupts. */
#define FAST_ENTRIES 16u

/* What is decided by: read once, before anything is. */
struct fast_entry {
    uint64_t head; /* opcode to result_len */
    uint64_t cap;
    uint64_t result;
};

HOT struct fast_entry fast_read(const struct sqe *place)
{
    struct fast_entry entry = {.cap = place->cap, .result = place->result};

    _Static_assert(offsetof(struct sqe, cap) == sizeof(entry.head), "abi");
    __builtin_memcpy(&entry.head, place, sizeof(entry.head));
    sync_read_once();
    return entry;
}

#define FAST_METHOD 0xffff0000u
#define FAST_CALL ((uint64_t)RING_CALL | (RING_INLINE | RING_RINLINE) << 8)
#define FAST_RETURN ((uint64_t)RING_RETURN | RING_INLINE << 8)
#define FAST_COMPLETION ((uint64_t)RING_CQE_COMPLETION | RING_CQE_INLINE << 8)

/* The second word of a completion: kind, flags, method, and result 0. */
HOT void fast_set_head(struct cqe *entry, uint64_t head)
{
    _Static_assert((int)RING_CQE_CALL == (int)RING_CALL &&
                       offsetof(struct cqe, flags) -
                               offsetof(struct cqe, kind) ==
                           offsetof(struct sqe, flags) &&
                       offsetof(struct cqe, method) -
                               offsetof(struct cqe, kind) ==
                           offsetof(struct sqe, method),
                   "an entry is delivered as it was submitted");
    __builtin_memcpy(&entry->kind, &head, sizeof(head));
}

HOT void fast_words(struct cqe *to, const struct sqe *from)
{
    for (uint32_t i = 0; i < 4; i++) {
        to->words[i] = from->words[i];
    }
}

/* Calls on the facet go to a receive at once, for all that it knows. Locked. */
HOT bool fast_open(const struct facet *facet)
{
    return !facet->closed && !facet->one_shot &&
           sync_load(&facet->object.holders) &&
           !endpoint_waiting(facet->endpoint);
}

/* The receive that a call is offered first, if it takes it now; NULL. Locked. */
HOT struct receive *fast_receive(const struct endpoint *endpoint)
{
    struct list_node *first = list_first(&endpoint->receives);
    struct receive *receive;

    if (!first) {
        return NULL;
    }
    receive = container_of(first, struct receive, link);
    return receive->free ? receive : NULL;
}

/* The call's credit, record and completion. Endpoint and server locked. */
HOT void fast_deliver(struct cpu *cpu, struct thread *thread, struct facet *facet,
                      struct receive *receive, struct thread *server,
                      const struct sqe *place, uint64_t head)
{
    uint32_t credit = receive_take_any(receive);
    struct call *call = call_take_own(thread);
    struct cqe *entry = ring_place(&server->queue);

    call->user_data = place->user_data;
    call->head = head;
    sync_store_pointer(&call->object, &facet->object);
    ring_promise_spare(&thread->queue);
    call_deliver(call, receive, credit);
    entry->user_data = receive->user_data;
    fast_set_head(entry, head);
    entry->call_id = sync_load64(&call->id);
    entry->tag = facet->tag;
    fast_words(entry, place);
    complete_publish_on(cpu, server);
}

HOT bool fast_call(struct cpu *cpu, struct thread *thread, const struct sqe *place,
                   const struct fast_entry *entry)
{
    struct object *object;
    struct endpoint *endpoint;
    struct receive *receive;
    bool done = false;

    if (!thread->free_calls || context_of(&thread->place)) {
        return false;
    }
    object = cap_lookup_rooted(&thread->process->caps, entry->cap);
    if (!object || object->type != &facet_type) {
        return false;
    }
    endpoint = facet_of(object)->endpoint;
    lock_acquire(&endpoint->lock);
    receive = fast_receive(endpoint);
    if (receive && fast_open(facet_of(object))) {
        struct thread *server = receive->thread;

        lock_acquire(&server->lock);
        if (sync_load(&server->state) != THREAD_ENDED &&
            object_try_get(object)) {
            fast_deliver(cpu, thread, facet_of(object), receive, server, place,
                         entry->head);
            done = true;
        }
        lock_release(&server->lock);
    }
    lock_release(&endpoint->lock);
    return done;
}

/*
 * The thread that called, if the receive and the call are as usual; NULL: the
 * general way. Endpoint locked, the call DELIVERED.
 */
HOT struct thread *fast_caller(const struct thread *thread,
                               const struct call *call)
{
    const struct receive *receive = sync_load_pointer(&call->receive);

    return receive && receive->thread == thread && !receive->ending &&
                   (call->head & RING_RINLINE << 8) && !call->node &&
                   !call->promise
               ? call->caller
               : NULL;
}

/* The call's credit, record and completion. Endpoint and caller locked. */
HOT void fast_complete(struct cpu *cpu, struct thread *thread, struct call *call,
                       struct thread *caller, const struct sqe *place)
{
    struct cqe *entry = ring_place(&caller->queue);

    receive_untake(sync_load_pointer(&call->receive), call->credit);
    ring_promise_spare(&thread->queue);
    list_remove(&call->facet_link);
    entry->user_data = call->user_data;
    fast_set_head(entry, (call->head & FAST_METHOD) | FAST_COMPLETION);
    fast_words(entry, place);
    call_put_back(call);
    complete_publish_on(cpu, caller);
}

HOT bool fast_return(struct cpu *cpu, struct thread *thread, const struct sqe *place,
                     uint64_t id)
{
    struct call *call = call_record(id);
    struct endpoint *endpoint = call ? call_lock_delivered(call, id) : NULL;
    struct thread *caller;
    struct object *object;
    bool done = false;

    if (!endpoint) {
        return false;
    }
    caller = endpoint_waiting(endpoint) ? NULL : fast_caller(thread, call);
    if (!caller) {
        lock_release(&endpoint->lock);
        return false;
    }
    object = sync_load_pointer(&call->object);
    lock_acquire(&caller->lock);
    if (sync_load(&caller->state) != THREAD_ENDED &&
        !sync_load_pointer(&caller->place.lent_to)) {
        fast_complete(cpu, thread, call, caller, place);
        done = true;
    }
    lock_release(&caller->lock);
    lock_release(&endpoint->lock);
    if (done) {
        object_put(object);
    }
    return done;
}

HOT bool fast_execute(struct cpu *cpu, struct thread *thread,
                      const struct sqe *place)
{
    const struct fast_entry entry = fast_read(place);

    if (!entry.result &&
        (entry.head & ~(uint64_t)FAST_METHOD) == FAST_CALL) {
        return fast_call(cpu, thread, place, &entry);
    }
    if (!entry.result && entry.head == FAST_RETURN) {
        return fast_return(cpu, thread, place, entry.cap);
    }
    switch ((uint8_t)entry.head) {
    case RING_PARK:
        return park_wait_short(thread, place, entry.head);
    case RING_UNPARK:
        return park_wake_short(thread, place, entry.head);
    default:
        return fast_memory(thread, place, (uint8_t)entry.head);
    }
}

bool fast_one(struct thread *thread, const struct sqe *place)
{
    return fast_execute(cpu_self(), thread, place);
}

/*
 * Lets the thread wait; false: not yet, or not any more. A corrupt index of the
 * program's looks like many completions.
 */
HOT bool fast_wait(struct cpu *cpu, struct thread *thread,
                   uint32_t min_complete)
{
    struct ring_queue *queue = &thread->queue;
    uint32_t head;
    bool waits;

    lock_acquire(&thread->lock);
    head = sync_load_shared(&queue->user->cq_head);
    waits = sync_load(&queue->cq_tail) - head < min_complete &&
            !sync_load64(&thread->attention);
    if (waits) {
        thread->wait_head = head;
        thread->wake_tail = head + min_complete;
        thread->timeout.deadline_ns = UINT64_MAX;
        run_wait(cpu);
    }
    lock_release(&thread->lock);
    return waits;
}

bool fast_enter(struct cpu *cpu, uint64_t min_complete)
{
    struct thread *thread = cpu->current;
    struct ring_queue *queue = &thread->queue;
    uint32_t head = queue->sq_head;
    uint32_t tail = sync_load_shared(&queue->user->sq_tail);

    if (tail - head - 1 >= queue->sq_entries ||
        min_complete - 1 >= queue->cq_entries ||
        sync_load64(&thread->attention)) {
        return false;
    }
    do {
        if (!ring_has_spare(queue) ||
            !fast_execute(cpu, thread,
                          &queue->sq[head & (queue->sq_entries - 1)])) {
            break;
        }
        head++;
    } while (head != tail && head - queue->sq_head < FAST_ENTRIES &&
             !sync_load64(&thread->attention));
    if (head == queue->sq_head) {
        return false;
    }
    hal_time_work(head - queue->sq_head);
    queue->sq_head = head;
    sync_store_shared(&queue->kernel->sq_head, head);
    if (head == tail && fast_wait(cpu, thread, (uint32_t)min_complete)) {
        run_settle(cpu);
    } else {
        ring_enter(thread, min_complete, TIMEOUT_NEVER);
        run_leave(cpu);
    }
    return true;
}
