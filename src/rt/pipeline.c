/* pipeline.c - flags for the entry that was written last; see pipeline.h. */
#include "pipeline.h"

#include "thread.h"

/* The entry of a call that the kernel has not been shown; NULL: another one's. */
static struct sqe *last_call(const struct ring_client *client,
                             const struct rpc *rpc)
{
    struct sqe *sqe = &client->sqes[(client->sq_tail - 1) & client->sq_mask];

    return client->sq_tail != client->user->sq_tail &&
                   sqe->opcode == RING_CALL &&
                   sqe->user_data == (uintptr_t)rpc
               ? sqe
               : NULL;
}

int32_t pipeline_promise(struct promise *promise, const struct rpc *rpc)
{
    const struct ring_client *client = ring_self();
    struct sqe *sqe = last_call(client, rpc);

    if (sqe == NULL || sqe->flags & RING_RINLINE) {
        return ERR_NOT_FOUND;
    }
    sqe->flags |= RING_PROMISE;
    promise->sequence = client->sq_tail - 1;
    return 0;
}

uint64_t pipeline_cap(const struct promise *promise, uint32_t index)
{
    return ring_promised(promise->sequence, index);
}

int32_t pipeline_target(const struct rpc *rpc)
{
    struct sqe *sqe = last_call(ring_self(), rpc);

    if (sqe == NULL) {
        return ERR_NOT_FOUND;
    }
    sqe->flags |= RING_PROMISED;
    return 0;
}
