/* facet.c - making and closing facets, their queues, rounds and notices. */
#include "ipc/facet.h"

#include "fail.h"
#include "ipc/record.h"
#include "ipc/deliver.h"
#include "ipc/endpoint.h"

static void facet_init(struct facet *facet, struct endpoint *endpoint,
                       const struct facet_request *request)
{
    object_get(&endpoint->object);
    facet->endpoint = endpoint;
    facet->tag = request->tag;
    facet->interface_id = request->interface_id;
    facet->one_shot = request->one_shot;
    facet->queue_limit = request->one_shot ? 1
                         : request->queue_limit
                             ? request->queue_limit
                             : FACET_QUEUE_LIMIT_DEFAULT;
    list_init(&facet->queue);
    list_init(&facet->delivered);
    list_node_init(&facet->link);
    list_node_init(&facet->ready_link);
}

int32_t facet_create(struct ledger *ledger, struct endpoint *endpoint,
                     const struct facet_request *request, struct facet **out)
{
    struct object *object;
    struct facet *facet;
    bool closed;
    int32_t error =
        object_create(sizeof(*facet), &facet_type, ledger, &object);

    if (error) {
        return error;
    }
    facet = facet_of(object);
    facet_init(facet, endpoint, request);
    lock_acquire(&endpoint->lock);
    closed = endpoint->closed;
    if (!closed) {
        list_push_back(&endpoint->facets, &facet->link);
    }
    lock_release(&endpoint->lock);
    if (closed) {
        object_put(object);
        return FAIL(ERR_DISCONNECTED, "endpoint is closed");
    }
    *out = facet;
    return 0;
}

/* ------------------------------------------------------------------- rounds */

static struct call *facet_first(const struct facet *facet)
{
    struct list_node *node = list_first(&facet->queue);

    return node ? container_of(node, struct call, link) : NULL;
}

static void facet_stand_nowhere(struct facet *facet)
{
    if (list_linked(&facet->ready_link)) {
        list_remove(&facet->ready_link);
        facet->endpoint->waiting--;
    }
}

static void facet_stand_last(struct facet *facet, enum facet_round round)
{
    struct endpoint *endpoint = facet->endpoint;

    facet_stand_nowhere(facet);
    facet->round = round;
    facet->turn = endpoint->turns++;
    list_push_back(&endpoint->ready[round], &facet->ready_link);
    endpoint->waiting++;
}

/*
 * Has it stand where it belongs. If it does already it keeps its turn. Whoever
 * was served last stays behind those who come before the next one is: so a
 * client that makes one call at a time alternates with one that has many.
 */
static void facet_stand(struct facet *facet)
{
    const struct call *first = facet_first(facet);
    enum facet_round round = first && !(first->flags & RING_INLINE)
                                 ? FACET_ROUND_MEMORY
                                 : FACET_ROUND_INLINE;
    struct facet *last = facet->endpoint->last;

    if (!first && !facet->notice) {
        facet_stand_nowhere(facet);
        return;
    }
    if (list_linked(&facet->ready_link) && facet->round == round) {
        return;
    }
    facet_stand_last(facet, round);
    if (last && last != facet && list_linked(&last->ready_link)) {
        facet_stand_last(last, last->round);
    }
}

int32_t facet_queue(struct facet *facet, struct call *call)
{
    if (facet->queued >= facet->queue_limit) {
        return FAIL(ERR_OVERLOADED, "the facet's queue is full");
    }
    list_push_back(&facet->queue, &call->link);
    sync_store(&call->state, CALL_QUEUED);
    facet->queued++;
    facet_stand(facet);
    return 0;
}

void facet_unqueue(struct facet *facet, struct call *call)
{
    list_remove(&call->link);
    sync_store(&call->state, CALL_ENDING);
    facet->queued--;
    facet_stand(facet);
}

struct call *facet_take(struct facet *facet)
{
    struct call *call = facet_first(facet);

