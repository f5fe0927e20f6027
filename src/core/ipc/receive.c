/* receive.c - arming, credits, and the end of receives. */
#include "ipc/receive.h"

#include "cap/table.h"
#include "check/inject.h"
#include "fail.h"
#include "ipc/call.h"
#include "ipc/deliver.h"
#include "ipc/endpoint.h"
#include "ipc/receive_revoke.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "ring/complete.h"

void receive_records_init(struct thread *thread)
{
    for (uint32_t i = 0; i < RECV_RECORDS; i++) {
        list_node_init(&thread->receives[i].link);
        list_node_init(&thread->receives[i].node_link);
        thread->receives[i].thread = thread;
    }
}

static struct receive *receive_free_record(struct thread *thread)
{
    if (inject_refuses_alone(INJECT_SLOT)) {
        return NULL;
    }
    for (uint32_t i = 0; i < RECV_RECORDS; i++) {
        if (!sync_load_pointer(&thread->receives[i].endpoint)) {
            return &thread->receives[i];
        }
    }
    return NULL;
}

/* What the entry asks, checked: an error, or 0. */
static int32_t receive_check(const struct thread *thread,
                             const struct sqe *sqe)
{
    uint64_t bytes = (uint64_t)sqe->recv.slot_bytes * sqe->recv.slots;

    if (sqe->flags || sqe->method || sqe->result || sqe->result_len ||
        sqe->recv.reserved0 || sqe->recv.reserved1) {
        return FAIL(ERR_BAD_FLAGS, "reserved field of RECV set");
    }
    if (!sqe->recv.credits || sqe->recv.credits > RECV_CREDITS_MAX ||
        sqe->recv.slots > sqe->recv.credits ||
        sqe->recv.slot_bytes > MESSAGE_BYTES_MAX) {
        return FAIL(ERR_TOO_LARGE, "credits or slots out of range");
    }
    if (sqe->recv.slots && (sqe->recv.slot_bytes <= RING_SLOT_HEADER_BYTES ||
                            sqe->recv.slot_bytes % 8 || sqe->recv.area % 8)) {
        return FAIL(ERR_BAD_BUFFER, "slots too small or not aligned");
    }
    if (sqe->recv.area + bytes < sqe->recv.area) {
        return FAIL(ERR_BAD_BUFFER, "slots wrap around");
    }
    if (ring_room((struct ring_queue *)&thread->queue) <
        sqe->recv.credits + 1) {
        return FAIL(ERR_OVERLOADED, "completion queue too small for credits");
    }
    return 0;
}

/*
 * Makes the record one of the endpoint's, whose reference goes over to it; or
 * ERR_DISCONNECTED, ERR_BAD_CAPABILITY.
 */
static int32_t receive_open(struct receive *receive,
                            struct endpoint *endpoint,
                            struct revocation_node *node,
                            const struct sqe *sqe)
{
    int32_t error = 0;

    receive->user_data = sqe->user_data;
    receive->area = sqe->recv.area;
    receive->slot_bytes = sqe->recv.slot_bytes;
    receive->slots = sqe->recv.slots;
    receive->free = receive_mask(sqe->recv.credits);
    receive->busy = 0;
    sync_store64(&receive->returned, 0);
    receive->ending = false;
    receive->settled = false;
    lock_acquire(&endpoint->lock);
    if (endpoint->closed) {
        error = FAIL(ERR_DISCONNECTED, "the endpoint is closed");
    } else if (node != &revocation_root) {
        error = node_add_receive(node, receive);
    }
    if (!error) {
        ring_promise(&receive->thread->queue, sqe->recv.credits + 1);
        sync_store_pointer(&receive->endpoint, endpoint);
        list_push_back(&endpoint->receives, &receive->link);
    }
    lock_release(&endpoint->lock);
    return error;
}

void receive_arm(struct thread *thread, const struct sqe *sqe)
{
    struct revocation_node *node = &revocation_root;
    struct object *object =
        cap_get_through(&thread->process->caps, sqe->cap, &node);
    struct receive *receive = receive_free_record(thread);
    int32_t error = receive_check(thread, sqe);

    if (!object || object->type != &endpoint_type) {
        error = FAIL(ERR_BAD_CAPABILITY, "RECV needs an endpoint's owner end");
    } else if (!error && !receive) {
        error = FAIL(ERR_OVERLOADED, "all receive records in use");
    }
    if (!error) {
        error = receive_open(receive, endpoint_of(object), node, sqe);
    }
    if (error) {
        complete_now(thread, sqe->user_data, error);
        if (object) {
            object_put(object);
        }
        return;
    }
    deliver_waiting(endpoint_of(object));
}

