/* model.c - the world of the model: lists, objects, ledgers, tables. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model_process *model_processes;
struct model_object *model_objects;
struct model_node *model_nodes;
struct model_call *model_calls;
uint32_t model_process_count;
uint32_t model_object_count;
uint32_t model_node_count;
uint32_t model_call_count;

void model_must(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "the model is wrong: %s\n", what);
        exit(70);
    }
}

static void *world_part(void *old, size_t count, size_t bytes)
{
    void *part;

    free(old);
    part = calloc(count, bytes);
    model_must(part != NULL, "out of memory");
    return part;
}

void model_reset(void)
{
    for (uint32_t i = 1; i <= model_process_count; i++) {
        free(model_processes[i].table.at);
    }
    model_processes = world_part(model_processes, MODEL_PROCESSES + 1,
                                 sizeof(*model_processes));
    model_objects = world_part(model_objects, MODEL_OBJECTS + 1,
                               sizeof(*model_objects));
    model_nodes = world_part(model_nodes, MODEL_NODES + 1,
                             sizeof(*model_nodes));
    model_calls = world_part(model_calls, MODEL_CALLS + 1,
                             sizeof(*model_calls));
    model_process_count = 0;
    model_object_count = 0;
    model_node_count = 0;
    model_call_count = 0;
}

/* -------------------------------------------------------------------- lists */

void model_push(struct model_list *list, uint32_t item)
{
    model_must(list->count < MODEL_LIST_MAX, "a list is full");
    list->items[list->count++] = item;
}

void model_push_front(struct model_list *list, uint32_t item)
{
    model_must(list->count < MODEL_LIST_MAX, "a list is full");
    memmove(list->items + 1, list->items,
            list->count++ * sizeof(list->items[0]));
    list->items[0] = item;
}

bool model_remove(struct model_list *list, uint32_t item)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i] == item) {
            memmove(list->items + i, list->items + i + 1,
                    (--list->count - i) * sizeof(list->items[0]));
            return true;
        }
    }
    return false;
}

uint32_t model_pop(struct model_list *list)
{
    uint32_t item = list->count ? list->items[0] : 0;

    if (item) {
        (void)model_remove(list, item);
    }
    return item;
}

/* ------------------------------------------------------ objects and ledgers */

uint32_t model_object_new(enum model_kind kind)
{
    model_must(model_object_count < MODEL_OBJECTS, "too many objects");
    model_objects[++model_object_count].kind = kind;
    return model_object_count;
}

void model_hold(uint32_t object)
{
    model_objects[object].holders++;
}

void model_unhold(uint32_t object)
{
    model_must(model_objects[object].holders != 0, "holders");
    if (--model_objects[object].holders == 0) {
        model_unheld(object);
    }
}

void model_unheld(uint32_t object)
{
    if (model_objects[object].kind == MODEL_ENDPOINT) {
        model_endpoint_unheld(object);
    } else if (model_objects[object].kind == MODEL_FACET) {
        model_facet_unheld(object);
    }
}

int32_t model_charge(struct model_ledger *ledger, enum model_charge kind,
                     uint64_t amount)
{
    if (amount > ledger->limit[kind] - ledger->used[kind]) {
        return ERR_OVERLOADED;
    }
    ledger->used[kind] += amount;
    return 0;
}

void model_refund(struct model_ledger *ledger, enum model_charge kind,
                  uint64_t amount)
{
    model_must(ledger->used[kind] >= amount, "refund");
    ledger->used[kind] -= amount;
}

/* -------------------------------------------------------------------- tables */

/* The slot that a CapId names, if it is live. */
static struct model_slot *table_slot(struct model_table *table, uint64_t cap)
{
    uint32_t slot = (uint32_t)cap;
    uint32_t generation = (uint32_t)(cap >> 32);

    return slot < table->slots && (generation & 1) &&
                   table->at[slot].generation == generation
               ? &table->at[slot]
               : NULL;
}

const struct model_edge *model_held(uint32_t process, uint64_t cap)
{
    struct model_slot *slot =
        table_slot(&model_processes[process].table, cap);

    return slot ? &slot->edge : NULL;
}

const struct model_edge *model_find(uint32_t process, uint64_t cap)
{
    const struct model_edge *edge = model_held(process, cap);

    return edge && !model_node_revoked(edge->node) ? edge : NULL;
}

/* Free slots are named by their number + 1. */
static void table_grow(struct model_table *table, uint32_t count)
{
    while (table->free.count < count) {
        model_must(table->slots + MODEL_CHUNK <= MODEL_SLOTS, "table");
        for (uint32_t i = 0; i < MODEL_CHUNK; i++) {
            model_push(&table->free, ++table->slots);
        }
    }
}

static int32_t table_prepare(struct model_process *process, uint32_t count)
{
    int32_t error;

    if (process->table.closed) {
        return ERR_DISCONNECTED;
    }
    error = model_charge(&process->ledger, MODEL_CAPS, count);
    if (!error) {
        table_grow(&process->table, count);
    }
    return error;
}

