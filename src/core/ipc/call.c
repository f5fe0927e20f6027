/* call.c - the life of call records. */
#include "ipc/call.h"

#include "cap/node.h"
#include "fail.h"
#include "ipc/deliver.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "ipc/promise.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "ring/complete.h"

#define CALL_RECORD_MASK ((1u << CALL_RECORD_BITS) - 1)

void call_records_init(struct thread *thread, struct call *records,
                       uint32_t count)
{
    thread->calls = records;
    thread->call_count = count;
    list_init(&thread->free_calls);
    for (uint32_t i = 0; i < count; i++) {
        records[i].caller = thread;
        list_node_init(&records[i].link);
        list_node_init(&records[i].facet_link);
        list_node_init(&records[i].node_link);
        list_push_back(&thread->free_calls, &records[i].link);
    }
}

struct call *call_reserve(struct thread *thread, const struct sqe *sqe)
{
    struct list_node *node;
    struct call *call;
    uint32_t place;

    lock_acquire(&thread->lock);
    node = list_pop_front(&thread->free_calls);
    lock_release(&thread->lock);
    if (!node) {
        return NULL;
    }
    call = container_of(node, struct call, link);
    place = thread->slot << CALL_RECORD_BITS |
            (uint32_t)(call - thread->calls);
    sync_store64(&call->id,
                 (uint64_t)++thread->call_generation << 32 | place);
    sync_store(&call->state, CALL_ENDING);
    call->user_data = sqe->user_data;
    call->result = sqe->result;
    call->result_len = sqe->result_len;
    call->method = sqe->method;
    call->flags = sqe->flags;
    for (uint32_t i = 0; i < 4; i++) {
        call->words[i] = sqe->words[i];
    }
    call->promise = thread->promising;
    thread->promising = NULL;
    ring_promise(&thread->queue, 1);
    return call;
}

struct call *call_begin(struct thread *thread, const struct sqe *sqe)
{
    struct call *call = call_reserve(thread, sqe);

    if (call && hal_trace_enabled()) {
        hal_trace(TRACE_BEGIN, (uint32_t)thread->id, sync_load64(&call->id),
                  0);
    }
    return call;
}

void call_put_back(struct call *call)
{
    sync_store(&call->state, CALL_FREE);
    list_push_back(&call->caller->free_calls, &call->link);
}

void call_abandon(struct call *call)
{
    struct thread *caller = call->caller;

    lock_acquire(&caller->lock);
    call_put_back(call);
    ring_keep(&caller->queue, 1);
    lock_release(&caller->lock);
}

struct facet *call_facet(const struct call *call)
{
    return facet_of(sync_load_pointer(&call->object));
}

/* --------------------------------------------------------------- claiming */

/* The record that an id means, whatever it is used for now; NULL: none. */
static struct call *call_record(uint64_t id)
{
    uint32_t index = (uint32_t)id & CALL_RECORD_MASK;
    struct thread *thread = thread_at((uint32_t)id >> CALL_RECORD_BITS);

    return thread && index < thread->call_count ? &thread->calls[index] : NULL;
}

/* Takes the call out of its list; the list's lock held. */
static void call_take(struct call *call)
{
    list_remove(&call->link);
    sync_store(&call->state, CALL_ENDING);
}

struct call *call_take_first(struct list *calls)
{
    struct list_node *first = list_first(calls);
    struct call *call = NULL;

    if (first) {
        call = container_of(first, struct call, link);
        call_take(call);
    }
    return call;
}

/* A call in that process's list is DELIVERED, and stays as the lock is held. */
static bool call_served_by(const struct call *call,
                           const struct process *server)
{
    return sync_load(&call->state) == CALL_DELIVERED &&
           sync_load_pointer(&call->server) == server;
}

struct call *call_claim(struct process *server, uint64_t id)
{
    struct call *call = call_record(id);

    if (!call) {
        return NULL;
    }
    lock_acquire(&server->served_lock);
    if (call_served_by(call, server) && sync_load64(&call->id) == id) {
        call_take(call);
    } else {
        call = NULL;
    }
    lock_release(&server->served_lock);
    return call;
}

bool call_source_of(struct process *server, uint64_t id,
                    struct call_source *out)
{
    struct call *call = call_record(id);
    bool held = false;

    if (!call) {
        return false;
    }
    lock_acquire(&server->served_lock);
    if (call_served_by(call, server) && sync_load64(&call->id) == id) {
        out->session_id = call->caller->process->session_id;
        out->endpoint_id = call_facet(call)->endpoint->object.id;
        held = true;
    }
    lock_release(&server->served_lock);
    return held;
}

struct call *call_claim_first(struct process *server)
{
    struct call *call;

    lock_acquire(&server->served_lock);
    call = call_take_first(&server->delivered);
    lock_release(&server->served_lock);
    return call;
}

/* Claims a DELIVERED call if it has that id. */
static bool call_claim_id(struct call *call, uint64_t id)
{
    struct process *server = sync_load_pointer(&call->server);
    bool claimed;

    lock_acquire(&server->served_lock);
    claimed = call_served_by(call, server) && sync_load64(&call->id) == id;
    if (claimed) {
        call_take(call);
    }
    lock_release(&server->served_lock);
    return claimed;
}