/* The record is free for another RECV; its endpoint may end. */
void receive_settle(struct receive *receive)
{
    struct endpoint *endpoint = sync_load_pointer(&receive->endpoint);

    ASSERT(!list_linked(&receive->link));
    if (sync_load_pointer(&receive->node)) {
        receive_leave_node(receive);
    }
    sync_store_pointer(&receive->endpoint, NULL);
    object_put(&endpoint->object);
}

/*
 * Turns the credit into one that may be used, with a promised place in its
 * owner's ring; false: nobody may promise now, so that the owner has to. Only
 * the owner promises while it runs; but one that waits in the gate must not
 * sleep through a credit that a waiting call could use.
 */
static bool receive_promise(struct receive *receive, struct thread *current)
{
    struct thread *owner = receive->thread;
    bool waits;

    if (owner == current) {
        ring_promise(&owner->queue, 1);
        return true;
    }
    lock_acquire(&owner->lock);
    waits = sync_load(&owner->state) == THREAD_WAITING &&
            ring_room(&owner->queue);
    if (waits) {
        ring_promise(&owner->queue, 1);
    } else {
        (void)sync_or64(&owner->attention, THREAD_RETURNED);
    }
    lock_release(&owner->lock);
    return waits;
}

/* Nothing of a receive is in use any more; true once. */
static bool receive_settles(struct receive *receive)
{
    if (!receive->ending || receive->busy || receive->settled) {
        return false;
    }
    receive->settled = true;
    return true;
}

bool receive_give(struct receive *receive, uint32_t credit,
                  struct thread *current)
{
    uint64_t bit = 1ull << credit;

    if (receive->ending) {
        receive->busy &= ~bit;
        return receive_settles(receive);
    }
    /* Left behind before the owner is told, or it would look too early. */
    (void)sync_or64(&receive->returned, bit);
    if (receive_promise(receive, current)) {
        (void)sync_and64(&receive->returned, ~bit);
        receive_untake(receive, credit);
    }
    return false;
}

/* Collects what fits into the ring; true if all did. */
static bool receive_collect_one(struct receive *receive,
                                struct endpoint *endpoint)
{
    struct thread *thread = receive->thread;
    uint64_t bits = 0;

    lock_acquire(&endpoint->lock);
    if (!receive->ending) {
        bits = sync_load64(&receive->returned);
    }
    while (bits && ring_room(&thread->queue)) {
        uint64_t bit = bits & -bits;

        (void)sync_and64(&receive->returned, ~bit);
        ring_promise(&thread->queue, 1);
        receive->busy &= ~bit;
        receive->free |= bit;
        bits &= ~bit;
    }
    lock_release(&endpoint->lock);
    return bits == 0;
}

void receive_collect(struct thread *thread)
{
    (void)sync_and64(&thread->attention,
                     ~(uint64_t)(THREAD_RETURNED | THREAD_UNCOLLECTED));
    for (uint32_t i = 0; i < RECV_RECORDS; i++) {
        struct receive *receive = &thread->receives[i];
        struct endpoint *endpoint = sync_load_pointer(&receive->endpoint);

        if (!endpoint || !sync_load64(&receive->returned)) {
            continue;
        }
        if (!receive_collect_one(receive, endpoint)) {
            (void)sync_or64(&thread->attention, THREAD_UNCOLLECTED);
        }
        deliver_waiting(endpoint);
    }
}

/*
 * Gives back the credit that remembers the call, if one does. One that is on its
 * way to the owner has been given back already. *settled: as receive_give.
 */
static bool receive_give_back(struct receive *receive, uint64_t call_id,
                              struct thread *current, bool *settled)
{
    uint64_t bits = receive->busy & ~sync_load64(&receive->returned);

    for (; bits; bits &= bits - 1) {
        uint32_t credit = (uint32_t)__builtin_ctzll(bits);

        if (receive->calls[credit] == call_id) {
            *settled = receive_give(receive, credit, current);
            return true;
        }
    }
    return false;
}

bool receive_return(struct receive *receive, uint64_t call_id,
                    struct thread *current)
{
    struct endpoint *endpoint = sync_load_pointer(&receive->endpoint);
    bool settled = false;
    bool found = false;

