/* model_facet.c - endpoints and facets, and whose turn it is. */
#include "model.h"

/* ------------------------------------------------------------------- turns */

static bool listed(const struct model_list *list, uint32_t item)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i] == item) {
            return true;
        }
    }
    return false;
}

static void stand_last(struct model_object *endpoint, uint32_t facet)
{
    (void)model_remove(&endpoint->ready, facet);
    model_push(&endpoint->ready, facet);
}

/*
 * Has a facet stand in line while something of it waits. It loses its turn when
 * what comes first needs a slot and did not before, or the other way about; who
 * was served last stays behind all others.
 */
void model_facet_stand(uint32_t facet)
{
    struct model_object *object = &model_objects[facet];
    struct model_object *endpoint = &model_objects[object->endpoint];
    bool first = object->queue.count != 0;
    bool slot = first && !model_calls[object->queue.items[0]].in_words;

    if (!first && !object->unheld) {
        (void)model_remove(&endpoint->ready, facet);
        return;
    }
    if (listed(&endpoint->ready, facet) && object->needs_slot == slot) {
        return;
    }
    object->needs_slot = slot;
    stand_last(endpoint, facet);
    if (endpoint->last && endpoint->last != facet &&
        listed(&endpoint->ready, endpoint->last)) {
        stand_last(endpoint, endpoint->last);
    }
}

/* ------------------------------------------------------------------- facets */

void model_mint(uint32_t process, uint64_t endpoint, uint64_t tag,
                uint32_t limit, bool one_shot, uint64_t user_data)
{
    const struct model_edge *edge = model_find(process, endpoint);
    uint32_t facet;
    uint64_t cap = 0;
    int32_t error;

    if (!edge) {
        (void)model_expect(process, user_data, ERR_BAD_CAPABILITY);
        return;
    }
    facet = model_object_new(MODEL_FACET);
    model_objects[facet].endpoint = edge->object;
    model_objects[facet].tag = tag;
    model_objects[facet].limit = one_shot ? 1 : limit;
    model_objects[facet].one_shot = one_shot;
    error = model_give(process, edge->node, facet, &cap);
    model_answer_cap(process, user_data, error, cap);
}

/* Held, or called and not answered, or its server has to be told. */
bool model_facet_exists(uint32_t facet)
{
    const struct model_object *object = &model_objects[facet];

    return object->holders || object->queue.count || object->served.count ||
           object->unheld;
}

/* Ends the calls of a list. */
static void calls_disconnect(struct model_list *calls)
{
    while (calls->count) {
        uint32_t call = calls->items[0];

        model_call_take(call);
        model_call_end(call, ERR_DISCONNECTED);
    }
}

void model_facet_close(uint32_t facet)
{
    struct model_object *object = &model_objects[facet];

    object->closed = true;
    calls_disconnect(&object->queue);
    object->unheld = false;
    model_facet_stand(facet);
    calls_disconnect(&object->served);
    model_deliver_waiting(object->endpoint);
}

void model_close(uint32_t process, uint64_t endpoint, uint64_t tag,
                 uint64_t user_data)
{
    const struct model_edge *edge = model_find(process, endpoint);
    struct model_cqe *cqe;
    uint64_t closed = 0;
    uint32_t object;

    if (!edge) {
        (void)model_expect(process, user_data, ERR_BAD_CAPABILITY);
        return;
    }
    object = edge->object;
    for (uint32_t i = 1; i <= model_object_count; i++) {
        if (model_objects[i].kind == MODEL_FACET &&
            model_objects[i].endpoint == object &&
            model_objects[i].tag == tag && !model_objects[i].closed &&
            model_facet_exists(i)) {
            model_facet_close(i);
            closed++;
        }
    }
    cqe = model_expect(process, user_data, 0);
    cqe->in_words = true;
    cqe->word = closed;
}

void model_facet_unheld(uint32_t facet)
{
    struct model_object *object = &model_objects[facet];

    if (!object->closed && !object->spent) {
        object->unheld = true;
        model_facet_stand(facet);
        model_deliver_waiting(object->endpoint);
    }
}

void model_endpoint_unheld(uint32_t endpoint)
{
    struct model_object *object = &model_objects[endpoint];

    object->closed = true;
    for (uint32_t i = 1; i <= model_object_count; i++) {
        if (model_objects[i].kind == MODEL_FACET && !model_objects[i].closed &&
            model_objects[i].endpoint == endpoint) {
            model_facet_close(i);
        }
    }
    while (object->receives.count) {
        uint32_t name = object->receives.items[0];

        model_receive_disarm(name / MODEL_RECEIVES, name % MODEL_RECEIVES);
        (void)model_expect(name / MODEL_RECEIVES, model_receive_at(name)->user_data,
                           ERR_DISCONNECTED);
    }
}
