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
#include "list.h"
#include "lock.h"

struct call;
struct facet;
struct receive;

struct endpoint {
    struct object object;
    struct lock lock;
    bool closed;
    struct list facets;   /* all */
    struct list ready;    /* those with waiting calls, served in turn */
    struct list receives; /* all that are armed, in the order of arming */
};

extern const struct object_type endpoint_type;

/* Makes an endpoint; one reference. NULL: no memory. */
struct endpoint *endpoint_create(void);

/* Closes the facets with that tag; returns how many. No lock held. */
uint32_t endpoint_close_tag(struct endpoint *endpoint, uint64_t tag);

static inline struct endpoint *endpoint_of(struct object *object)
{
    return container_of(object, struct endpoint, object);
}

#endif
