/* table.c - the flat capability table: growth, free list, insert, release. */
#include "cap/table.h"

#include "fail.h"
#include "mem/heap.h"
#include "proc/ledger.h"

struct revocation_node revocation_root;

void cap_table_init(struct cap_table *table, struct ledger *ledger)
{
    lock_init(&table->lock, LOCK_CAPS);
    table->ledger = ledger;
}

static void cap_free_append(struct cap_table *table, uint32_t slot)
{
    cap_slot_at(table, slot)->next = 0;
    if (table->free_last) {
        cap_slot_at(table, table->free_last - 1)->next = slot + 1;
    } else {
        table->free_first = slot + 1;
    }
    table->free_last = slot + 1;
}

static uint32_t cap_free_take(struct cap_table *table)
{
    uint32_t slot = table->free_first - 1;

    table->free_first = cap_slot_at(table, slot)->next;
    if (!table->free_first) {
        table->free_last = 0;
    }
    return slot;
}

static int32_t cap_grow_locked(struct cap_table *table)
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
        cap_free_append(table, first + i);
    }
    return 0;
}

int32_t cap_reserve(struct cap_table *table, struct cap_reservation *out)
{
    int32_t error = ledger_charge(table->ledger, LEDGER_CAPS, 1);

    if (error) {
        return error;
    }
    lock_acquire(&table->lock);
    if (!table->free_first) {
        error = cap_grow_locked(table);
    }
    if (!error) {
        out->slot = cap_free_take(table);
    }
    lock_release(&table->lock);
    if (error) {
        ledger_refund(table->ledger, LEDGER_CAPS, 1);
    }
    return error;
}

uint64_t cap_commit(struct cap_table *table, struct cap_reservation reserved,
                    struct object *object, enum cap_origin origin)
{
    struct cap_slot *place = cap_slot_at(table, reserved.slot);
    uint32_t generation;

    lock_acquire(&table->lock);
    generation = sync_load(&place->generation) + 1;
    sync_store_pointer(&place->object, object);
    sync_store_pointer(&place->node, &revocation_root);
    place->origin = origin;
    sync_store(&place->generation, generation);
    sync_store(&table->live, sync_load(&table->live) + 1);
    lock_release(&table->lock);
    return reserved.slot | (uint64_t)generation << 32;
}

void cap_rollback(struct cap_table *table, struct cap_reservation reserved)
{
    lock_acquire(&table->lock);
    cap_slot_at(table, reserved.slot)->next = table->free_first;
    table->free_first = reserved.slot + 1;
    if (!table->free_last) {
        table->free_last = reserved.slot + 1;
    }
    lock_release(&table->lock);
    ledger_refund(table->ledger, LEDGER_CAPS, 1);
}

int32_t cap_insert(struct cap_table *table, struct object *object,
                   enum cap_origin origin, uint64_t *cap)
{
    struct cap_reservation reserved;
    int32_t error = cap_reserve(table, &reserved);

    if (error) {
        return error;
    }
    object_hold(object);
    *cap = cap_commit(table, reserved, object, origin);
    return 0;
}

/* Takes the capability out of its slot; the caller owes object_unhold. */
static struct object *cap_remove_locked(struct cap_table *table, uint32_t slot)
{
    struct cap_slot *place = cap_slot_at(table, slot);

    sync_store(&place->generation, sync_load(&place->generation) + 1);
    cap_free_append(table, slot);
    sync_store(&table->live, sync_load(&table->live) - 1);
    return sync_load_pointer(&place->object);
}

int32_t cap_release(struct cap_table *table, uint64_t cap)
{
    uint32_t slot = (uint32_t)cap;
    uint32_t generation = (uint32_t)(cap >> 32);
    struct object *object = NULL;

    lock_acquire(&table->lock);
    if (slot < sync_load(&table->slots) && (generation & 1u) &&
        sync_load(&cap_slot_at(table, slot)->generation) == generation) {
        object = cap_remove_locked(table, slot);
    }
    lock_release(&table->lock);
    if (!object) {
        return FAIL(ERR_BAD_CAPABILITY, "release of what is not held");
    }
    ledger_refund(table->ledger, LEDGER_CAPS, 1);
    object_unhold(object);
    return 0;
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

bool cap_table_drain(struct cap_table *table, uint32_t *cursor,
                     uint32_t budget)
{
    uint32_t slots = sync_load(&table->slots);

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
