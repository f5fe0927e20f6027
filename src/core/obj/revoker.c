/*
 * revoker.c - RevokerFactory, and Revoker: capabilities that can be taken back.
 *
 * Revoking is work (work.h): node after node is cut with all below it, then every
 * other CPU must have been outside of the kernel once, for one of them may just
 * now run a method that it found through a node; then those who wait are told.
 */
#include "obj/revoker.h"

#include "cap/transfer.h"
#include "fail.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "proc/process.h"
#include "sched/work.h"

struct revoker {
    struct object object;
    struct lock lock; /* LOCK_PARK */
    bool revoked;     /* nothing is attached any more */
    bool working;     /* the work was started */
    bool cut;         /* no node is left: waits for other CPUs */
    bool done;
    struct list nodes;   /* by of_revoker */
    struct list waiters; /* deferred calls of revoke */
    struct work work;
    struct retire_pass pass;
};

static struct object revoker_factory_object;

/* ------------------------------------------------------------------- nodes */

int32_t revoker_keep(struct revoker *revoker, struct revocation_node *node)
{
    bool revoked;

    lock_acquire(&revoker->lock);
    revoked = revoker->revoked;
    if (!revoked) {
        list_push_back(&revoker->nodes, &node->of_revoker);
        object_get(&revoker->object);
        node->revoker = revoker;
    }
    lock_release(&revoker->lock);
    return revoked ? FAIL(ERR_BAD_CAPABILITY, "the revoker was used") : 0;
}

void revoker_forget(struct revocation_node *node)
{
    struct revoker *revoker = node->revoker;

    lock_acquire(&revoker->lock);
    list_remove(&node->of_revoker);
    lock_release(&revoker->lock);
    object_put(&revoker->object);
}

uint64_t revoker_id(const struct revoker *revoker)
{
    return revoker->object.id;
}

/* The first node that lives, with a reference; NULL: none is left. */
static struct revocation_node *revoker_first(struct revoker *revoker)
{
    struct revocation_node *found = NULL;
    struct list_node *link;

    lock_acquire(&revoker->lock);
    for (link = list_first(&revoker->nodes); link && !found;
         link = list_next(&revoker->nodes, link)) {
        struct revocation_node *node =
            container_of(link, struct revocation_node, of_revoker);

        /* One whose last reference goes now has nothing to cut. */
        if (object_try_get(&node->object)) {
            found = node;
        }
    }
    lock_release(&revoker->lock);
    return found;
}

/* ---------------------------------------------------------------- revoking */

/* Tells one who waits; false: nobody is left, and nobody will come. */
static bool revoker_tell(struct revoker *revoker)
{
    static const uint64_t nothing[4];
    struct call *waiter;

    lock_acquire(&revoker->lock);
    revoker->done = true;
    waiter = call_take_first(&revoker->waiters);
    lock_release(&revoker->lock);
    if (waiter) {
        kernel_finish_inline(waiter, nothing);
    }
    return waiter != NULL;
}

/* A step on its first node. */
static enum work_status revoker_cut(struct revoker *revoker,
                                    struct revocation_node *node)
{
    enum node_cut status = node_cut_step(node);

    if (status == NODE_CUT_DONE) {
        lock_acquire(&revoker->lock);
        list_remove(&node->of_revoker);
        lock_release(&revoker->lock);
    }
    object_put(&node->object);
    return status == NODE_CUT_WAIT ? WORK_WAIT : WORK_MORE;
}

static enum work_status revoker_step(struct work *work)
{
    struct revoker *revoker = container_of(work, struct revoker, work);
    struct revocation_node *node =
        revoker->cut ? NULL : revoker_first(revoker);

    if (node) {
        return revoker_cut(revoker, node);
    }
    if (!revoker->cut) {
        revoker->cut = true;
        retire_pass_begin(&revoker->pass);
    }
    if (!retire_pass_over(&revoker->pass)) {
        return WORK_WAIT;
    }
    if (revoker_tell(revoker)) {
        return WORK_MORE;
    }
    object_put(&revoker->object);
    return WORK_DONE;
}

/*
 * Gets into the line of those who wait until all is cut. 0: it is cut already.
 * *start: the caller has to start the work. Locked.
 */
