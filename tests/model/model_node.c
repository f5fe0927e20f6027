/*
 * model_node.c - revocation nodes.
 *
 * A node is revoked when its revoker is, or any node above it. It holds its
 * target until then, or until its last slot goes.
 */
#include "model.h"

uint32_t model_node_new(uint32_t parent, uint32_t target, uint32_t revoker)
{
    struct model_node *node;

    model_must(model_node_count < MODEL_NODES, "too many nodes");
    if (!revoker) { /* what is derived of the derived stands beside it */
        while (parent && !model_nodes[parent].revoker) {
            parent = model_nodes[parent].parent;
        }
    }
    node = &model_nodes[++model_node_count];
    node->target = target;
    node->parent = parent;
    node->revoker = revoker;
    node->depth = (parent ? model_nodes[parent].depth : 0) + (revoker != 0);
    model_hold(target);
    return model_node_count;
}

bool model_node_revoked(uint32_t node)
{
    return model_nodes[node].revoked;
}

bool model_node_below(uint32_t node, uint32_t above)
{
    while (node && node != above) {
        node = model_nodes[node].parent;
    }
    return node != 0;
}

static void node_let_go(uint32_t node)
{
    if (!model_nodes[node].let_go) {
        model_nodes[node].let_go = true;
        model_unhold(model_nodes[node].target);
    }
}

void model_node_unslot(uint32_t node)
{
    model_must(model_nodes[node].slots != 0, "slots of a node");
    if (--model_nodes[node].slots == 0) {
        node_let_go(node);
    }
}

/* --------------------------------------------------------------- revokers */

void model_refuse(uint32_t process, uint64_t user_data, int32_t error)
{
    struct model_cqe *cqe = model_expect(process, user_data, ERR_EXCEPTION);

    cqe->detail = error;
}

void model_answer_cap(uint32_t process, uint64_t user_data, int32_t error,
                      uint64_t cap)
{
    struct model_cqe *cqe;

    if (error) {
        model_refuse(process, user_data, error);
        return;
    }
    cqe = model_expect(process, user_data, 0);
    cqe->cap_count = 1;
    cqe->caps[0] = cap;
}

void model_make(uint32_t process, uint64_t factory, enum model_kind kind,
                uint64_t user_data)
{
    const struct model_edge *edge = model_find(process, factory);
    uint64_t cap = 0;
    int32_t error;

    if (!edge) {
        (void)model_expect(process, user_data, ERR_BAD_CAPABILITY);
        return;
    }
    error = model_give(process, edge->node, model_object_new(kind), &cap);
    model_answer_cap(process, user_data, error, cap);
}

/* What attaching a capability gives, or why not. */
static int32_t attach(uint32_t process, uint32_t revoker, uint64_t cap,
                      uint64_t *out)
{
    const struct model_edge *held = model_find(process, cap);
    struct model_edge edge;

    if (!held) {
        return ERR_BAD_CAPABILITY;
    }
    if (held->mode != MODEL_COPY) {
        return ERR_NOT_TRANSFERABLE;
    }
    if (model_objects[revoker].closed) {
        return ERR_BAD_CAPABILITY;
    }
    if (model_nodes[held->node].depth >= 32) {
        return ERR_OVERLOADED;
    }
    if (model_processes[process].ledger.used[MODEL_CAPS] >=
        model_processes[process].ledger.limit[MODEL_CAPS]) {
        return ERR_OVERLOADED;
    }
    edge = *held;
    edge.node = model_node_new(held->node, held->object, revoker);
    edge.origin = MODEL_RESULT_CAP;
    edge.giver = model_processes[process].id;
    edge.giver_cap = cap;
    return model_insert(process, &edge, out);
}

void model_attach(uint32_t process, uint64_t revoker, uint64_t cap,
                  uint64_t user_data)
{
    const struct model_edge *edge = model_find(process, revoker);
    uint64_t made = 0;
    int32_t error;

    if (!edge) {
        (void)model_expect(process, user_data, ERR_BAD_CAPABILITY);
        return;
    }
    error = attach(process, edge->object, cap, &made);
    model_answer_cap(process, user_data, error, made);
}

/* Cuts a node with all that is below it. */
static void node_cut(uint32_t node)
{
    model_nodes[node].revoked = true;
    node_let_go(node);
    for (uint32_t i = node + 1; i <= model_node_count; i++) {
        if (model_nodes[i].parent == node && !model_nodes[i].cut) {
            node_cut(i);
        }
    }
    for (uint32_t i = 1; i <= model_call_count; i++) {
        if (model_calls[i].state != MODEL_DONE && model_calls[i].node == node) {
            model_call_withdraw(i, ERR_DISCONNECTED);
        }
    }
    model_receives_cut(node);
    model_nodes[node].cut = true;
}

/* The call itself is in flight meanwhile, perhaps through what it cuts. */
static void revoke(uint32_t process, const struct model_edge *edge,
                   uint64_t user_data, uint32_t record)
{
    uint32_t revoker = edge->object;
    uint32_t node = edge->node;
    bool was_used = model_objects[revoker].closed;

    model_objects[revoker].closed = true;
    for (uint32_t i = 1; i <= model_node_count && !was_used; i++) {
        if (model_nodes[i].revoker == revoker && !model_nodes[i].cut) {
            node_cut(i);
        }
    }
    (void)model_expect(process, user_data,
                       model_nodes[node].revoked ? ERR_DISCONNECTED : 0);
    if (record) {
        model_push(&model_processes[process].records, record);
    }
}

void model_revoke(uint32_t process, uint64_t cap, uint64_t user_data)
{
    const struct model_edge *edge = model_find(process, cap);
    uint32_t record = 0;

    if (!edge) {
        (void)model_expect(process, user_data, ERR_BAD_CAPABILITY);
        return;
    }
    if (!model_objects[edge->object].closed) {
        record = model_pop(&model_processes[process].records);
        if (!record) {
            model_refuse(process, user_data, ERR_OVERLOADED);
            return;
        }
    }
    revoke(process, edge, user_data, record);
}