bool call_claim_this(struct call *call)
{
    return call_claim_id(call, sync_load64(&call->id));
}

void call_unclaim(struct call *call)
{
    struct process *server = sync_load_pointer(&call->server);

    lock_acquire(&server->served_lock);
    list_push_back(&server->delivered, &call->link);
    sync_store(&call->state, CALL_DELIVERED);
    lock_release(&server->served_lock);
}

void call_leave_facet(struct call *call)
{
    struct endpoint *endpoint = call_facet(call)->endpoint;

    lock_acquire(&endpoint->lock);
    list_remove(&call->facet_link);
    lock_release(&endpoint->lock);
}

/* ------------------------------------------------------------- completing */

/* Takes the call out of its node's list, both being locked. */
static void call_leave_node(struct call *call)
{
    list_remove(&call->node_link);
    call->node = NULL;
}

void call_complete(struct call *call, struct cqe *entry)
{
    struct thread *caller = call->caller;
    struct object *object = sync_load_pointer(&call->object);
    struct revocation_node *node = call->node;
    bool due;

    entry->user_data = call->user_data;
    entry->kind = RING_CQE_COMPLETION;
    entry->method = call->method;
    if (hal_trace_enabled()) {
        hal_trace(TRACE_RETURN, (uint32_t)caller->id, sync_load64(&call->id),
                  (uint64_t)(int64_t)entry->result);
    }
    ASSERT(!list_linked(&call->link) && !list_linked(&call->facet_link));
    if (node) {
        lock_acquire(&node->lock);
        call_leave_node(call);
    }
    lock_acquire(&caller->lock);
    due = call->promise && promise_settle(caller, call->promise, entry);
    call_put_back(call);
    if (sync_load(&caller->state) != THREAD_ENDED) {
        complete_locked(caller, entry);
        if (due) {
            promise_wake(caller);
        }
    }
    lock_release(&caller->lock);
    if (node) {
        lock_release(&node->lock);
        object_put(&node->object);
    }
    if (object) {
        object_put(object);
    }
}

void call_fail(struct call *call, int32_t error)
{
    struct cqe entry = {.result = error};

    call_complete(call, &entry);
}

/* ------------------------------------------------------------- cancelling */

/* The facet that the call stands in, or stood in a moment ago; NULL: none. */
static struct facet *call_queue_of(const struct call *call)
{
    struct object *object = sync_load_pointer(&call->object);

    return object && object->type == &facet_type ? facet_of(object) : NULL;
}

/*
 * Takes a QUEUED call of that id out; *waited is its endpoint, with a reference.
 * False: it is that no longer.
 */
static bool call_unqueue(struct call *call, uint64_t id,
                         struct endpoint **waited)
{
    struct facet *facet = call_queue_of(call);
    struct endpoint *endpoint;
    bool queued;

    if (!facet) {
        return false;
    }
    endpoint = facet->endpoint;
    lock_acquire(&endpoint->lock);
    queued = sync_load(&call->state) == CALL_QUEUED &&
             call_queue_of(call) == facet && sync_load64(&call->id) == id;
    if (queued) {
        object_get(&endpoint->object); /* while its facet lives */
        facet_unqueue(facet, call);
        *waited = endpoint;
    }
    lock_release(&endpoint->lock);
    return queued;
}

/* The same for one that waits for a kernel object. */
static bool call_unwait(struct call *call, uint64_t id)
{
    struct lock *lock = sync_load_pointer(&call->lock);
    bool waited;

    if (!lock) {
        return timer_stop_of(&call->timer, &call->id, id);
    }
    lock_acquire(lock);
    waited = sync_load(&call->state) == CALL_KERNEL &&
             sync_load_pointer(&call->lock) == lock &&
             sync_load64(&call->id) == id;
    if (waited) {
        call_take(call);
    }
    lock_release(lock);
    return waited;
}

/*
 * Takes the call out; *waited: its endpoint if it was queued there. What a record
 * points to may be another call's by now, but it is readable as long as this CPU
 * is in the kernel, and its lock tells.
 */
static bool call_withdraw(struct call *call, uint64_t id,
                          struct endpoint **waited)
{
    while (sync_load64(&call->id) == id) {
        uint32_t state = sync_load(&call->state);

        if (state == CALL_QUEUED) {
            if (call_unqueue(call, id, waited)) {
                return true;
            }
        } else if (state == CALL_DELIVERED) {
            if (call_claim_id(call, id)) {
                call_leave_facet(call);
                return true; /* the server's RETURN will find it gone */
            }
        } else if (state == CALL_KERNEL) {
            return call_unwait(call, id);
        } else {
            return false;
        }
    }
    return false;
}

bool call_cancel(struct call *call, uint64_t id, int32_t error)
{
    struct endpoint *waited = NULL;

    if (sync_load(&call->state) == CALL_PROMISED) {
        return promise_cancel(call, error);
    }
    if (!call_withdraw(call, id, &waited)) {
        return false;
    }
    call_fail(call, error);
    if (waited) {
        deliver_waiting(waited);
        object_put(&waited->object);
    }
    return true;
}
