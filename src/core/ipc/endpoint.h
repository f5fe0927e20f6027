/*
 * endpoint.h - where a service receives its calls.
 *
 * The endpoint object is the owner's end. When nobody holds it any more, or the
 * kernel closes it, all its facets are closed. Lock: LOCK_ENDPOINT guards the
 * endpoint, its facets, receives and calls.
 */
#ifndef CAPOS_CORE_IPC_ENDPOINT_H
#define CAPOS_CORE_IPC_ENDPOINT_H

#include "cap/object.h"
#include "ipc/facet.h"
#include "list.h"
#include "lock.h"

struct call;
struct receive;

struct endpoint {
    struct object object;
    struct lock lock;
    bool closed;
    uint32_t notices;     /* sent, which makes their ids differ */
    uint32_t waiting;     /* facets with something to deliver */
    uint64_t turns;       /* the next one to be given */
    struct list facets;   /* all */
    struct list receives; /* all that are armed, in the order of arming */
    struct list ready[FACET_ROUNDS]; /* those facets */
    struct facet *last; /* whose call was delivered last; NULL: it is gone */
};

extern const struct object_type endpoint_type;

/* Makes an endpoint; one reference. ERR_OVERLOADED, ERR_NO_MEMORY. */
int32_t endpoint_create(struct ledger *ledger, struct endpoint **out);

/* Closes the facets with that tag; returns how many. No lock held. */
uint32_t endpoint_close_tag(struct endpoint *endpoint, uint64_t tag);

/* True if some facet has something that could not be delivered yet. Locked. */
static inline bool endpoint_waiting(const struct endpoint *endpoint)
{
    return endpoint->waiting;
}

/* The first facet of a round; NULL: nobody stands there. Locked. */
static inline struct facet *endpoint_ready(const struct endpoint *endpoint,
                                           enum facet_round round)
{
    struct list_node *node = list_first(&endpoint->ready[round]);

    return node ? container_of(node, struct facet, ready_link) : NULL;
}

static inline struct endpoint *endpoint_of(struct object *object)
{
    return container_of(object, struct endpoint, object);
}

#endif
