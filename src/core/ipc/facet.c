/* facet.c - making and closing facets. */
#include "ipc/facet.h"

#include "fail.h"
#include "ipc/call.h"
#include "ipc/deliver.h"
#include "ipc/endpoint.h"
#include "mem/heap.h"

int32_t facet_create(struct endpoint *endpoint, uint64_t tag,
                     uint64_t interface_id, uint32_t queue_limit,
                     struct facet **out)
{
    struct facet *facet = heap_alloc(sizeof(*facet));
    bool closed;

    if (!facet) {
        return FAIL(ERR_NO_MEMORY, "no memory for a facet");
    }
    object_init(&facet->object, &facet_type);
    object_get(&endpoint->object);
    facet->endpoint = endpoint;
    facet->tag = tag;
    facet->interface_id = interface_id;
    facet->queue_limit = queue_limit ? queue_limit : FACET_QUEUE_LIMIT_DEFAULT;
    list_init(&facet->queue);
    list_init(&facet->delivered);
    list_node_init(&facet->link);
    list_node_init(&facet->ready_link);
    lock_acquire(&endpoint->lock);
    closed = endpoint->closed;
    if (!closed) {
        list_push_back(&endpoint->facets, &facet->link);
    }
    lock_release(&endpoint->lock);
    if (closed) {
        object_put(&facet->object);
        return FAIL(ERR_DISCONNECTED, "endpoint is closed");
    }
    *out = facet;
    return 0;
}

void facet_unqueue(struct facet *facet, struct call *call)
{
    list_remove(&call->link);
    sync_store(&call->state, CALL_ENDING);
    facet->queued--;
    if (list_empty(&facet->queue)) {
        list_remove(&facet->ready_link);
    }
}

/* Takes one waiting call out; NULL: there is none. */
static struct call *facet_take_queued(struct facet *facet)
{
    struct list_node *node;
    struct call *call = NULL;

    lock_acquire(&facet->endpoint->lock);
    facet->closed = true;
    node = list_first(&facet->queue);
    if (node) {
        call = container_of(node, struct call, link);
        facet_unqueue(facet, call);
    }
    lock_release(&facet->endpoint->lock);
    return call;
}

/*
 * Takes one call out that a server has in its hands and is not returning at this
 * moment; NULL: there is none.
 */
static struct call *facet_take_delivered(struct facet *facet)
{
    struct list_node *node;
    struct call *found = NULL;

    lock_acquire(&facet->endpoint->lock);
    node = list_first(&facet->delivered);
    for (; node && !found; node = list_next(&facet->delivered, node)) {
        struct call *call = container_of(node, struct call, facet_link);

        if (call_claim_this(call)) {
            found = call;
        }
    }
    if (found) {
        list_remove(&found->facet_link);
    }
    lock_release(&facet->endpoint->lock);
    return found;
}

void facet_close(struct facet *facet)
{
    struct call *call;

    object_get(&facet->object);
    while ((call = facet_take_queued(facet))) {
        call_fail(call, FAIL(ERR_DISCONNECTED, "facet closed"));
    }
    while ((call = facet_take_delivered(facet))) {
        call_fail(call, FAIL(ERR_DISCONNECTED, "facet closed"));
    }
    deliver_waiting(facet->endpoint); /* what waited behind its calls */
    object_put(&facet->object);
}

static void facet_destroy(struct object *object)
{
    struct facet *facet = facet_of(object);
    struct endpoint *endpoint = facet->endpoint;

    lock_acquire(&endpoint->lock);
    list_remove(&facet->link);
    lock_release(&endpoint->lock);
    object_put(&endpoint->object);
}

const struct object_type facet_type = {
    .name = "facet",
    .destroy = facet_destroy,
};
