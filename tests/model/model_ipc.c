/*
 * model_ipc.c - calls and receives.
 *
 * Every receive here has as many slots as credits and every message fits into one,
 * so that a call waits only for a credit. Facets that wait are served in turn, a
 * call at a time.
 */
#include "model.h"

#define RECEIVE_NAME(process, record) ((process) * MODEL_RECEIVES + (record))

struct model_receive *model_receive_at(uint32_t name)
{
    return &model_processes[name / MODEL_RECEIVES]
                .receives[name % MODEL_RECEIVES];
}

struct model_cqe *model_expect(uint32_t process, uint64_t user_data,
                               int32_t result)
{
    static struct model_cqe nowhere;
    struct model_process *owner = &model_processes[process];
    struct model_cqe *cqe = &nowhere;

    if (owner->alive) {
        model_must(owner->expected < MODEL_EXPECTED, "expectations");
        cqe = &owner->expect[owner->expected++];
    }
    *cqe = (struct model_cqe){.user_data = user_data, .result = result};
    return cqe;
}

/* --------------------------------------------------------- the end of a call */

void model_call_end(uint32_t call, int32_t result)
{
    struct model_call *record = &model_calls[call];

    record->state = MODEL_DONE;
    (void)model_expect(record->caller, record->user_data, result);
    model_push(&model_processes[record->caller].records, record->record);
}

/* Takes it out of wherever it stands; its credit stays with the server. */
void model_call_take(uint32_t call)
{
    struct model_call *record = &model_calls[call];
    struct model_object *object = &model_objects[record->object];

    if (record->state == MODEL_QUEUED) {
        (void)model_remove(&object->queue, call);
        model_facet_stand(record->object);
    } else if (record->state == MODEL_DELIVERED) {
        (void)model_remove(&object->served, call);
        (void)model_remove(&model_processes[record->server].delivered, call);
    } else {
        (void)model_remove(&model_processes[object->process].waiters, call);
    }
}

void model_call_withdraw(uint32_t call, int32_t result)
{
    struct model_call *record = &model_calls[call];
    bool queued = record->state == MODEL_QUEUED;
    uint32_t endpoint = model_objects[record->object].endpoint;

    model_call_take(call);
    model_call_end(call, result);
    if (queued) {
        model_deliver_waiting(endpoint);
    }
}

/* ----------------------------------------------------------------- delivery */

/* The first receive with a credit left, in the order of arming; 0: none. */
static uint32_t receive_with_credit(const struct model_object *endpoint)
{
    for (uint32_t i = 0; i < endpoint->receives.count; i++) {
        if (model_receive_at(endpoint->receives.items[i])->free) {
            return endpoint->receives.items[i];
        }
    }
    return 0;
}

enum offer { OFFER_TAKEN, OFFER_WAIT, OFFER_ENDED };

/* Offers a call that is in no list; the error ends it. */
static enum offer call_offer(uint32_t call, int32_t *error)
{
    struct model_call *record = &model_calls[call];
    struct model_object *facet = &model_objects[record->object];
    uint32_t name = receive_with_credit(&model_objects[facet->endpoint]);
    uint32_t server = name / MODEL_RECEIVES;
    uint64_t caps[MESSAGE_CAPS_MAX];
    struct model_cqe *cqe;

    if (!name) {
        return OFFER_WAIT;
    }
    *error = record->xfer_count
                 ? model_transfer(record->caller, server, record->xfers,
                                  record->xfer_count, MODEL_IPC_TRANSFER, caps)
                 : 0;
    if (*error) {
        *error = model_no_room(*error) ? ERR_OVERLOADED : *error;
        return OFFER_ENDED;
    }
    model_receive_at(name)->free--;
    model_push(&model_receive_at(name)->busy, call);
    cqe = model_expect(server, model_receive_at(name)->user_data, 0);
    cqe->delivered = true;
    cqe->call = call;
    cqe->tag = facet->tag;
    cqe->in_words = record->in_words;
    cqe->out_words = record->out_words;
    cqe->word = record->word;
    cqe->cap_count = record->xfer_count;
    for (uint32_t i = 0; i < record->xfer_count; i++) {
        cqe->caps[i] = caps[i];
    }
    record->state = MODEL_DELIVERED;
    record->server = server;
    record->receive = name;
    model_push(&facet->served, call);
    model_push(&model_processes[server].delivered, call);
    model_objects[facet->endpoint].last = record->object;
    facet->spent = facet->one_shot;
    return OFFER_TAKEN;
}

