/* endpoint.c - making and closing endpoints. */
#include "ipc/endpoint.h"

#include "fail.h"
#include "ipc/facet.h"
#include "ipc/receive.h"
#include "obj/methods.h"

int32_t endpoint_create(struct ledger *ledger, struct endpoint **out)
{
    struct object *object;
    struct endpoint *endpoint;
    int32_t error =
        object_create(sizeof(*endpoint), &endpoint_type, ledger, &object);

    if (error) {
        return error;
    }
    endpoint = endpoint_of(object);
    lock_init(&endpoint->lock, LOCK_ENDPOINT);
    list_init(&endpoint->facets);
    for (uint32_t i = 0; i < FACET_ROUNDS; i++) {
        list_init(&endpoint->ready[i]);
    }
    list_init(&endpoint->receives);
    *out = endpoint;
    return 0;
}

/*
 * The first open facet with that tag (or any) after one that the caller holds,
 * or of all; with a reference, or NULL.
 */
static struct facet *endpoint_next_open(struct endpoint *endpoint,
                                        struct facet *after, bool any,
                                        uint64_t tag)
{
    struct list *facets = &endpoint->facets;
    struct facet *found = NULL;
    struct list_node *node;

    lock_acquire(&endpoint->lock);
    node = after ? list_next(facets, &after->link) : list_first(facets);
    for (; node && !found; node = list_next(facets, node)) {
        struct facet *facet = container_of(node, struct facet, link);

        /* One whose last reference goes now has no calls: passed over. */
        if (!facet->closed && (any || facet->tag == tag) &&
            object_try_get(&facet->object)) {
            found = facet;
        }
    }
    lock_release(&endpoint->lock);
    return found;
}

static uint32_t endpoint_close_facets(struct endpoint *endpoint, bool any,
                                      uint64_t tag)
{
    struct facet *facet = endpoint_next_open(endpoint, NULL, any, tag);
    uint32_t closed = 0;

    while (facet) {
        struct facet *next;

        facet_close(facet);
        next = endpoint_next_open(endpoint, facet, any, tag);
        object_put(&facet->object);
        facet = next;
        closed++;
    }
    return closed;
}

uint32_t endpoint_close_tag(struct endpoint *endpoint, uint64_t tag)
{
    return endpoint_close_facets(endpoint, false, tag);
}

/* Ends one armed receive; false: there is none. */
static bool endpoint_end_receive(struct endpoint *endpoint)
{
    struct list_node *first;
    struct receive_end end;

    lock_acquire(&endpoint->lock);
    first = list_first(&endpoint->receives);
    if (first) {
        receive_close(container_of(first, struct receive, link), &end);
    }
    lock_release(&endpoint->lock);
    if (first) {
        receive_finish(&end, ERR_DISCONNECTED);
    }
    return first != NULL;
}

/* Nobody can receive here any more: clients and armed receives are told. */
static void endpoint_unheld(struct object *object)
{
    struct endpoint *endpoint = endpoint_of(object);

    object_get(object);
    lock_acquire(&endpoint->lock);
    endpoint->closed = true;
    lock_release(&endpoint->lock);
    (void)endpoint_close_facets(endpoint, true, 0);
    while (endpoint_end_receive(endpoint)) {
    }
    object_put(object);
}

static void endpoint_destroy(struct object *object)
{
    struct endpoint *endpoint = endpoint_of(object);

    ASSERT(list_empty(&endpoint->facets));
    ASSERT(!endpoint_waiting(endpoint));
    ASSERT(list_empty(&endpoint->receives));
}

const struct object_type endpoint_type = {
    .interface_id = ENDPOINT_INTERFACE_ID,
    .name = "endpoint",
    .dispatch = endpoint_methods,
    .unheld = endpoint_unheld,
    .destroy = endpoint_destroy,
};
