/*
 * facet.h - a client's end of an endpoint: it may be called, and no more.
 *
 * The server chose the tag, which it sees with each call and the client never.
 * Calls that no receive can take wait in the facet's queue, in order; the
 * endpoint serves the facets that have waiting calls in turn. Lock: the
 * endpoint's.
 */
#ifndef CAPOS_CORE_IPC_FACET_H
#define CAPOS_CORE_IPC_FACET_H

#include "cap/object.h"
#include "list.h"

#define FACET_QUEUE_LIMIT_DEFAULT 64u

struct call;
struct endpoint;

struct facet {
    struct object object;
    struct endpoint *endpoint; /* one reference */
    uint64_t tag;
    uint64_t interface_id;
    struct list queue; /* calls */
    uint32_t queued;
    uint32_t queue_limit;
    struct list delivered; /* calls in servers' hands */
    bool closed;
    struct list_node link;       /* endpoint->facets */
    struct list_node ready_link; /* endpoint->ready while queue not empty */
};

extern const struct object_type facet_type;

/* Makes a facet; one reference. ERR_NO_MEMORY, ERR_DISCONNECTED. */
int32_t facet_create(struct endpoint *endpoint, uint64_t tag,
                     uint64_t interface_id, uint32_t queue_limit,
                     struct facet **out);

/* Ends its calls disconnected and refuses further ones. No lock held. */
void facet_close(struct facet *facet);

/* Takes a QUEUED call out, which is then ENDING. Endpoint locked. */
void facet_unqueue(struct facet *facet, struct call *call);

static inline struct facet *facet_of(struct object *object)
{
    return container_of(object, struct facet, object);
}

static inline const struct facet *facet_of_const(const struct object *object)
{
    return container_of_const(object, struct facet, object);
}

#endif
