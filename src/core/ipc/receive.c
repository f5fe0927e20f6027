/* receive.c - arming, credits, and the end of receives. */
#include "ipc/receive.h"

#include "cap/table.h"
#include "fail.h"
#include "ipc/call.h"
#include "ipc/deliver.h"
#include "ipc/endpoint.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "ring/complete.h"

static struct receive *receive_free_record(struct thread *thread)
{
    for (uint32_t i = 0; i < RECV_RECORDS; i++) {
        if (!thread->receives[i].endpoint) {
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

static uint64_t receive_mask(uint32_t credits)
{
    return credits == 64 ? UINT64_MAX : (1ull << credits) - 1;
}

void receive_arm(struct thread *thread, const struct sqe *sqe)
{
    struct object *object = cap_lookup(&thread->process->caps, sqe->cap);
    struct receive *receive = receive_free_record(thread);
    int32_t error = receive_check(thread, sqe);
    struct endpoint *endpoint;

    if (!object || object->type != &endpoint_type) {
        error = FAIL(ERR_BAD_CAPABILITY, "RECV needs an endpoint's owner end");
    } else if (!error && !receive) {
        error = FAIL(ERR_OVERLOADED, "all receive records in use");
    }
    if (error) {
        complete_now(thread, sqe->user_data, error);
        return;
    }
    endpoint = endpoint_of(object);
    object_get(object);
    *receive = (struct receive){
        .thread = thread,
        .endpoint = endpoint,
        .user_data = sqe->user_data,
        .area = sqe->recv.area,
        .slot_bytes = sqe->recv.slot_bytes,
        .slots = sqe->recv.slots,
        .free = receive_mask(sqe->recv.credits),
    };
    thread->queue.reserved += sqe->recv.credits + 1;
    lock_acquire(&endpoint->lock);
    list_node_init(&receive->link);
    list_push_back(&endpoint->receives, &receive->link);
    lock_release(&endpoint->lock);
    deliver_waiting(endpoint);
}

int32_t receive_take(struct receive *receive, bool memory, uint32_t bytes)
{
    uint64_t fit = receive->free;
    uint32_t credit;

    if (memory) {
        if (!receive->slots ||
            bytes > receive->slot_bytes - RING_SLOT_HEADER_BYTES) {
            return ERR_TOO_LARGE;
        }
        fit &= receive_mask(receive->slots);
    }
    if (!fit) {
        return RECEIVE_BUSY;
    }
    credit = memory ? (uint32_t)__builtin_ctzll(fit)
                    : 63u - (uint32_t)__builtin_clzll(fit);
    receive->free &= ~(1ull << credit);
    receive->busy |= 1ull << credit;
    return (int32_t)credit;
}

void receive_untake(struct receive *receive, uint32_t credit)
{
    receive->busy &= ~(1ull << credit);
    receive->free |= 1ull << credit;
}

/* The record is free for another RECV; its endpoint may end. */
static void receive_free(struct receive *receive)
{
    struct endpoint *endpoint = receive->endpoint;

    ASSERT(!list_linked(&receive->link));
    receive->endpoint = NULL;
    object_put(&endpoint->object);
}

/* Leaves a credit for its owner to collect. */
static void receive_leave(struct receive *receive, uint64_t bit)
{
    uint64_t before = sync_load64(&receive->returned);

    while (!sync_cas64(&receive->returned, &before, before | bit)) {
    }
    sync_store(&receive->thread->returned, 1);
}

/*
 * Only the owner reserves places in its ring; but one that waits in the gate
 * reserves nothing, and must not sleep through a credit that a waiting call
 * could use.
 */
void receive_give(struct receive *receive, uint32_t credit,
                  struct thread *current)
{
    struct thread *owner = receive->thread;
    uint64_t bit = 1ull << credit;

    if (owner != current && (owner->state != THREAD_WAITING ||
                             !ring_room(&owner->queue))) {
        receive_leave(receive, bit);
        return;
    }
    receive->busy &= ~bit;
    if (receive->ending) {
        return;
    }
    owner->queue.reserved++;
    receive->free |= bit;
}

void receive_settle(struct receive *receive)
{
    if (receive->endpoint && receive->ending && !receive->busy) {
        receive_free(receive);
    }
}

static void receive_collect_one(struct receive *receive, struct thread *thread)
{
    struct endpoint *endpoint = receive->endpoint;
    uint64_t bits = sync_load64(&receive->returned);

    lock_acquire(&endpoint->lock);
    while (bits && ring_room(&thread->queue)) {
        uint32_t credit = (uint32_t)__builtin_ctzll(bits);
        uint64_t before = sync_load64(&receive->returned);

        while (!sync_cas64(&receive->returned, &before,
                           before & ~(1ull << credit))) {
        }
        receive_give(receive, credit, thread);
        bits &= bits - 1;
    }
    lock_release(&endpoint->lock);
    if (bits) {
        sync_store(&thread->returned, 1);
    }
    deliver_waiting(endpoint);
    receive_settle(receive);
}

void receive_collect(struct thread *thread)
{
    sync_store(&thread->returned, 0);
    for (uint32_t i = 0; i < RECV_RECORDS; i++) {
        struct receive *receive = &thread->receives[i];

        if (receive->endpoint && sync_load64(&receive->returned)) {
            receive_collect_one(receive, thread);
        }
    }
}

/*
 * The busy credit that remembers the call, or -1. One that is on its way to the
 * owner has been given back already.
 */
static int32_t receive_remembers(const struct receive *receive,
                                 uint64_t call_id)
{
    uint64_t bits = receive->busy & ~sync_load64(&receive->returned);

    for (; bits; bits &= bits - 1) {
        uint32_t credit = (uint32_t)__builtin_ctzll(bits);

        if (receive->calls[credit] == call_id) {
            return (int32_t)credit;
        }
    }
    return -1;
}

/* The receive of a thread that remembers the call, and its credit; or NULL. */
static struct receive *receive_find(struct thread *owner, uint64_t call_id,
                                    uint32_t *credit)
{
    for (uint32_t i = 0; i < RECV_RECORDS; i++) {
        struct receive *receive = &owner->receives[i];
        int32_t found = receive->endpoint
                            ? receive_remembers(receive, call_id)
                            : -1;

        if (found >= 0) {
            *credit = (uint32_t)found;
            return receive;
        }
    }
    return NULL;
}

void receive_forget(struct thread *thread, uint64_t call_id)
{
    struct list *threads = &thread->process->threads;
    struct receive *receive = NULL;
    struct endpoint *endpoint;
    uint32_t credit;

    for (struct list_node *node = list_first(threads); node && !receive;
         node = list_next(threads, node)) {
        receive = receive_find(container_of(node, struct thread, link),
                               call_id, &credit);
    }
    if (!receive) {
        return;
    }
    endpoint = receive->endpoint;
    object_get(&endpoint->object);
    lock_acquire(&endpoint->lock);
    /* The failed RETURN has used its place: an owner needs another one. */
    receive_give(receive, credit,
                 ring_room(&thread->queue) ? thread : NULL);
    lock_release(&endpoint->lock);
    deliver_waiting(endpoint);
    receive_settle(receive);
    object_put(&endpoint->object);
}

static uint32_t receive_count(uint64_t bits)
{
    uint32_t count = 0;

    for (; bits; bits &= bits - 1) {
        count++;
    }
    return count;
}

void receive_end(struct receive *receive, int32_t result)
{
    struct thread *thread = receive->thread;
    struct endpoint *endpoint = receive->endpoint;
    struct cqe entry = {.user_data = receive->user_data, .result = result};

    lock_acquire(&endpoint->lock);
    list_remove(&receive->link);
    receive->ending = true;
    thread->queue.reserved -= receive_count(receive->free);
    receive->free = 0;
    lock_release(&endpoint->lock);
    complete_later(thread, &entry);
    receive_settle(receive);
}

void receive_cancel(struct receive *receive, int32_t result)
{
    struct endpoint *endpoint = receive->endpoint;

    object_get(&endpoint->object);
    receive_end(receive, result);
    deliver_waiting(endpoint);
    object_put(&endpoint->object);
}

void receive_drop(struct receive *receive)
{
    struct list *delivered = &receive->thread->process->delivered;
    struct endpoint *endpoint = receive->endpoint;

    lock_acquire(&endpoint->lock);
    list_remove(&receive->link);
    for (struct list_node *node = list_first(delivered); node;
         node = list_next(delivered, node)) {
        struct call *call = container_of(node, struct call, link);

        if (call->receive == receive) {
            call->receive = NULL;
        }
    }
    lock_release(&endpoint->lock);
    deliver_waiting(endpoint);
    receive_free(receive);
}