    if (!endpoint || !object_try_get(&endpoint->object)) {
        return false;
    }
    lock_acquire(&endpoint->lock);
    if (sync_load_pointer(&receive->endpoint) == endpoint &&
        !receive->settled) {
        found = receive_give_back(receive, call_id, current, &settled);
    }
    lock_release(&endpoint->lock);
    if (settled) {
        receive_settle(receive);
    }
    if (found) {
        deliver_waiting(endpoint);
    }
    object_put(&endpoint->object);
    return found;
}

/*
 * The thread of the process after one, or the first; with a reference. Where
 * that one has ended meanwhile it begins anew.
 */
static struct thread *receive_next_thread(struct process *process,
                                          struct thread *after)
{
    struct thread *next = NULL;
    struct list_node *node;

    lock_acquire(&process->lock);
    node = after && list_linked(&after->link)
               ? list_next(&process->threads, &after->link)
               : list_first(&process->threads);
    if (node) {
        next = container_of(node, struct thread, link);
        object_get(&next->object);
    }
    lock_release(&process->lock);
    return next;
}

void receive_forget(struct thread *thread, uint64_t call_id)
{
    struct thread *owner = receive_next_thread(thread->process, NULL);
    bool found = false;

    while (owner) {
        struct thread *next;

        for (uint32_t i = 0; i < RECV_RECORDS && !found; i++) {
            /* The failed RETURN used its place: an owner needs another one. */
            found = receive_return(&owner->receives[i], call_id,
                                   ring_room(&thread->queue) ? thread : NULL);
        }
        next = found ? NULL : receive_next_thread(thread->process, owner);
        object_put(&owner->object);
        owner = next;
    }
}

static uint32_t receive_count(uint64_t bits)
{
    uint32_t count = 0;

    for (; bits; bits &= bits - 1) {
        count++;
    }
    return count;
}

/* Not armed any more; what was given back to the owner is its no more. */
static void receive_disarm(struct receive *receive)
{
    struct thread *thread = receive->thread;

    list_remove(&receive->link);
    receive->ending = true;
    receive->busy &= ~sync_load64(&receive->returned);
    sync_store64(&receive->returned, 0);
    lock_acquire(&thread->lock);
    ring_keep(&thread->queue, receive_count(receive->free));
    lock_release(&thread->lock);
    receive->free = 0;
}

void receive_close(struct receive *receive, struct receive_end *end)
{
    struct endpoint *endpoint = sync_load_pointer(&receive->endpoint);

    receive_disarm(receive);
    object_get(&endpoint->object);
    *end = (struct receive_end){
        .receive = receive,
        .endpoint = endpoint,
        .user_data = receive->user_data,
        .settled = receive_settles(receive),
    };
}

void receive_finish(const struct receive_end *end, int32_t result)
{
    struct cqe entry = {.user_data = end->user_data, .result = result};

    complete_later(end->receive->thread, &entry);
    if (end->settled) {
        receive_settle(end->receive);
    }
    object_put(&end->endpoint->object);
}

bool receive_cancel(struct receive *receive, int32_t result)
{
    struct endpoint *endpoint = sync_load_pointer(&receive->endpoint);
    struct receive_end end;
    bool armed;

    if (!endpoint || !object_try_get(&endpoint->object)) {
        return false;
    }
    lock_acquire(&endpoint->lock);
    armed = !receive->ending;
    if (armed) {
        receive_close(receive, &end);
    }
    lock_release(&endpoint->lock);
    if (armed) {
        receive_finish(&end, result);
        deliver_waiting(endpoint);
    }
    object_put(&endpoint->object);
    return armed;
}

/* Calls in a server's hands that came by this receive lose it. */
static void receive_orphan(const struct receive *receive)
{
    uint64_t bits = receive->busy;

    for (; bits; bits &= bits - 1) {
        call_orphan(receive->calls[__builtin_ctzll(bits)], receive);
    }
}

void receive_drop(struct receive *receive)
{
    struct endpoint *endpoint = sync_load_pointer(&receive->endpoint);
    struct receive_calls calls = {.count = 0};
    bool settled;

    if (!endpoint || !object_try_get(&endpoint->object)) {
        return;
    }
    lock_acquire(&endpoint->lock);
    if (sync_load_pointer(&receive->node)) {
        receive_calls(receive, &calls); /* or nobody could revoke them */
    }
    if (!receive->ending) {
        receive_disarm(receive);
    }
    receive_orphan(receive);
    receive->busy = 0;
    settled = receive_settles(receive);
    lock_release(&endpoint->lock);
    if (settled) {
        receive_settle(receive);
    }
    receive_end_calls(receive->thread->process, &calls);
    deliver_waiting(endpoint);
    object_put(&endpoint->object);
}
