/* node.c - the life of revocation nodes, and cutting them (node.h). */
#include "cap/node.h"

#include "cap/table.h"
#include "container.h"
#include "fail.h"
#include "hal.h"
#include "ipc/call.h"
#include "ipc/park.h"
#include "ipc/receive_revoke.h"
#include "mem/region.h"
#include "mem/space_revoke.h"
#include "obj/revoker.h"
#include "proc/process.h"
#include "sched/context.h"

struct revocation_node revocation_root;

static struct revocation_node *node_of(struct object *object)
{
    return container_of(object, struct revocation_node, object);
}

/* Lets go of the target, if that has not been done. No lock held. */
static void node_let_go(struct revocation_node *node)
{
    struct object *target;

    lock_acquire(&node->lock);
    target = node->target;
    node->target = NULL;
    lock_release(&node->lock);
    if (target) {
        object_unhold(target);
    }
}

static void node_unheld(struct object *object)
{
    node_let_go(node_of(object));
}

static void node_unlink(struct revocation_node *node)
{
    struct revocation_node *parent = node->parent;

    if (parent != &revocation_root) {
        lock_acquire(&parent->lock);
        list_remove(&node->sibling);
        lock_release(&parent->lock);
    }
}

static void node_destroy(struct object *object)
{
    struct revocation_node *node = node_of(object);

    ASSERT(list_empty(&node->children) && list_empty(&node->calls) &&
           list_empty(&node->receives) && list_empty(&node->parks) &&
           list_empty(&node->regions) && list_empty(&node->bindings));
    node_let_go(node); /* if it never had a slot */
    if (node->parent) {
        node_unlink(node);
    }
    if (node->parent && node->parent != &revocation_root) {
        object_put(&node->parent->object);
    }
    if (node->revoker) {
        revoker_forget(node);
    }
    if (hal_trace_enabled()) {
        hal_trace(TRACE_NODE_END, 0, object->id, 0);
    }
}

static const struct object_type node_type = {
    .name = "revocation-node",
    .unheld = node_unheld,
    .destroy = node_destroy,
};

/* ------------------------------------------------------------------ making */

/* Puts it below parent, which must be able to find it, or refuse. */
static int32_t node_join(struct revocation_node *node,
                         struct revocation_node *parent)
{
    bool joined = true;

    if (parent != &revocation_root) {
        lock_acquire(&parent->lock);
        joined = !sync_load(&parent->revoked) &&
                 object_try_get(&parent->object);
        if (joined) {
            list_push_back(&parent->children, &node->sibling);
        }
        lock_release(&parent->lock);
    }
    if (!joined) {
        return FAIL(ERR_BAD_CAPABILITY, "what it comes from is revoked");
    }
    node->parent = parent;
    node->depth = parent->depth + 1;
    return 0;
}

static void node_trace(const struct revocation_node *node)
{
    hal_trace(TRACE_NODE, 0, node->object.id, node->parent->object.id);
    hal_trace(TRACE_NODE_OF, 0, node->target_id,
              node->revoker ? revoker_id(node->revoker) : 0);
}

int32_t node_create(struct revocation_node *parent, struct object *target,
                    struct revoker *revoker, struct ledger *ledger,
                    struct revocation_node **out)
{
    struct revocation_node *node;
    struct object *object;
    int32_t error;

    if (parent->depth >= NODE_DEPTH_MAX) {
        return FAIL(ERR_OVERLOADED, "too many revokers below each other");
    }
    error = object_create(sizeof(*node), &node_type, ledger, &object);
    if (error) {
        return error;
    }
    node = node_of(object);
    lock_init(&node->lock, LOCK_NODE);
    list_init(&node->children);
    list_init(&node->calls);
    list_init(&node->receives);
    list_init(&node->parks);
    list_init(&node->regions);
    list_init(&node->bindings);
    list_node_init(&node->sibling);
    list_node_init(&node->of_revoker);
    node->target_id = target->id;
    node->target_interface = object_interface(target);
    object_hold(target);
    node->target = target;
    error = node_join(node, parent);
    if (!error && revoker) {
        error = revoker_keep(revoker, node);
    }
    if (error) {
        object_put(object);
        return error;
    }
    if (hal_trace_enabled()) {
        node_trace(node);
    }
    *out = node;
    return 0;
}