/* Tells a server that a facet of its has no holder any more. */
static bool facet_notify(uint32_t facet)
{
    struct model_object *object = &model_objects[facet];
    uint32_t name = receive_with_credit(&model_objects[object->endpoint]);
    struct model_cqe *cqe;

    if (!name) {
        return false;
    }
    model_must(model_call_count < MODEL_CALLS, "too many calls");
    model_calls[++model_call_count] = (struct model_call){
        .notice = true, .object = facet, .receive = name,
        .server = name / MODEL_RECEIVES};
    object->unheld = false;
    model_receive_at(name)->free--;
    model_push(&model_receive_at(name)->busy, model_call_count);
    cqe = model_expect(name / MODEL_RECEIVES, model_receive_at(name)->user_data, 0);
    cqe->delivered = true;
    cqe->notice = true;
    cqe->call = model_call_count;
    cqe->tag = object->tag;
    return true;
}

/* One turn of a facet; false: nothing can be done now. */
static bool facet_turn(uint32_t endpoint, uint32_t facet)
{
    struct model_object *object = &model_objects[facet];
    uint32_t call = model_pop(&object->queue);
    enum offer offer;
    int32_t error = 0;

    if (!call) {
        if (!facet_notify(facet)) {
            return false;
        }
        model_facet_stand(facet);
        return true;
    }
    offer = call_offer(call, &error);
    if (offer == OFFER_WAIT) {
        model_push_front(&object->queue, call);
        return false;
    }
    (void)model_remove(&model_objects[endpoint].ready, facet);
    model_facet_stand(facet);
    if (offer == OFFER_ENDED) {
        model_call_end(call, error);
    }
    return true;
}

void model_deliver_waiting(uint32_t endpoint)
{
    struct model_object *object = &model_objects[endpoint];

    while (!object->closed && object->ready.count &&
           facet_turn(endpoint, object->ready.items[0])) {
    }
}

/* ----------------------------------------------------------------- calling */

static int32_t facet_take_call(uint32_t call)
{
    struct model_object *facet = &model_objects[model_calls[call].object];
    bool behind = model_objects[facet->endpoint].ready.count != 0;
    int32_t error = 0;

    if (facet->closed || facet->spent) {
        return ERR_DISCONNECTED;
    }
    if (!behind && call_offer(call, &error) != OFFER_WAIT) {
        return error;
    }
    if (facet->queue.count >= facet->limit) {
        return ERR_OVERLOADED;
    }
    model_calls[call].state = MODEL_QUEUED;
    model_push(&facet->queue, call);
    model_facet_stand(model_calls[call].object);
    if (behind) {
        model_deliver_waiting(facet->endpoint);
    }
    return 0;
}

uint32_t model_call(uint32_t process, uint64_t cap,
                    const struct model_call *asked)
{
    const struct model_edge *edge = model_find(process, cap);
    uint32_t record;
    int32_t error;

    if (!edge) {
        (void)model_expect(process, asked->user_data, ERR_BAD_CAPABILITY);
        return 0;
    }
    record = model_pop(&model_processes[process].records);
    if (!record) {
        (void)model_expect(process, asked->user_data, ERR_OVERLOADED);
        return 0;
    }
    model_must(model_call_count < MODEL_CALLS, "too many calls");
    model_calls[++model_call_count] = *asked;
    model_calls[model_call_count].caller = process;
    model_calls[model_call_count].object = edge->object;
    model_calls[model_call_count].node = edge->node;
    model_calls[model_call_count].record = record;
    error = facet_take_call(model_call_count);
    if (error) {
        model_call_end(model_call_count, error);
        return 0;
    }
    return model_call_count;
}

