/* call.c - the life of call records. */
#include "ipc/call.h"

#include "cap/node.h"
#include "check/inject.h"
#include "fail.h"
#include "ipc/deliver.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "ipc/promise.h"
#include "ipc/record.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "ring/complete.h"

void call_records_init(struct thread *thread, struct call *records,
                       uint32_t count)
{
    thread->calls = records;
    thread->call_count = count;
    thread->freed_calls = NULL;
    for (uint32_t i = 0; i < count; i++) {
        records[i].caller = thread;
        records[i].next = i + 1 < count ? &records[i + 1] : NULL;
        list_node_init(&records[i].link);
        list_node_init(&records[i].facet_link);
        list_node_init(&records[i].node_link);
    }
    thread->free_calls = records;
}

void call_records_place(struct thread *thread)
{
    for (uint32_t i = 0; i < thread->call_count; i++) {
        thread->calls[i].place = thread->slot << CALL_RECORD_BITS | i;
    }
}

bool call_collect(struct thread *thread)
{
    lock_acquire(&thread->lock);
    thread->free_calls = thread->freed_calls;
    thread->freed_calls = NULL;
    lock_release(&thread->lock);
    return thread->free_calls != NULL;
}

struct call *call_reserve(struct thread *thread, const struct sqe *sqe)
{
    struct call *call;

    if (inject_refuses_alone(INJECT_SLOT)) {
        return NULL;
    }
    call = call_take_free(thread);
    if (!call) {
        return NULL;
    }
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

void call_abandon(struct call *call)
{
    struct thread *caller = call->caller;

    call->promise = NULL;
    lock_acquire(&caller->lock);
    call_put_back(call);
    ring_keep(&caller->queue, 1);
    lock_release(&caller->lock);
}

/* --------------------------------------------------------------- claiming */

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

bool call_held_by(const struct call *call, const struct thread *server)
{
    const struct receive *receive = sync_load_pointer(&call->receive);

    return sync_load(&call->state) == CALL_DELIVERED && receive &&
           receive->thread == server;
}

struct call *call_claim(const struct process *server, uint64_t id)
{
    struct call *call = call_record(id);
    struct endpoint *endpoint =
        call ? call_lock_held(call, id, server) : NULL;

    if (!endpoint) {
        return NULL;
    }
    sync_store(&call->state, CALL_RETURNING);
    lock_release(&endpoint->lock);
    return call;
}

void call_end_held(const struct process *server, uint64_t id, int32_t error)
{
    struct call *call = call_record(id);
    struct endpoint *endpoint =
        call ? call_lock_held(call, id, server) : NULL;

    if (endpoint) {
        call_take_delivered(call);
        lock_release(&endpoint->lock);
        call_fail(call, error);
    }
}

bool call_source_of(const struct process *server, uint64_t id,
                    struct call_source *out)
{
    struct call *call = call_record(id);
    struct endpoint *endpoint =
        call ? call_lock_held(call, id, server) : NULL;

    if (!endpoint) {
        return false;
    }
    out->session_id = call->caller->process->session_id;
    out->endpoint_id = endpoint->object.id;
    lock_release(&endpoint->lock);
    return true;
}

void call_unlist_orphan(struct call *call)
{
    lock_acquire(&call->server->orphans_lock);
    list_remove(&call->link);
    lock_release(&call->server->orphans_lock);
}

void call_unclaim(struct call *call)
{
    sync_store(&call->state, CALL_DELIVERED);
}

void call_orphan(uint64_t id, const struct receive *receive)
{
    struct call *call = call_record(id);
    uint32_t state;

    if (!call) {
        return;
    }
    state = sync_load(&call->state); /* before the id: it is of that id then */
    if ((state != CALL_DELIVERED && state != CALL_RETURNING) ||
        sync_load64(&call->id) != id ||
        sync_load_pointer(&call->receive) != receive) {
        return;
    }
    sync_store_pointer(&call->receive, NULL);
    lock_acquire(&call->server->orphans_lock);
    list_push_back(&call->server->orphans, &call->link);
    lock_release(&call->server->orphans_lock);
}

bool call_end_orphan(struct process *server, int32_t error)
{
    struct call *call = NULL;
    struct list_node *first;
    uint64_t id = 0;

    lock_acquire(&server->orphans_lock);
    first = list_first(&server->orphans);
    if (first) {
        call = container_of(first, struct call, link);
        id = sync_load64(&call->id);
    }
    lock_release(&server->orphans_lock);
    if (call) {
        (void)call_cancel(call, id, error);
    }
    return call != NULL;
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
    uint64_t id = sync_load64(&call->id);
    bool lends;
    bool due;

    entry->user_data = call->user_data;
    entry->kind = RING_CQE_COMPLETION;
    entry->method = call->method;
    if (hal_trace_enabled()) {
        hal_trace(TRACE_RETURN, (uint32_t)caller->id, sync_load64(&call->id),
                  (uint64_t)(int64_t)entry->result);
    }
    ASSERT(!list_linked(&call->link) && !list_linked(&call->facet_link));
    if (sync_load_pointer(&caller->place.lent_to)) {
        context_call_ended(caller, id);
    }
    if (node) {
        lock_acquire(&node->lock);
        call_leave_node(call);
    }
    lock_acquire(&caller->lock);
    due = call->promise && promise_settle(caller, call->promise, entry);
    call->promise = NULL;
    call_put_back(call);
    lends = sync_load_pointer(&caller->place.lent_to) != NULL;
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
    if (lends) {
        context_call_ended(caller, id); /* it began to just before */
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

/*
 * Takes a call of that id out that is QUEUED, *waited being its endpoint then, with
 * a reference, or DELIVERED: the server's RETURN will find it gone. False: it is
 * neither.
 */
static bool call_unstand(struct call *call, uint64_t id,
                         struct endpoint **waited)
{
    struct endpoint *endpoint = call_lock(call, id);

    if (!endpoint) {
        return false;
    }
    if (sync_load(&call->state) == CALL_QUEUED) {
        object_get(&endpoint->object); /* while its facet lives */
        facet_unqueue(call_facet(call), call);
        *waited = endpoint;
    } else {
        call_take_delivered(call);
    }
    lock_release(&endpoint->lock);
    return true;
}

/* Takes one out that waits for a kernel object. False: it is not that one. */
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

/* Takes the call out; *waited: its endpoint if it was queued there. */
static bool call_withdraw(struct call *call, uint64_t id,
                          struct endpoint **waited)
{
    while (sync_load64(&call->id) == id) {
        uint32_t state = sync_load(&call->state);

        if (state == CALL_QUEUED || state == CALL_DELIVERED) {
            if (call_unstand(call, id, waited)) {
                return true;
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
