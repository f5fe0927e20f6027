/* sync_park.c - see sync_park.h. */
#include "sync_park.h"

#include "limits.h"
#include "thread.h"

/* An entry of that kind; NULL: there is no place. */
static inline struct sqe *park_entry(struct ring_client *client,
                                     struct rpc *rpc, uint64_t head,
                                     const sync_u32 *word)
{
    struct sqe *sqe;

    if (!ring_has_room(client)) {
        return NULL;
    }
    if (rpc != NULL) {
        rpc->done = false;
    }
    sqe = ring_next(client);
    ring_fill_head(sqe, head);
    sqe->cap = 0;
    sqe->user_data = (uintptr_t)rpc;
    sqe->park.address = (uintptr_t)word;
    sqe->park.reserved = 0;
    sqe->result = 0;
    return sqe;
}

int32_t park_submit(struct ring_client *client, struct rpc *rpc,
                    const sync_u32 *word, uint32_t expected,
                    uint64_t timeout_ns, uint8_t flags)
{
    struct sqe *sqe =
        park_entry(client, rpc, ring_head(RING_PARK, flags, 0, 0), word);

    if (sqe == NULL) {
        return ERR_OVERLOADED;
    }
    sqe->park.expected = expected;
    sqe->park.count = 0;
    sqe->park.timeout_ns = timeout_ns;
    return 0;
}

int32_t unpark_submit(struct ring_client *client, struct rpc *rpc,
                      const sync_u32 *word, uint32_t count, uint8_t flags)
{
    uint8_t quiet = rpc == NULL ? RING_QUIET : 0;
    struct sqe *sqe = park_entry(
        client, rpc, ring_head(RING_UNPARK, flags | quiet, 0, 0), word);

    if (sqe == NULL) {
        return ERR_OVERLOADED;
    }
    sqe->park.expected = 0;
    sqe->park.count = count;
    sqe->park.timeout_ns = 0;
    return 0;
}

/* Waits for a place in the ring; false: the ring is corrupt. */
static bool park_make_room(struct ring_client *client)
{
    return ring_wait(client, TIMEOUT_NEVER) != ERR_BAD_RING;
}

int32_t park(const sync_u32 *word, uint32_t expected, uint64_t timeout_ns)
{
    struct ring_client *client = ring_self();
    struct rpc rpc = {.complete = NULL};

    while (park_submit(client, &rpc, word, expected, timeout_ns, 0) < 0) {
        if (!park_make_room(client)) {
            return ERR_BAD_RING;
        }
    }
    return ring_await(client, &rpc);
}

void unpark_one(const sync_u32 *word)
{
    struct ring_client *client = ring_self();

    while (unpark_submit(client, NULL, word, 1, 0) < 0) {
        if (!park_make_room(client)) {
            return;
        }
    }
    /* Only shown to the kernel: no callback runs under the caller's feet. */
    (void)ring_enter(client, 0, TIMEOUT_POLL);
}

void unpark_all(const sync_u32 *word)
{
    struct ring_client *client = ring_self();
    struct rpc rpc = {.complete = NULL};
    int32_t woken;

    do {
        while (unpark_submit(client, &rpc, word, UNPARK_COUNT_MAX, 0) < 0) {
            if (!park_make_room(client)) {
                return;
            }
        }
        woken = ring_await(client, &rpc);
    } while (woken == (int32_t)UNPARK_COUNT_MAX);
}
