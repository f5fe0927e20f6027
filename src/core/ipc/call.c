/* call.c - the life of call records. */
#include "ipc/call.h"

#include "fail.h"
#include "ipc/deliver.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
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
        list_push_back(&thread->free_calls, &records[i].link);
    }
}

struct call *call_begin(struct thread *thread, const struct sqe *sqe)
{
    struct list_node *node = list_pop_front(&thread->free_calls);
    struct call *call;
    uint32_t place;

    if (!node) {
        return NULL;
    }
    call = container_of(node, struct call, link);
    place = thread->slot << CALL_RECORD_BITS |
            (uint32_t)(call - thread->calls);
    call->id = (uint64_t)++thread->call_generation << 32 | place;
    call->user_data = sqe->user_data;
    call->result = sqe->result;
    call->result_len = sqe->result_len;
    call->method = sqe->method;
    call->flags = sqe->flags;
    for (uint32_t i = 0; i < 4; i++) {
        call->words[i] = sqe->words[i];
    }
    thread->queue.reserved++;
    if (hal_trace_enabled()) {
        hal_trace(TRACE_BEGIN, (uint32_t)thread->id, call->id, 0);
    }
    return call;
}

struct call *call_find(uint64_t id)
{
    uint32_t index = (uint32_t)id & CALL_RECORD_MASK;
    struct thread *thread = thread_at((uint32_t)id >> CALL_RECORD_BITS);
    struct call *call;

    if (!thread || index >= thread->call_count) {
        return NULL;
    }
    call = &thread->calls[index];
    return call->state != CALL_FREE && call->id == id ? call : NULL;
}

/* Drops what the record refers to and puts it back into the free list. */
static void call_free(struct call *call)
{
    struct object *held = call->state == CALL_KERNEL ? call->kernel.object
                                                     : &call->facet->object;
    struct object *server = call->state == CALL_DELIVERED
                                ? &call->server->object
                                : NULL;

    ASSERT(!list_linked(&call->link));
    call->state = CALL_FREE;
    list_push_back(&call->caller->free_calls, &call->link);
    if (server) {
        object_put(server);
    }
    if (held) {
        object_put(held);
    }
}

void call_complete(struct call *call, struct cqe *entry)
{
    struct thread *caller = call->caller;

    entry->user_data = call->user_data;
    entry->kind = RING_CQE_COMPLETION;
    entry->method = call->method;
    if (hal_trace_enabled()) {
        hal_trace(TRACE_RETURN, (uint32_t)caller->id, call->id,
                  (uint64_t)(int64_t)entry->result);
    }
    call_free(call);
    complete_later(caller, entry);
}

void call_fail(struct call *call, int32_t error)
{
    struct cqe entry = {.result = error};

    call_complete(call, &entry);
}

static void call_unqueue(struct call *call)
{
    struct facet *facet = call->facet;

    lock_acquire(&facet->endpoint->lock);
    list_remove(&call->link);
    facet->queued--;
    if (list_empty(&facet->queue)) {
        list_remove(&facet->ready_link);
    }
    lock_release(&facet->endpoint->lock);
}

void call_withdraw(struct call *call)
{
    switch (call->state) {
    case CALL_QUEUED:
        call_unqueue(call);
        break;
    case CALL_DELIVERED:
        deliver_forget(call);
        break;
    case CALL_KERNEL:
        list_remove(&call->link);
        timer_stop(&call->kernel.timer);
        break;
    default:
        ASSERT(call->state != CALL_FREE);
    }
}

void call_cancel(struct call *call, int32_t error)
{
    struct endpoint *endpoint =
        call->state == CALL_QUEUED ? call->facet->endpoint : NULL;

    if (endpoint) {
        object_get(&endpoint->object);
    }
    call_withdraw(call);
    call_fail(call, error);
    if (endpoint) {
        deliver_waiting(endpoint);
        object_put(&endpoint->object);
    }
}