static int32_t revoker_wait(struct revoker *revoker, struct server_call *call,
                            bool *start)
{
    struct call *waiting;

    if (revoker->done) {
        return 0;
    }
    waiting = kernel_defer(call, &revoker->object, &revoker->lock);
    if (!waiting) {
        return ERR_OVERLOADED;
    }
    list_push_back(&revoker->waiters, &waiting->link);
    revoker->revoked = true;
    *start = !revoker->working;
    revoker->working = true;
    return SERVER_PENDING;
}

static int32_t revoker_revoke(void *self, struct server_call *call,
                              struct revoker_revoke_params_reader params,
                              struct revoker_revoke_results_builder results)
{
    struct revoker *revoker = self;
    bool start = false;
    int32_t status;

    (void)params;
    (void)results;
    lock_acquire(&revoker->lock);
    status = revoker_wait(revoker, call, &start);
    lock_release(&revoker->lock);
    if (start) {
        object_get(&revoker->object);
        work_start(&revoker->work);
    }
    return status == ERR_OVERLOADED
               ? kernel_raise(call, status, "no call record left")
               : status;
}

/* --------------------------------------------------------------- attaching */

/* The new capability: as the one attached, but through a node of its own. */
static int32_t revoker_give(struct revoker *revoker, struct server_call *call,
                            const struct cap_edge *from, uint32_t *index)
{
    struct cap_edge edge = *from;
    int32_t error;

    /* What nobody holds any more has been told so: it does not come back. */
    if (!object_try_hold(from->object)) {
        return FAIL(ERR_BAD_CAPABILITY, "nobody holds the object any more");
    }
    error = node_create(from->node, from->object, revoker,
                        kernel_caller(call)->ledger, &edge.node);
    if (!error) {
        error = kernel_give_edge(call, &edge, index);
        object_put(&edge.node->object);
    }
    object_unhold(from->object);
    return error;
}

static int32_t revoker_attach(void *self, struct server_call *call,
                              struct revoker_attach_params_reader params,
                              struct revoker_attach_results_builder results)
{
    struct cap_edge edge;
    uint32_t index;
    int32_t error =
        kernel_cap(call, revoker_attach_params_get_cap(params), &edge);

    if (!error) {
        error = revoker_give(self, call, &edge, &index);
        cap_transfer_put(&edge);
    }
    if (error) {
        return kernel_raise(call, error, "the capability cannot be attached");
    }
    revoker_attach_results_set_cap(results, index);
    return 0;
}

/* ------------------------------------------------------------------ making */

static const struct revoker_server revoker_handlers = {
    .attach = revoker_attach,
    .revoke = revoker_revoke,
};

static int32_t revoker_methods(struct object *object, struct kernel_call *call)
{
    return revoker_dispatch(&revoker_handlers,
                            container_of(object, struct revoker, object),
                            &call->server);
}

static const struct object_type revoker_type = {
    .interface_id = REVOKER_INTERFACE_ID,
    .name = "revoker",
    .dispatch = revoker_methods,
};

static int32_t revoker_factory_create(
    void *self, struct server_call *call,
    struct revoker_factory_create_params_reader params,
    struct revoker_factory_create_results_builder results)
{
    struct revoker *revoker;
    struct object *object;
    uint32_t index;
    int32_t error = object_create(sizeof(*revoker), &revoker_type,
                                  kernel_caller(call)->ledger, &object);

    (void)self;
    (void)params;
    if (error) {
        return kernel_raise(call, error, "no room for a revoker");
    }
    revoker = container_of(object, struct revoker, object);
    lock_init(&revoker->lock, LOCK_PARK);
    list_init(&revoker->nodes);
    list_init(&revoker->waiters);
    list_node_init(&revoker->work.link);
    revoker->work.step = revoker_step;
    error = kernel_give_new(call, object, &index);
    if (error) {
        return kernel_raise(call, error, "no room for the capability");
    }
    revoker_factory_create_results_set_revoker(results, index);
    return 0;
}

static const struct revoker_factory_server revoker_factory_handlers = {
    .create = revoker_factory_create,
};

static int32_t revoker_factory_methods(struct object *object,
                                       struct kernel_call *call)
{
    return revoker_factory_dispatch(&revoker_factory_handlers, object,
                                    &call->server);
}

static const struct object_type revoker_factory_type = {
    .interface_id = REVOKER_FACTORY_INTERFACE_ID,
    .name = "revoker-factory",
    .dispatch = revoker_factory_methods,
    .destroy = root_destroy,
};

const struct root revoker_factory_root = {
    .name = "revokers",
    .object = &revoker_factory_object,
    .type = &revoker_factory_type,
};
