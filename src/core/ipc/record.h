/*
 * record.h - call records: found by their ids, taken, delivered, given back.
 *
 * What every call passes through, inline. Free records that were given back are
 * under the lock of their thread, which whoever completes a call has anyway. The
 * thread takes them over all at once when it has none of its own left, and those
 * need no lock.
 */
#ifndef CAPOS_CORE_IPC_RECORD_H
#define CAPOS_CORE_IPC_RECORD_H

#include "hot.h"
#include "ipc/call.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"
#include "ipc/receive.h"
#include "proc/process.h"
#include "proc/thread.h"

/* The first of the current thread's own free records, with a new id. */
HOT struct call *call_take_own(struct thread *thread)
{
    struct call *call = thread->free_calls;

    thread->free_calls = call->next;
    sync_store64(&call->id, (uint64_t)++thread->call_generation << 32 |
                                call->place);
    return call;
}

/* The same, or one that was given back; NULL: all are in use. */
static inline struct call *call_take_free(struct thread *thread)
{
    return thread->free_calls || call_collect(thread) ? call_take_own(thread)
                                                      : NULL;
}

/* Gives back a record, which is in no list. Its thread is locked. */
HOT void call_put_back(struct call *call)
{
    struct thread *caller = call->caller;

    sync_store(&call->state, CALL_FREE);
    call->next = caller->freed_calls;
    caller->freed_calls = call;
}

/* The facet of a call that is QUEUED or DELIVERED, or was until now. */
HOT struct facet *call_facet(const struct call *call)
{
    return facet_of(sync_load_pointer(&call->object));
}

/* The record that an id means, whatever it is used for now; NULL: none. */
HOT struct call *call_record(uint64_t id)
{
    uint32_t index = (uint32_t)id & CALL_RECORD_MASK;
    struct thread *thread = thread_at((uint32_t)id >> CALL_RECORD_BITS);

    return thread && index < thread->call_count ? &thread->calls[index] : NULL;
}

/* True if a call stands in its facet, or did when this was looked at. */
static inline bool call_stands(const struct call *call)
{
    uint32_t state = sync_load(&call->state);

    return state == CALL_QUEUED || state == CALL_DELIVERED;
}

/*
 * The endpoint where the call of that id stands, QUEUED or in a server's hands,
 * locked; NULL, nothing locked: it stands in none. The record may be another
 * call's by now, but some call stood there since this CPU came into the kernel: so
 * what the record points to is readable, and the lock tells.
 */
static inline struct endpoint *call_lock(struct call *call, uint64_t id)
{
    struct endpoint *endpoint;
    struct object *object;

    if (!call_stands(call)) {
        return NULL;
    }
    object = sync_load_pointer(&call->object);
    if (!object || object->type != &facet_type) {
        return NULL;
    }
    endpoint = facet_of(object)->endpoint;
    lock_acquire(&endpoint->lock);
    if (sync_load_pointer(&call->object) == object &&
        sync_load64(&call->id) == id && call_stands(call)) {
        return endpoint;
    }
    lock_release(&endpoint->lock);
    return NULL;
}

/*
 * The same for one that is in a server's hands. Only such a call, or one that is
 * queued, is in that state with a facet, and only under this lock.
 */
HOT struct endpoint *call_lock_delivered(struct call *call, uint64_t id)
{
    struct endpoint *endpoint;
    struct object *object;

    if (sync_load(&call->state) != CALL_DELIVERED) {
        return NULL;
    }
    object = sync_load_pointer(&call->object);
    if (!object || object->type != &facet_type) {
        return NULL;
    }
    endpoint = facet_of(object)->endpoint;
    lock_acquire(&endpoint->lock);
    if (sync_load_pointer(&call->object) == object &&
        sync_load64(&call->id) == id &&
        sync_load(&call->state) == CALL_DELIVERED) {
        return endpoint;
    }
    lock_release(&endpoint->lock);
    return NULL;
}

/* As call_lock, for one that the process holds. */
static inline struct endpoint *call_lock_held(struct call *call, uint64_t id,
                                       const struct process *server)
{
    struct endpoint *endpoint = call_lock(call, id);

    if (endpoint && (sync_load(&call->state) != CALL_DELIVERED ||
                     call->server != server)) {
        lock_release(&endpoint->lock);
        endpoint = NULL;
    }
    return endpoint;
}

/*
 * Takes a call that is DELIVERED, or RETURNING if the caller claimed it, from its
 * server: it is the caller's to complete. Endpoint locked.
 */
static inline void call_take_delivered(struct call *call)
{
    list_remove(&call->facet_link);
    if (!sync_load_pointer(&call->receive)) {
        call_unlist_orphan(call);
    }
    sync_store(&call->state, CALL_ENDING);
}

/*
 * Puts a call, which is in no list, into the hands of the receive's process; the
 * credit was taken for it. Endpoint locked.
 */
HOT void call_deliver(struct call *call, struct receive *receive,
                      uint32_t credit)
{
    struct facet *facet = call_facet(call);

    receive->calls[credit] = sync_load64(&call->id);
    list_push_back(&facet->delivered, &call->facet_link);
    facet->endpoint->last = facet;
    facet->spent |= facet->one_shot;
    call->credit = credit;
    sync_store_pointer(&call->receive, receive);
    call->server = receive->thread->process;
    sync_store(&call->state, CALL_DELIVERED);
}

#endif