static uint64_t table_fill(struct model_table *table,
                           const struct model_edge *edge)
{
    uint32_t slot = model_pop(&table->free) - 1;

    table->at[slot].edge = *edge;
    table->live++;
    return slot | (uint64_t)++table->at[slot].generation << 32;
}

static void table_take(struct model_table *table, uint64_t cap)
{
    table_slot(table, cap)->generation++;
    table->live--;
    model_push(&table->free, (uint32_t)cap + 1);
}

static void edge_hold(const struct model_edge *edge)
{
    if (edge->node) {
        model_nodes[edge->node].slots++;
    } else {
        model_hold(edge->object);
    }
}

static void edge_unhold(const struct model_edge *edge)
{
    if (edge->node) {
        model_node_unslot(edge->node);
    } else {
        model_unhold(edge->object);
    }
}

int32_t model_insert(uint32_t process, const struct model_edge *edge,
                     uint64_t *cap)
{
    struct model_process *holder = &model_processes[process];
    int32_t error = table_prepare(holder, 1);

    if (!error) {
        edge_hold(edge);
        *cap = table_fill(&holder->table, edge);
    }
    return error;
}

int32_t model_release(uint32_t process, uint64_t cap)
{
    struct model_process *holder = &model_processes[process];
    const struct model_edge *held = model_held(process, cap);
    struct model_edge edge;

    if (!held) {
        return ERR_BAD_CAPABILITY;
    }
    edge = *held;
    table_take(&holder->table, cap);
    model_refund(&holder->ledger, MODEL_CAPS, 1);
    edge_unhold(&edge);
    return 0;
}

int32_t model_give(uint32_t process, uint32_t node, uint32_t object,
                   uint64_t *cap)
{
    struct model_edge edge = {.object = object, .origin = MODEL_RESULT_CAP};

    if (model_processes[process].ledger.used[MODEL_CAPS] >=
        model_processes[process].ledger.limit[MODEL_CAPS]) {
        return ERR_OVERLOADED;
    }
    if (node) {
        edge.node = model_node_new(node, object, 0);
    }
    return model_insert(process, &edge, cap);
}

/* ------------------------------------------------------------------ transfer */

bool model_no_room(int32_t error)
{
    return error == ERR_OVERLOADED || error == ERR_DISCONNECTED;
}

/* What is named after it was moved, or moved after it was named. */
static bool xfer_again(const struct model_xfer *xfers, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (xfers[i].cap == xfers[index].cap &&
            (xfers[i].mode == MODEL_MOVE || xfers[index].mode == MODEL_MOVE)) {
            return true;
        }
    }
    return false;
}

static int32_t xfer_check(uint32_t from, const struct model_xfer *xfers,
                          uint32_t index)
{
    const struct model_xfer *xfer = &xfers[index];
    const struct model_edge *edge = model_find(from, xfer->cap);

    if (xfer->mode > MODEL_MOVE || xfer->flags > 3) {
        return ERR_BAD_FLAGS;
    }
    if (xfer_again(xfers, index) || !edge) {
        return ERR_BAD_CAPABILITY;
    }
    return edge->mode == MODEL_NON_TRANSFERABLE ||
                   (edge->mode == MODEL_MOVE && xfer->mode != MODEL_MOVE)
               ? ERR_NOT_TRANSFERABLE
               : 0;
}

/* The edge that its receiver gets. */
static struct model_edge xfer_edge(uint32_t from, const struct model_xfer *xfer,
                                   enum model_origin origin)
{
    struct model_edge edge = *model_held(from, xfer->cap);

    if (xfer->flags & 2) {
        edge.mode = MODEL_NON_TRANSFERABLE;
    } else if (xfer->flags & 1 && edge.mode == MODEL_COPY) {
        edge.mode = MODEL_MOVE;
    }
    edge.origin = origin;
    edge.giver = model_processes[from].id;
    edge.giver_cap = xfer->cap;
    return edge;
}

int32_t model_transfer(uint32_t from, uint32_t to,
                       const struct model_xfer *xfers, uint32_t count,
                       enum model_origin origin, uint64_t *caps)
{
    int32_t error = 0;

    for (uint32_t i = 0; !error && i < count; i++) {
        error = xfer_check(from, xfers, i);
    }
    if (!error) {
        error = table_prepare(&model_processes[to], count);
    }
    for (uint32_t i = 0; !error && i < count; i++) {
        struct model_edge edge = xfer_edge(from, &xfers[i], origin);

        if (xfers[i].mode == MODEL_COPY) {
            edge_hold(&edge);
        }
        caps[i] = table_fill(&model_processes[to].table, &edge);
    }
    for (uint32_t i = 0; !error && i < count; i++) {
        if (xfers[i].mode == MODEL_MOVE) {
            table_take(&model_processes[from].table, xfers[i].cap);
            model_refund(&model_processes[from].ledger, MODEL_CAPS, 1);
        }
    }
    return error;
}