/* --------------------------------------------------------------- receiving */

void model_recv(uint32_t process, uint64_t cap, uint32_t credits,
                uint64_t user_data)
{
    const struct model_edge *edge = model_find(process, cap);
    uint32_t record = 0;
    struct model_receive *receive;

    while (record < MODEL_RECEIVES &&
           model_processes[process].receives[record].endpoint) {
        record++;
    }
    if (!edge || model_objects[edge->object].kind != MODEL_ENDPOINT) {
        (void)model_expect(process, user_data, ERR_BAD_CAPABILITY);
        return;
    }
    if (record == MODEL_RECEIVES) {
        (void)model_expect(process, user_data, ERR_OVERLOADED);
        return;
    }
    receive = &model_processes[process].receives[record];
    *receive = (struct model_receive){.endpoint = edge->object,
                                      .node = edge->node,
                                      .user_data = user_data,
                                      .free = credits};
    model_push(&model_objects[edge->object].receives,
               RECEIVE_NAME(process, record));
    model_deliver_waiting(edge->object);
}

/* The record is free for another one when nothing of it is in use. */
static void receive_settle(struct model_receive *receive)
{
    if (receive->ending && !receive->busy.count) {
        receive->endpoint = 0;
    }
}

/* Takes no more calls. */
void model_receive_disarm(uint32_t process, uint32_t record)
{
    struct model_receive *receive = &model_processes[process].receives[record];

    (void)model_remove(&model_objects[receive->endpoint].receives,
                       RECEIVE_NAME(process, record));
    receive->ending = true;
    receive->free = 0;
    receive_settle(receive);
}

void model_receive_drop(uint32_t process, uint32_t record)
{
    struct model_receive *receive = &model_processes[process].receives[record];
    uint32_t endpoint = receive->endpoint;

    if (endpoint) {
        model_receive_disarm(process, record);
        receive->endpoint = 0;
        model_deliver_waiting(endpoint);
    }
}

static void receive_cut(uint32_t process, uint32_t record)
{
    struct model_receive *receive = &model_processes[process].receives[record];

    receive->node = 0;
    if (!receive->ending) {
        (void)model_expect(process, receive->user_data, ERR_DISCONNECTED);
        model_receive_disarm(process, record);
    }
    for (uint32_t i = 0; i < receive->busy.count; i++) {
        uint32_t call = receive->busy.items[i];

        if (model_calls[call].state == MODEL_DELIVERED) {
            model_call_take(call);
            model_call_end(call, ERR_DISCONNECTED);
        }
    }
}

void model_receives_cut(uint32_t node)
{
    uint32_t endpoint = 0;

    for (uint32_t process = 1; process <= model_process_count; process++) {
        for (uint32_t i = 0; i < MODEL_RECEIVES; i++) {
            struct model_receive *receive =
                &model_processes[process].receives[i];

            if (receive->endpoint && receive->node == node) {
                endpoint = receive->endpoint;
                receive_cut(process, i);
            }
        }
    }
    if (endpoint) {
        model_deliver_waiting(endpoint);
    }
}

/* Gives a credit back, of a call or of what is left of one. */
static bool credit_give(uint32_t process, uint32_t call)
{
    for (uint32_t i = 0; i < MODEL_RECEIVES; i++) {
        struct model_receive *receive = &model_processes[process].receives[i];
        uint32_t endpoint = receive->endpoint;

        if (!endpoint || !model_remove(&receive->busy, call)) {
            continue;
        }
        receive->free += !receive->ending;
        receive_settle(receive);
        model_deliver_waiting(endpoint);
        return true;
    }
    return false;
}

/* ---------------------------------------------------------------- returning */