struct revocation_node *node_derive_from(struct revocation_node *node)
{
    return node == &revocation_root || node->revoker ? node : node->parent;
}

void node_trace_up(const struct revocation_node *node)
{
    for (; node != &revocation_root; node = node->parent) {
        node_trace(node);
        if (sync_load(&node->revoked)) {
            hal_trace(TRACE_NODE_CUT, 0, node->object.id, 0);
        }
    }
}

/* ----------------------------------------------- what is made through them */

/* Puts something into one of its lists, with a reference, or refuses. */
static int32_t node_add(struct revocation_node *node, struct list *list,
                        struct list_node *link)
{
    bool added;

    lock_acquire(&node->lock);
    added = !sync_load(&node->revoked) && object_try_get(&node->object);
    if (added) {
        list_push_back(list, link);
    }
    lock_release(&node->lock);
    return added ? 0 : FAIL(ERR_BAD_CAPABILITY, "the capability is revoked");
}

int32_t node_add_call(struct revocation_node *node, struct call *call)
{
    int32_t error = node_add(node, &node->calls, &call->node_link);

    call->node = error ? NULL : node;
    return error;
}

int32_t node_add_receive(struct revocation_node *node, struct receive *receive)
{
    int32_t error = node_add(node, &node->receives, &receive->node_link);

    sync_store_pointer(&receive->node, error ? NULL : node);
    return error;
}

int32_t node_add_park(struct revocation_node *node, struct park *park)
{
    int32_t error = node_add(node, &node->parks, &park->node_link);

    park->node = error ? NULL : node;
    return error;
}

void node_leave(struct revocation_node *node, struct list_node *link)
{
    lock_acquire(&node->lock);
    list_remove(link);
    lock_release(&node->lock);
}

int32_t node_add_region(struct revocation_node *node, struct region *region)
{
    int32_t error = node_add(node, &node->regions, &region->node_link);

    region->node = error ? NULL : node;
    return error;
}

int32_t node_add_binding(struct revocation_node *node,
                         struct sched_binding *binding)
{
    int32_t error = node_add(node, &node->bindings, &binding->node_link);

    binding->node = error ? NULL : node;
    return error;
}

void node_add_part(struct revocation_node *node, struct region *region)
{
    object_get(&node->object);
    lock_acquire(&node->lock);
    list_push_back(&node->regions, &region->node_link);
    lock_release(&node->lock);
    region->node = node;
}

void node_remove_region(struct region *region)
{
    struct revocation_node *node = region->node;

    node_leave(node, &region->node_link);
    region->node = NULL;
    object_put(&node->object);
}

void node_remove_binding(struct sched_binding *binding)
{
    struct revocation_node *node = binding->node;

    lock_acquire(&node->lock);
    list_remove(&binding->node_link);
    lock_release(&node->lock);
    binding->node = NULL;
    object_put(&node->object);
}

/* ----------------------------------------------------------------- cutting */

/* From now on nothing can be done through it. */
static void node_mark(struct revocation_node *node)
{
    bool first;

    lock_acquire(&node->lock);
    first = !sync_load(&node->revoked);
    sync_store(&node->revoked, 1);
    lock_release(&node->lock);
    if (first && hal_trace_enabled()) {
        hal_trace(TRACE_NODE_CUT, 0, node->object.id, 0);
    }
    node_let_go(node);
}

/* Its first child that lives, with a reference; NULL: none is left. */
static struct revocation_node *node_first_child(struct revocation_node *node)
{
    struct revocation_node *found = NULL;
    struct list_node *link;

    lock_acquire(&node->lock);
    for (link = list_first(&node->children); link && !found;
         link = list_next(&node->children, link)) {
        struct revocation_node *child =
            container_of(link, struct revocation_node, sibling);

        /* One whose last reference goes now has nothing to cut. */
        if (object_try_get(&child->object)) {
            found = child;
        }
    }
    lock_release(&node->lock);
    return found;
}

