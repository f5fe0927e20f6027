/* facet.c - making and closing facets. */
#include "ipc/facet.h"

#include "fail.h"
#include "ipc/call.h"
#include "ipc/deliver.h"
#include "ipc/endpoint.h"
#include "mem/heap.h"
#include "proc/process.h"

int32_t facet_create(struct endpoint *endpoint, uint64_t tag,
                     uint64_t interface_id, uint32_t queue_limit,
                     struct facet **out)
{
    struct facet *facet;

    if (endpoint->closed) {
        return FAIL(ERR_DISCONNECTED, "endpoint is closed");
    }
    facet = heap_alloc(sizeof(*facet));
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
    list_node_init(&facet->ready_link);
    lock_acquire(&endpoint->lock);
    list_push_back(&endpoint->facets, &facet->link);
    lock_release(&endpoint->lock);
    *out = facet;
    return 0;
}

/* Ends the calls of the facet that a server has in its hands. */
static void facet_end_delivered(struct facet *facet, struct process *server)
{
    struct list_node *node = list_first(&server->delivered);

    while (node && facet->delivered) {
        struct call *call = container_of(node, struct call, link);

        node = list_next(&server->delivered, node);
        if (call->facet == facet) {
            call_withdraw(call);
            call_fail(call, FAIL(ERR_DISCONNECTED, "facet closed"));
        }
    }
}

void facet_close(struct facet *facet)
{
    struct list_node *node;
    struct process *process;

    object_get(&facet->object);
    facet->closed = true;
    while ((node = list_first(&facet->queue))) {
        struct call *call = container_of(node, struct call, link);

        call_withdraw(call);
        call_fail(call, FAIL(ERR_DISCONNECTED, "facet closed"));
    }
    for (process = process_next(NULL); process && facet->delivered;
         process = process_next(process)) {
        facet_end_delivered(facet, process);
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
    heap_free(facet);
    object_put(&endpoint->object);
}

const struct object_type facet_type = {
    .name = "facet",
    .destroy = facet_destroy,
};
