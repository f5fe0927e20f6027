/*
 * node.h - revocation nodes: what a Revoker cuts.
 *
 * Every capability slot goes through a node. The root is static and never
 * revoked; it counts nothing and knows nothing of what is below it. Any other
 * one is for one object and stands below one parent: it was made by
 * Revoker.attach, below the node of the capability attached, or for what a
 * kernel object gave when it was called through a node.
 *
 * A node is an object (its references and holders): its slots are its holders;
 * calls in flight, receives, parked operations, regions and children refer to it.
 * It counts as one holder of its target until it is revoked or its last slot goes;
 * then it lets go.
 *
 * revoked changes once, under the lock, from when on nothing is added to the
 * node's lists. What is made through a node (a call, a receive, a region, a child)
 * comes into its list under the same lock, so it is either refused or found by who
 * revokes. A node stays in its parent's list until it was cut, or to its end.
 */
#ifndef CAPOS_CORE_CAP_NODE_H
#define CAPOS_CORE_CAP_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "cap/object.h"
#include "list.h"
#include "lock.h"

struct call;
struct ledger;
struct park;
struct receive;
struct region;
struct revoker;
struct sched_binding;

/* Nodes with a revoker below each other, at most. */
#define NODE_DEPTH_MAX 32u

struct revocation_node {
    struct object object; /* holders: its slots */
    sync_u32 revoked;
    struct lock lock;               /* LOCK_NODE */
    struct object *target;          /* held, or NULL: let go */
    uint64_t target_id;             /* what it was for, for lists and traces */
    uint64_t target_interface;
    struct revocation_node *parent; /* one reference, or the root */
    struct revoker *revoker; /* one reference; NULL: derived, goes with parent */
    uint32_t depth;
    struct list children;        /* by sibling */
    struct list_node sibling;    /* the parent's lock */
    struct list_node of_revoker; /* the revoker's lock */
    struct list calls;           /* struct call, by node_link */
    struct list receives;        /* struct receive, by node_link */
    struct list parks;           /* struct park, by node_link */
    struct list regions;         /* struct region, by node_link */
    struct list bindings;        /* struct sched_binding, by node_link */
};

extern struct revocation_node revocation_root;

/*
 * Makes a node for target below parent (the root too), charged to ledger, and
 * holds the target; the caller gets one reference. revoker NULL: a derived one.
 * The caller has a reference to the target. No lock held.
 * ERR_BAD_CAPABILITY: parent or revoker is revoked, or parent is gone.
 * ERR_OVERLOADED: the ledger is full, or NODE_DEPTH_MAX. ERR_NO_MEMORY.
 */
int32_t node_create(struct revocation_node *parent, struct object *target,
                    struct revoker *revoker, struct ledger *ledger,
                    struct revocation_node **out);

/*
 * The parent for what a kernel object gives when it was called through a node:
 * that node, or what it was derived from, so that chains of derived ones stay
 * short.
 */
struct revocation_node *node_derive_from(struct revocation_node *node);

/*
 * Puts a call, a receive, a parked operation, a region or a binding into the
 * node's list, with a reference to the node. ERR_BAD_CAPABILITY: the node is revoked or gone.
 * Not for the root.
 */
int32_t node_add_call(struct revocation_node *node, struct call *call);
int32_t node_add_receive(struct revocation_node *node,
                         struct receive *receive);
int32_t node_add_park(struct revocation_node *node, struct park *park);
int32_t node_add_region(struct revocation_node *node, struct region *region);
int32_t node_add_binding(struct revocation_node *node,
                         struct sched_binding *binding);

/* Adds a region beside one that is in the list: it was cut in two. */
void node_add_part(struct revocation_node *node, struct region *region);

/*
 * Takes a region or a binding out, and lets go of its node. A call leaves the list
 * when it completes (call.c): together with its completion, so that whoever finds
 * the list empty knows that all have been told.
 */
void node_remove_region(struct region *region);
void node_remove_binding(struct sched_binding *binding);

/*
 * Takes a receive or a parked operation out by its link. The node's reference is
 * the caller's then, to be put when it holds no lock.
 */
void node_leave(struct revocation_node *node, struct list_node *link);

/* What became of a step of cutting. */
enum node_cut {
    NODE_CUT_DONE = 0, /* nothing is left of it or below it */
    NODE_CUT_MORE,
    NODE_CUT_WAIT, /* another CPU completes a call of it */
};

/*
 * A bounded step of revoking a node and all below it: marks, lets go of targets,
 * ends calls in flight, receives and parked operations with ERR_DISCONNECTED,
 * covers regions, undoes bindings. A process whose program was mapped through it is ended. Any
 * number of CPUs may cut the same node. No lock held; the caller has a reference.
 */
enum node_cut node_cut_step(struct revocation_node *node);

/* Records the node and those above it in a trace, as they stand. Tracing is on. */
void node_trace_up(const struct revocation_node *node);

#endif
