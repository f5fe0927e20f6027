/* receive_revoke.c - receives that are taken back (receive_revoke.h). */
#include "ipc/receive_revoke.h"

#include "cap/node.h"
#include "fail.h"
#include "ipc/call.h"
#include "ipc/deliver.h"
#include "ipc/endpoint.h"
#include "proc/process.h"
#include "proc/thread.h"

void receive_calls(const struct receive *receive, struct receive_calls *calls)
{
    calls->count = 0;
    for (uint64_t bits = receive->busy; bits; bits &= bits - 1) {
        calls->ids[calls->count++] = receive->calls[__builtin_ctzll(bits)];
    }
}

void receive_end_calls(struct process *server,
                       const struct receive_calls *calls)
{
    for (uint32_t i = 0; i < calls->count; i++) {
        call_end_held(server, calls->ids[i],
                      FAIL(ERR_DISCONNECTED, "its server was revoked"));
    }
}

void receive_leave_node(struct receive *receive)
{
    struct revocation_node *node = sync_load_pointer(&receive->node);

    node_leave(node, &receive->node_link);
    sync_store_pointer(&receive->node, NULL);
    object_put(&node->object);
}

struct endpoint *receive_revoke_get(struct receive *receive)
{
    struct endpoint *endpoint = sync_load_pointer(&receive->endpoint);

    object_get(&endpoint->object);
    return endpoint;
}

/* What is to be done about a receive, its endpoint being locked. */
enum revoke_state {
    REVOKE_NOTHING, /* it is none of the node's any more */
    REVOKE_WAIT,    /* another CPU is about to free it */
    REVOKE_CALLS,   /* it was cancelled, and has calls still */
    REVOKE_ARMED,
};

static enum revoke_state revoke_state(struct receive *receive,
                                      const struct revocation_node *node)
{
    /* A node leads to one endpoint, so this lock is the record's. */
    if (sync_load_pointer(&receive->node) != node) {
        return REVOKE_NOTHING;
    }
    if (receive->settled) {
        return REVOKE_WAIT;
    }
    return receive->ending ? REVOKE_CALLS : REVOKE_ARMED;
}

/* True if the endpoint has another armed receive of the node's. Locked. */
static bool revoke_more(const struct endpoint *endpoint,
                        const struct revocation_node *node)
{
    struct list_node *link = list_first(&endpoint->receives);

    for (; link; link = list_next(&endpoint->receives, link)) {
        struct receive *receive = container_of(link, struct receive, link);

        if (sync_load_pointer(&receive->node) == node) {
            return true;
        }
    }
    return false;
}

bool receive_revoke(struct receive *receive, struct endpoint *endpoint,
                    struct revocation_node *node)
{
    struct process *server = receive->thread->process;
    struct receive_calls calls = {.count = 0};
    struct receive_end end;
    enum revoke_state state;
    bool more;

    lock_acquire(&endpoint->lock);
    state = revoke_state(receive, node);
    if (state >= REVOKE_CALLS) {
        receive_calls(receive, &calls);
        node_leave(node, &receive->node_link);
        sync_store_pointer(&receive->node, NULL);
    }
    if (state == REVOKE_ARMED) {
        receive_close(receive, &end);
    }
    more = revoke_more(endpoint, node);
    lock_release(&endpoint->lock);
    if (state == REVOKE_ARMED) {
        receive_finish(&end, FAIL(ERR_DISCONNECTED, "the receive is revoked"));
    }
    receive_end_calls(server, &calls);
    if (state >= REVOKE_CALLS) {
        object_put(&node->object);
    }
    if (!more) { /* who waits is for those who may still serve */
        deliver_waiting(endpoint);
    }
    object_put(&endpoint->object);
    return state != REVOKE_WAIT;
}