/*
 * Ends a call in flight; the next step takes another one, for this one may be in
 * somebody's hands. NODE_CUT_DONE: there is none.
 */
static enum node_cut node_cut_call(struct revocation_node *node)
{
    struct list_node *first;
    struct call *call = NULL;
    uint64_t id = 0;

    lock_acquire(&node->lock);
    first = list_pop_front(&node->calls);
    if (first) {
        list_push_back(&node->calls, first);
        call = container_of(first, struct call, node_link);
        id = sync_load64(&call->id); /* it is this call's as long as locked */
    }
    lock_release(&node->lock);
    if (!call) {
        return NODE_CUT_DONE;
    }
    return call_cancel(call, id, ERR_DISCONNECTED) ? NODE_CUT_MORE
                                                   : NODE_CUT_WAIT;
}

/* Ends a receive, with the calls that it took. NODE_CUT_DONE: there is none. */
static enum node_cut node_cut_receive(struct revocation_node *node)
{
    struct list_node *first;
    struct receive *receive = NULL;
    struct endpoint *endpoint = NULL;

    lock_acquire(&node->lock);
    first = list_first(&node->receives);
    if (first) {
        receive = container_of(first, struct receive, node_link);
        endpoint = receive_revoke_get(receive);
    }
    lock_release(&node->lock);
    if (!receive) {
        return NODE_CUT_DONE;
    }
    return receive_revoke(receive, endpoint, node) ? NODE_CUT_MORE
                                                   : NODE_CUT_WAIT;
}

/* The same for a parked operation. */
static enum node_cut node_cut_park(struct revocation_node *node)
{
    struct list_node *first;

    lock_acquire(&node->lock);
    first = list_first(&node->parks);
    lock_release(&node->lock);
    if (!first) {
        return NODE_CUT_DONE;
    }
    return park_revoke(container_of(first, struct park, node_link), node)
               ? NODE_CUT_MORE
               : NODE_CUT_WAIT;
}

/*
 * Ends a process that ran a program which was taken back: there is nothing left
 * that it could run.
 */
static void node_end_process(struct space *space)
{
    if (space->owner->type == &process_type) {
        process_end(container_of(space->owner, struct process, object),
                    END_KILLED, ERR_DISCONNECTED);
    }
}

/* Covers the regions of one space. NODE_CUT_DONE: there are none. */
static enum node_cut node_cut_regions(struct revocation_node *node)
{
    struct list_node *first;
    struct space *space = NULL;

    lock_acquire(&node->lock);
    first = list_first(&node->regions);
    if (first) {
        space = space_revoke_get(container_of(first, struct region,
                                              node_link));
    }
    lock_release(&node->lock);
    if (!space) {
        return NODE_CUT_DONE;
    }
    if (space_revoke(space, node)) {
        node_end_process(space);
    }
    space_revoke_put(space);
    return NODE_CUT_MORE;
}

/* A step on one node without children. */
static enum node_cut node_cut_leaf(struct revocation_node *node)
{
    enum node_cut status = node_cut_call(node);

    if (status == NODE_CUT_DONE) {
        status = node_cut_receive(node);
    }
    if (status == NODE_CUT_DONE) {
        status = node_cut_park(node);
    }
    if (status == NODE_CUT_DONE) {
        status = node_cut_regions(node);
    }
    if (status == NODE_CUT_DONE && context_cut(node)) {
        status = NODE_CUT_MORE;
    }
    if (status == NODE_CUT_DONE) {
        node_unlink(node);
    }
    return status;
}

enum node_cut node_cut_step(struct revocation_node *node)
{
    struct revocation_node *top = node;
    struct revocation_node *child;
    enum node_cut status;

    object_get(&node->object);
    node_mark(node);
    while ((child = node_first_child(node))) {
        object_put(&node->object); /* its child refers to it */
        node = child;
        node_mark(node);
    }
    status = node_cut_leaf(node);
    if (status == NODE_CUT_DONE && node != top) {
        status = NODE_CUT_MORE;
    }
    object_put(&node->object);
    return status;
}