    if (call) {
        list_remove(&call->link);
        facet->queued--;
    }
    return call;
}

void facet_untake(struct facet *facet, struct call *call)
{
    list_push_front(&facet->queue, &call->link);
    facet->queued++;
}

void facet_next_turn(struct facet *facet)
{
    facet_stand_nowhere(facet);
    facet_stand(facet);
}

int32_t facet_refusal(const struct facet *facet)
{
    if (facet->closed || facet->spent) {
        return FAIL(ERR_DISCONNECTED, "the facet is closed");
    }
    if (!sync_load(&facet->object.holders)) {
        /* Its server may have been told so: no call comes after that. */
        return FAIL(ERR_BAD_CAPABILITY, "the facet was released meanwhile");
    }
    return 0;
}

/* ------------------------------------------------------------------ notices */

void facet_noticed(struct facet *facet)
{
    facet->notice = false;
    facet_stand(facet);
}

/* Nobody holds it, and nobody will unless somebody brings one just now. */
static void facet_unheld(struct object *object)
{
    struct facet *facet = facet_of(object);
    struct endpoint *endpoint = facet->endpoint;
    bool due;

    lock_acquire(&endpoint->lock);
    due = facet->given && !facet->notice && !facet->closed &&
          !facet->spent && !sync_load(&object->holders);
    if (due) {
        object_get(object);
        facet->notice = true;
        facet_stand(facet);
    }
    lock_release(&endpoint->lock);
    if (due) {
        deliver_waiting(endpoint);
    }
}

void facet_given(struct facet *facet)
{
    struct endpoint *endpoint = facet->endpoint;

    lock_acquire(&endpoint->lock);
    facet->given = true;
    lock_release(&endpoint->lock);
    if (!sync_load(&facet->object.holders)) {
        facet_unheld(&facet->object); /* released by now */
    }
}

/* ------------------------------------------------------------------ closing */

/* Takes one waiting call out; NULL: there is none. The facet is referenced. */
static struct call *facet_take_queued(struct facet *facet)
{
    struct call *call;
    bool notice;

    lock_acquire(&facet->endpoint->lock);
    facet->closed = true;
    notice = facet->notice;
    call = facet_first(facet);
    if (call) {
        facet_unqueue(facet, call);
    }
    if (notice) {
        facet_noticed(facet);
    }
    lock_release(&facet->endpoint->lock);
    if (notice) {
        object_put(&facet->object);
    }
    return call;
}

/*
 * Takes one call out that a server has in its hands and is not returning at this
 * moment; NULL: there is none.
 */
static struct call *facet_take_delivered(struct facet *facet)
{
    struct list_node *node;
    struct call *found = NULL;

    lock_acquire(&facet->endpoint->lock);
    node = list_first(&facet->delivered);
    for (; node && !found; node = list_next(&facet->delivered, node)) {
        struct call *call = container_of(node, struct call, facet_link);

        if (sync_load(&call->state) == CALL_DELIVERED) {
            found = call;
        }
    }
    if (found) {
        call_take_delivered(found);
    }
    lock_release(&facet->endpoint->lock);
    return found;
}

void facet_close(struct facet *facet)
{
    struct call *call;

    object_get(&facet->object);
    while ((call = facet_take_queued(facet))) {
        call_fail(call, FAIL(ERR_DISCONNECTED, "facet closed"));
    }
    while ((call = facet_take_delivered(facet))) {
        call_fail(call, FAIL(ERR_DISCONNECTED, "facet closed"));
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
    if (endpoint->last == facet) {
        endpoint->last = NULL;
    }
    lock_release(&endpoint->lock);
    object_put(&endpoint->object);
}

static uint64_t facet_subject(const struct object *object)
{
    return facet_of_const(object)->endpoint->object.id;
}

const struct object_type facet_type = {
    .subject = facet_subject,
    .name = "facet",
    .unheld = facet_unheld,
    .destroy = facet_destroy,
};
