/* facet.c - making and closing facets. */
#include "ipc/facet.h"

#include "fail.h"
#include "ipc/call.h"
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

/* A call of the facet in a server's hands, or NULL. */
static struct call *facet_delivered(const struct facet *facet)
{
    for (struct process *process = process_after(0);
         process && facet->delivered; process = process_after(process->id)) {
        struct list_node *node = list_first(&process->delivered);

        for (; node; node = list_next(&process->delivered, node)) {
            struct call *call = container_of(node, struct call, link);

            if (call->facet == facet) {
                return call;
            }
        }
    }
    return NULL;
}

void facet_close(struct facet *facet)
{
    struct list_node *node;
    struct call *call;

    object_get(&facet->object);
    facet->closed = true;
    while ((node = list_first(&facet->queue))) {
        call = container_of(node, struct call, link);
        call_withdraw(call);
        call_fail(call, FAIL(ERR_DISCONNECTED, "facet closed"));
    }
    while ((call = facet_delivered(facet))) {
        call_withdraw(call);
        call_fail(call, FAIL(ERR_DISCONNECTED, "facet closed"));
    }
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
