/*
 * ring_client.c - the parts of the ring client that are not hot.
 *
 * See ring_client.h for the layers and invariants.
 */
#include "ring_client.h"

int32_t ring_client_init(struct ring_client *client,
                         const struct start_block *block)
{
    struct ring_header *ring = (struct ring_header *)(uintptr_t)block->ring;

    if (ring == NULL || ring->magic != RING_MAGIC ||
        ring->version != RING_VERSION) {
        return ERR_BAD_RING;
    }
    *client = (struct ring_client){
        .gate = (gate_fn *)(uintptr_t)block->gate,
        .sqes = (struct sqe *)(void *)((char *)ring + ring->sq_offset),
        .cqes = (struct cqe *)(void *)((char *)ring + ring->cq_offset),
        .user = ring_user_line(ring),
        .kernel = ring_kernel_line(ring),
        .sq_entries = ring->sq_entries,
        .sq_limit = ring->sq_entries,
        .sq_mask = ring->sq_entries - 1,
        .cq_mask = ring->cq_entries - 1,
    };
    return 0;
}

static bool ring_place(struct ring_client *client)
{
    uint32_t head = sync_load_shared(&client->kernel->sq_head);
    bool room = client->sq_tail - head < client->sq_entries;

    client->sq_limit = room ? head + client->sq_entries : client->sq_tail;
    return room;
}

bool ring_make_room(struct ring_client *client)
{
    if (ring_place(client)) {
        return true;
    }
    /* The kernel leaves entries alone that have no completion place. */
    ring_dispatch(client);
    ring_poll(client);
    return ring_place(client);
}

int32_t ring_call_among(struct ring_client *client, struct rpc *rpc,
                        uint64_t words[4])
{
    int32_t status;

    rpc->complete = NULL;
    rpc->done = false;
    status = ring_await(client, rpc);
    if (rpc->done) {
        __builtin_memcpy(words, rpc->rwords, sizeof(rpc->rwords));
    }
    return status;
}

void ring_deliver(const struct cqe *cqe)
{
    struct ring_receiver *receiver =
        (struct ring_receiver *)(uintptr_t)cqe->user_data;

    receiver->queue[receiver->tail++ & receiver->mask] = *cqe;
    receiver->news = true;
}

int32_t ring_wait(struct ring_client *client, uint64_t timeout_ns)
{
    uint32_t count = client->available;

    if (count == 0) {
        int64_t result =
            ring_enter(client, timeout_ns == TIMEOUT_POLL ? 0 : 1, timeout_ns);

        if (result < 0) {
            return (int32_t)result;
        }
        count = client->available;
    }
    ring_dispatch(client);
    return (int32_t)count;
}

int32_t ring_await_timeout(struct ring_client *client, struct rpc *rpc,
                           uint64_t timeout_ns)
{
    /* Others' completions start the wait anew: at least timeout_ns pass. */
    while (!rpc->done) {
        int32_t result = ring_wait(client, timeout_ns);

        if (result < 0) {
            return result;
        }
        if (timeout_ns == TIMEOUT_POLL && !rpc->done) {
            return ERR_TIMED_OUT;
        }
    }
    return rpc->status;
}

int32_t ring_submit_cancel(struct ring_client *client, struct rpc *rpc,
                           const struct rpc *victim)
{
    struct sqe *sqe = ring_simple(client, rpc, RING_CANCEL, 0);

    if (sqe == NULL) {
        return ERR_OVERLOADED;
    }
    sqe->words[0] = (uintptr_t)victim;
    return 0;
}

int32_t ring_caller_info(struct ring_client *client, struct rpc *rpc,
                         uint64_t call_id)
{
    struct sqe *sqe = ring_simple(client, rpc, RING_CALLER_INFO, 0);

    if (sqe == NULL) {
        return ERR_OVERLOADED;
    }
    sqe->cap = call_id;
    return 0;
}

int32_t ring_cancel(struct ring_client *client, struct rpc *victim)
{
    struct rpc cancel = {.complete = NULL};
    int32_t result = ring_submit_cancel(client, &cancel, victim);

    if (result < 0) {
        return result;
    }
    result = ring_await(client, &cancel);
    if (result == ERR_BAD_RING) {
        return result;
    }
    result = ring_await(client, victim);
    return result == ERR_BAD_RING ? result : 0;
}

void ring_yield(struct ring_client *client)
{
    if (ring_nop(client, NULL, RING_YIELD) == 0) {
        ring_poll(client);
    }
}

/* The RECV's own completion. */
static void recv_ended(struct rpc *rpc)
{
    ((struct ring_receiver *)rpc)->news = true;
}

int32_t ring_recv(struct ring_client *client, struct ring_receiver *receiver,
                  const struct ring_recv *recv)
{
    struct sqe *sqe = ring_simple(client, &receiver->rpc, RING_RECV, 0);

    if (sqe == NULL) {
        return ERR_OVERLOADED;
    }
    receiver->rpc.complete = recv_ended;
    sqe->cap = recv->endpoint;
    sqe->recv.area = (uintptr_t)recv->area;
    sqe->recv.slot_bytes = recv->slot_bytes;
    sqe->recv.slots = recv->slots;
    sqe->recv.credits = recv->credits;
    return 0;
}

int32_t ring_return(struct ring_client *client, uint64_t call_id,
                    const struct ring_reply *reply)
{
    struct sqe *sqe = ring_reserve(client);

    if (sqe == NULL) {
        return ERR_OVERLOADED;
    }
    ring_fill_head(sqe, ring_head(RING_RETURN, reply->flags, reply->kind,
                                  (uint32_t)reply->detail));
    sqe->cap = call_id;
    sqe->user_data = (uintptr_t)reply->failed;
    if (reply->failed != NULL) {
        reply->failed->done = false;
    }
    if (reply->flags & RING_INLINE) {
        ring_fill_words(sqe, reply->words);
    } else {
        ring_fill_memory(sqe, reply->payload, reply->bytes, reply->xfers,
                         reply->ncaps);
    }
    sqe->result = 0;
    return 0;
}
