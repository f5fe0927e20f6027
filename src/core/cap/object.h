/*
 * object.h - what a capability can point to.
 *
 * struct object is the first member of every kernel object. It lives while
 * references remain: one for each capability slot, one for each kernel structure
 * that points to it. Slots are counted apart, because "nobody holds it any more"
 * is an event of its own: an endpoint closes then, though calls in flight may
 * still refer to it.
 */
#ifndef CAPOS_CORE_CAP_OBJECT_H
#define CAPOS_CORE_CAP_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fail.h"
#include "hot.h"
#include "list.h"
#include "sched/retire.h"
#include "sync.h"
#include "variant.h"

struct object;
struct kernel_call;
struct ledger;

struct object_type {
    uint64_t interface_id; /* 0: the object tells, see object_interface */
    const char *name;
    /*
     * Runs a call on a kernel object, on a private copy of its params: see
     * ipc/kernel_call.h. NULL: calls are queued for a server (facets).
     */
    int32_t (*dispatch)(struct object *object, struct kernel_call *call);
    /*
     * The last capability is gone; NULL: nothing to do. No lock held. It may be
     * called more than once: another one may have been on its way.
     */
    void (*unheld)(struct object *object);
    /*
     * The last reference is gone: lets go of all that the object has but its
     * memory; NULL: nothing to do.
     */
    void (*destroy)(struct object *object);
    /* Frees the memory, which no CPU looks at any more. NULL: heap_free. */
    void (*free)(struct object *object);
    /*
     * What the object is about, for traces: the process id, or of a facet the id
     * of its endpoint. Any context. NULL: nothing.
     */
    uint64_t (*subject)(const struct object *object);
};

struct object {
    const struct object_type *type;
    sync_u32 references;
    sync_u32 holders; /* capability slots among the references */
    uint64_t id;      /* identity for traces and lists, never reused */
    struct ledger *ledger; /* who pays for its memory: one reference, or NULL */
    uint32_t bytes;        /* charged there */
    union {
        struct list_node census; /* until its end (check/census.h) */
        struct retired retired;  /* from then on */
    };
};

/*
 * Starts with one reference, the creator's, and no holder. For what lies in
 * memory of its own: nobody pays for it.
 */
void object_init(struct object *object, const struct object_type *type);

/*
 * The same for a new object of that many bytes in the heap, zeroed otherwise,
 * charged to the ledger until its end (NULL: the kernel's own). struct object is
 * its first member. ERR_OVERLOADED: over the ledger's limit. ERR_NO_MEMORY.
 */
int32_t object_create(size_t bytes, const struct object_type *type,
                      struct ledger *ledger, struct object **out);

/* Any context. */
static inline void object_get(struct object *object)
{
    uint32_t before = sync_add(&object->references, 1);

    if (VARIANT_CHECKS) {
        ASSERT(before != 0);
    }
}

/* Adds one to a count unless it is 0; false then. */
HOT bool object_count(sync_u32 *count)
{
    uint32_t before = sync_load(count);

    while (before && !sync_cas(count, &before, before + 1)) {
    }
    return before != 0;
}

/* Adds a reference unless the last one is gone; false then. Any context. */
HOT bool object_try_get(struct object *object)
{
    return object_count(&object->references);
}

/* The last reference went: destroys the object and retires its memory. */
void object_end(struct object *object);

/* May destroy the object: hold no lock that its end needs. */
HOT void object_put(struct object *object)
{
    uint32_t before = sync_sub(&object->references, 1);

    if (VARIANT_CHECKS) {
        ASSERT(before != 0);
    }
    if (before == 1) {
        object_end(object);
    }
}

/* A capability slot begins or ends to point to the object; counts as get/put. */
void object_hold(struct object *object);
/* As object_hold, unless no slot holds it any more; false then. */
bool object_try_hold(struct object *object);
void object_unhold(struct object *object);

/* The interface id that a call on the object speaks. */
uint64_t object_interface(const struct object *object);

#endif
