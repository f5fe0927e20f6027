/* table.c - the flat capability table: growth, free list, insert, release. */
#include "cap/slot.h"
#include "mem/heap.h"

void cap_table_init(struct cap_table *table, struct ledger *ledger,
                    uint64_t process_id)
{
    lock_init(&table->lock, LOCK_CAPS);
    table->ledger = ledger;
    table->process_id = process_id;
}

/* ------------------------------------------------------------------- growth */

int32_t cap_grow_locked(struct cap_table *table)
{
    uint32_t first = sync_load(&table->slots);
    uint32_t chunk = first / CAP_CHUNK_SLOTS;
    struct cap_leaf **leaf = &table->leaves[chunk / CAP_LEAF_CHUNKS];
    struct cap_slot *slots;

    if (first >= LIMIT_CAPS_PER_PROCESS) {
        return FAIL(ERR_OVERLOADED, "capability table is at its limit");
    }
    if (!*leaf) {
        *leaf = heap_alloc(sizeof(struct cap_leaf));
        if (!*leaf) {
            return FAIL(ERR_NO_MEMORY, "no memory for a table leaf");
        }
    }
    slots = heap_alloc(CAP_CHUNK_SLOTS * sizeof(struct cap_slot));
    if (!slots) {
        return FAIL(ERR_NO_MEMORY, "no memory for a table chunk");
    }
    for (uint32_t i = 0; i < CAP_CHUNK_SLOTS; i++) {
        sync_store_pointer(&slots[i].node, &revocation_root);
    }
    (*leaf)->chunks[chunk % CAP_LEAF_CHUNKS] = slots;
    sync_store(&table->slots, first + CAP_CHUNK_SLOTS);
    for (uint32_t i = 0; i < CAP_CHUNK_SLOTS; i++) {
        cap_free_locked(table, &slots[i], first + i);
    }
    return 0;
}

/* ------------------------------------------------------------------ tracing */

/* The records of an edge: trace.h. A CPU makes them without others between. */
static void cap_trace(const struct cap_table *table, uint64_t cap,
                      const struct cap_edge *edge)
{
    uint64_t how = (uint64_t)edge->mode | (uint64_t)edge->origin << 8;
    bool root = edge->node == &revocation_root;

    hal_trace(TRACE_EDGE, 0, table->process_id, cap);
    /* Through a node the object may have gone. */
    hal_trace(TRACE_EDGE_TO, 0,
              root ? edge->object->id : edge->node->target_id,
              root ? object_interface(edge->object)
                   : edge->node->target_interface);
    hal_trace(TRACE_EDGE_FROM, 0, edge->giver, edge->giver_cap);
    hal_trace(TRACE_EDGE_HOW, 0, how, edge->node->object.id);
    if (root && edge->object->type->subject) {
        hal_trace(TRACE_EDGE_ABOUT, 0, edge->object->id,
                  edge->object->type->subject(edge->object));
    }
}

void cap_trace_filled(const struct cap_table *table,
                      const struct cap_slot *place, uint64_t cap)
{
    struct cap_edge edge;

    cap_read_locked(place, &edge);
    cap_trace(table, cap, &edge);
}

void cap_trace_taken(const struct cap_table *table, uint64_t cap)
{
    hal_trace(TRACE_EDGE_END, 0, table->process_id, cap);
}

/* ------------------------------------------------------- insert and release */

int32_t cap_insert_all(struct cap_table *table, const struct cap_edge *edges,
                       uint32_t count, uint64_t *caps)
{
    int32_t error;

    lock_acquire(&table->lock);
    error = cap_prepare_locked(table, count);
    for (uint32_t i = 0; !error && i < count; i++) {
        cap_edge_hold(&edges[i]);
        caps[i] = cap_fill_locked(table, &edges[i]);
    }
    lock_release(&table->lock);
    return error;
}

int32_t cap_insert(struct cap_table *table, const struct cap_edge *edge,
                   uint64_t *cap)
{
    return cap_insert_all(table, edge, 1, cap);
}

bool cap_read(struct cap_table *table, uint64_t cap, struct cap_edge *edge)
{
    const struct cap_slot *place;

    lock_acquire(&table->lock);
    place = cap_find_locked(table, cap);
    if (place) {
        cap_read_locked(place, edge);
    }
    lock_release(&table->lock);
    return place != NULL;
}

int32_t cap_release(struct cap_table *table, uint64_t cap)
{
    return cap_release_inline(table, cap)
               ? 0
               : FAIL(ERR_BAD_CAPABILITY, "release of what is not held");
}

struct object *cap_next(struct cap_table *table, uint32_t start,
                        uint64_t *cap)
{
    for (uint32_t slot = start; slot < sync_load(&table->slots); slot++) {
        uint32_t generation =
            sync_load(&cap_slot_at(table, slot)->generation);
        struct object *object;

        *cap = slot | (uint64_t)generation << 32;
        object = cap_lookup(table, *cap);
        if (object) {
            return object;
        }
    }
    return NULL;
}

void cap_table_trace(struct cap_table *table)
{
    lock_acquire(&table->lock);
    for (uint32_t slot = 0; slot < sync_load(&table->slots); slot++) {
        const struct cap_slot *place = cap_slot_at(table, slot);
        uint64_t cap = slot | (uint64_t)sync_load(&place->generation) << 32;
        struct cap_edge edge;

        if (cap_find_locked(table, cap)) {
            cap_read_locked(place, &edge);
            node_trace_up(edge.node);
            cap_trace(table, cap, &edge);
        }
    }
    lock_release(&table->lock);
}

/* --------------------------------------------------------------------- end */

bool cap_table_drain(struct cap_table *table, uint32_t *cursor,
                     uint32_t budget)
{
    uint32_t slots;

    lock_acquire(&table->lock);
    table->closed = true;
    slots = sync_load(&table->slots);
    lock_release(&table->lock);
    for (; budget && *cursor < slots; budget--, (*cursor)++) {
        struct cap_slot *place = cap_slot_at(table, *cursor);
        uint32_t generation = sync_load(&place->generation);

        if (generation & 1u) {
            (void)cap_release(table, *cursor | (uint64_t)generation << 32);
        }
    }
    return *cursor >= slots;
}

void cap_table_fini(struct cap_table *table)
{
    ASSERT(sync_load(&table->live) == 0);
    for (uint32_t i = 0; i < CAP_LEAVES && table->leaves[i]; i++) {
        for (uint32_t j = 0; j < CAP_LEAF_CHUNKS; j++) {
            if (table->leaves[i]->chunks[j]) {
                heap_free(table->leaves[i]->chunks[j]);
            }
        }
        heap_free(table->leaves[i]);
    }
}
