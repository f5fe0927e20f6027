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
#include "ipc/call.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "ipc/receive.h"
#include "ipc/record.h"
#include "proc/process.h"
#include "ring/complete.h"
#include "ring/enter.h"
#include "sched/run.h"
#include "start.h"

/* What is decided by: read once, before anything is. */
struct fast_entry {
    uint64_t head; /* opcode to result_len */
    uint64_t cap;
    uint64_t result;
};

static inline struct fast_entry fast_read(const struct sqe *place)
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
static inline void fast_set_head(struct cqe *entry, uint64_t head)
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

static inline void fast_words(struct cqe *to, const struct sqe *from)
{
    for (uint32_t i = 0; i < 4; i++) {
        to->words[i] = from->words[i];
    }
}

/* Calls on the facet go to a receive at once, for all that it knows. Locked. */
static inline bool fast_open(const struct facet *facet)
{
    return !facet->closed && !facet->one_shot &&
           sync_load(&facet->object.holders) &&
           !endpoint_waiting(facet->endpoint);
}

/* The receive that a call is offered first, if it takes it now; NULL. Locked. */
static inline struct receive *fast_receive(const struct endpoint *endpoint)
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
static inline void fast_deliver(struct thread *thread, struct facet *facet,
                                struct receive *receive,
                                const struct sqe *place, uint64_t head)
{
    uint32_t credit = receive_take_any(receive);
    struct call *call = call_take_own(thread);
    struct cqe *entry = ring_place(&receive->thread->queue);

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
    complete_publish(receive->thread);
}

static inline __attribute__((always_inline)) bool
fast_call(struct thread *thread, const struct sqe *place,
          const struct fast_entry *entry)
{
    struct revocation_node *node;
    struct object *object;
    struct endpoint *endpoint;
    struct receive *receive;
    bool done = false;

    if (!thread->free_calls || context_of(&thread->place)) {
        return false;
    }
    object = cap_lookup_through(&thread->process->caps, entry->cap, &node);
    if (!object || object->type != &facet_type || node != &revocation_root) {
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
            fast_deliver(thread, facet_of(object), receive, place,
                         entry->head);
            done = true;
        }
        lock_release(&server->lock);
    }
    lock_release(&endpoint->lock);
    return done;
}

/* The call is one that this thread returns in the usual way. Endpoint locked. */
static inline bool fast_returns(const struct thread *thread,
                                const struct call *call)
{
    const struct receive *receive = sync_load_pointer(&call->receive);

    return sync_load(&call->state) == CALL_DELIVERED && receive &&
           receive->thread == thread && !receive->ending &&
           (call->flags & RING_RINLINE) && !call->node && !call->promise &&
           !endpoint_waiting(call_facet(call)->endpoint);
}

/* The call's credit, record and completion. Endpoint and caller locked. */
static inline void fast_complete(struct thread *thread, struct call *call,
                                 const struct sqe *place)
{
    struct cqe *entry = ring_place(&call->caller->queue);

    receive_untake(sync_load_pointer(&call->receive), call->credit);
    ring_promise_spare(&thread->queue);
    list_remove(&call->facet_link);
    entry->user_data = call->user_data;
    fast_set_head(entry, (call->head & FAST_METHOD) | FAST_COMPLETION);
    fast_words(entry, place);
    call_put_back(call);
    complete_publish(call->caller);
}

static inline __attribute__((always_inline)) bool
fast_return(struct thread *thread, const struct sqe *place, uint64_t id)
{
    struct endpoint *endpoint;
    struct object *object;
    struct thread *caller;
    struct call *call;
    bool done = false;

    call = call_record(id);
    endpoint = call ? call_lock(call, id) : NULL;
    if (!endpoint) {
        return false;
    }
    caller = call->caller;
    object = sync_load_pointer(&call->object);
    lock_acquire(&caller->lock);
    if (sync_load(&caller->state) != THREAD_ENDED &&
        !sync_load_pointer(&caller->place.lent_to) &&
        fast_returns(thread, call)) {
        fast_complete(thread, call, place);
        done = true;
    }
    lock_release(&caller->lock);
    lock_release(&endpoint->lock);
    if (done) {
        object_put(object);
    }
    return done;
}

static inline __attribute__((always_inline)) bool
fast_execute(struct thread *thread, const struct sqe *place)
{
    const struct fast_entry entry = fast_read(place);

    if (entry.result) {
        return false;
    }
    if ((entry.head & ~(uint64_t)FAST_METHOD) == FAST_CALL) {
        return fast_call(thread, place, &entry);
    }
    return entry.head == FAST_RETURN && fast_return(thread, place, entry.cap);
}

bool fast_one(struct thread *thread, const struct sqe *place)
{
    return fast_execute(thread, place);
}

/* Lets the thread wait; false: not yet, or not any more. */
static inline bool fast_wait(struct cpu *cpu, struct thread *thread,
                             uint32_t min_complete)
{
    struct ring_queue *queue = &thread->queue;
    uint32_t available;
    bool waits;

    lock_acquire(&thread->lock);
    available = ring_available(queue);
    waits = available < min_complete && !sync_load64(&thread->attention) &&
            !sync_load(&queue->corrupt) &&
            sync_load(&thread->state) != THREAD_ENDED;
    if (waits) {
        thread->wake_tail =
            sync_load(&queue->cq_tail) - available + min_complete;
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

    if (sync_load_shared(&queue->user->sq_tail) - head != 1 ||
        min_complete - 1 >= queue->cq_entries ||
        sync_load64(&thread->attention) || !ring_sound(queue) ||
        !ring_has_spare(queue) ||
        !fast_execute(thread, &queue->sq[head & (queue->sq_entries - 1)])) {
        return false;
    }
    queue->sq_head = head + 1;
    sync_store_shared(&queue->kernel->sq_head, head + 1);
    hal_time_work(1);
    if (!fast_wait(cpu, thread, (uint32_t)min_complete)) {
        ring_enter(thread, min_complete, TIMEOUT_NEVER);
    }
    return true;
}