/* The caller's error, or 0; *refused is the server's. */
static int32_t return_caps(struct model_call *record, uint32_t process,
                           const struct model_xfer *xfers, uint32_t count,
                           uint64_t *caps, int32_t *refused)
{
    int32_t error = count ? model_transfer(process, record->caller, xfers,
                                           count, MODEL_RESULT_CAP, caps)
                          : 0;

    *refused = error && !model_no_room(error) ? error : 0;
    return error;
}

/*
 * True if the process has that call to return. Else this is the answer: a notice
 * has nobody to answer, and its credit comes back without a completion.
 */
static bool returnable(uint32_t process, uint32_t call, uint64_t user_data)
{
    const struct model_call *record = &model_calls[call];

    if (record->notice) {
        if (!credit_give(process, call)) {
            (void)model_expect(process, user_data, ERR_CALL_GONE);
        }
        return false;
    }
    if (record->state != MODEL_DELIVERED || record->server != process) {
        (void)model_expect(process, user_data, ERR_CALL_GONE);
        (void)credit_give(process, call);
        return false;
    }
    return true;
}

void model_return(uint32_t process, uint32_t call, bool in_words,
                  uint64_t word, const struct model_xfer *xfers,
                  uint32_t count, uint64_t user_data)
{
    struct model_call *record = &model_calls[call];
    uint64_t caps[MESSAGE_CAPS_MAX] = {0};
    struct model_cqe *cqe;
    int32_t refused = 0;
    int32_t error;

    if (!returnable(process, call, user_data)) {
        return;
    }
    if (in_words != record->out_words) {
        refused = ERR_WRONG_FORM;
    } else {
        error = return_caps(record, process, xfers, count, caps, &refused);
    }
    if (refused) { /* the call is the server's last one now */
        (void)model_remove(&model_processes[process].delivered, call);
        model_push(&model_processes[process].delivered, call);
        (void)model_expect(process, user_data, refused);
        return;
    }
    (void)model_remove(&model_processes[process].delivered, call);
    (void)model_remove(&model_objects[record->object].served, call);
    if (error) { /* the server still has them, and hears so */
        (void)model_expect(process, user_data, 0);
    }
    (void)credit_give(process, call);
    record->state = MODEL_DONE;
    cqe = model_expect(record->caller, record->user_data, error);
    cqe->in_words = in_words;
    cqe->word = error ? 0 : word;
    cqe->cap_count = error ? 0 : count;
    for (uint32_t i = 0; i < cqe->cap_count; i++) {
        cqe->caps[i] = caps[i];
    }
    model_push(&model_processes[record->caller].records, record->record);
}

void model_raise(uint32_t process, uint32_t call, uint64_t user_data)
{
    if (!returnable(process, call, user_data)) {
        return;
    }
    model_call_take(call);
    (void)credit_give(process, call);
    model_call_end(call, ERR_EXCEPTION);
}

/* --------------------------------------------------------------- cancelling */

/* The call of the process with that user_data; 0: none. */
static uint32_t call_wanted(uint32_t process, uint64_t wanted)
{
    for (uint32_t i = 1; i <= model_call_count; i++) {
        if (model_calls[i].state != MODEL_DONE &&
            model_calls[i].caller == process &&
            model_calls[i].user_data == wanted) {
            return i;
        }
    }
    return 0;
}

void model_cancel(uint32_t process, uint64_t wanted, uint64_t user_data)
{
    uint32_t call = call_wanted(process, wanted);

    if (call) {
        model_call_withdraw(call, ERR_CANCELLED);
        (void)model_expect(process, user_data, 0);
        return;
    }
    for (uint32_t i = 0; i < MODEL_RECEIVES; i++) {
        struct model_receive *receive = &model_processes[process].receives[i];
        uint32_t endpoint = receive->endpoint;

        if (endpoint && !receive->ending && receive->user_data == wanted) {
            model_receive_disarm(process, i);
            (void)model_expect(process, wanted, ERR_CANCELLED);
            model_deliver_waiting(endpoint);
            (void)model_expect(process, user_data, 0);
            return;
        }
    }
    (void)model_expect(process, user_data, ERR_NOT_FOUND);
}
