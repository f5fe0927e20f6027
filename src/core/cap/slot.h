/*
 * slot.h - slots of a locked table, for cap/ and the short ways only.
 *
 * What every transfer and release passes through, inline. Who fills slots has
 * prepared them (cap_prepare_locked), so nothing here can fail. Free slots stand in
 * a list, the one that was freed last at its end.
 */
#ifndef CAPOS_CORE_CAP_SLOT_H
#define CAPOS_CORE_CAP_SLOT_H

#include "cap/table.h"
#include "check/inject.h"
#include "fail.h"
#include "hal.h"
#include "proc/ledger.h"

/* Adds a chunk of free slots. ERR_OVERLOADED, ERR_NO_MEMORY. */
int32_t cap_grow_locked(struct cap_table *table);

/* Records an edge that began in a trace, or ended. Tracing is on. */
void cap_trace_filled(const struct cap_table *table,
                      const struct cap_slot *place, uint64_t cap);
void cap_trace_taken(const struct cap_table *table, uint64_t cap);

/*
 * Charges count slots and sees that as many are free. Errors as cap_insert;
 * nothing is charged then, and neither free list nor generations have changed,
 * but the table may have grown.
 */
static inline int32_t cap_prepare_locked(struct cap_table *table,
                                         uint32_t count)
{
    int32_t error;

    lock_assert(&table->lock);
    if (table->closed) {
        return FAIL(ERR_DISCONNECTED, "the process ends");
    }
    if (count && inject_refuses(INJECT_SLOT)) {
        return FAIL(ERR_OVERLOADED, "capability table is at its limit");
    }
    error = ledger_charge(table->ledger, LEDGER_CAPS, count);
    if (error) {
        return error;
    }
    /* What is not live is free: nothing is reserved across a lock. */
    while (!error &&
           sync_load(&table->slots) - sync_load(&table->live) < count) {
        error = cap_grow_locked(table);
    }
    if (error) {
        ledger_refund(table->ledger, LEDGER_CAPS, count);
    }
    return error;
}

/* The slot of a live capability, revoked or not; NULL: there is none. */
static inline struct cap_slot *cap_find_locked(struct cap_table *table,
                                               uint64_t cap)
{
    uint32_t slot = (uint32_t)cap;
    uint32_t generation = (uint32_t)(cap >> 32);
    struct cap_slot *place;

    lock_assert(&table->lock);
    if (slot >= sync_load(&table->slots) || !(generation & 1u)) {
        return NULL;
    }
    place = cap_slot_at(table, slot);
    return sync_load(&place->generation) == generation ? place : NULL;
}

/* What the slot, which is live, says. */
static inline void cap_read_locked(const struct cap_slot *place,
                                   struct cap_edge *edge)
{
    edge->object = sync_load_pointer(&place->object);
    edge->node = sync_load_pointer(&place->node);
    edge->mode = (enum cap_mode)place->mode;
    edge->origin = (enum cap_origin)place->origin;
    edge->giver = place->giver;
    edge->giver_cap = place->giver_cap;
}

/* Fills a prepared slot, which takes over the caller's hold; its CapId. */
static inline uint64_t cap_fill_locked(struct cap_table *table,
                                       const struct cap_edge *edge)
{
    uint32_t slot = table->free_first - 1;
    struct cap_slot *place = cap_slot_at(table, slot);
    uint32_t generation = sync_load(&place->generation) + 1;
    uint64_t cap = slot | (uint64_t)generation << 32;

    lock_assert(&table->lock);
    table->free_first = place->next;
    if (!place->next) {
        table->free_last = 0;
    }
    sync_store_pointer(&place->object, edge->object);
    sync_store_pointer(&place->node,
                       edge->node ? edge->node : &revocation_root);
    place->mode = (uint8_t)edge->mode;
    place->origin = (uint8_t)edge->origin;
    place->giver = edge->giver;
    place->giver_cap = edge->giver_cap;
    sync_store(&place->generation, generation);
    sync_store(&table->live, sync_load(&table->live) + 1);
    if (hal_trace_enabled()) {
        cap_trace_filled(table, place, cap);
    }
    return cap;
}

/* Puts a slot at the end of the free ones. */
static inline void cap_free_locked(struct cap_table *table,
                                   struct cap_slot *place, uint32_t slot)
{
    place->next = 0;
    if (table->free_last) {
        cap_slot_at(table, table->free_last - 1)->next = slot + 1;
    } else {
        table->free_first = slot + 1;
    }
    table->free_last = slot + 1;
}

/*
 * Takes a live capability out of its slot. The caller owes the hold
 * (cap_edge_unhold) and the refund of LEDGER_CAPS.
 */
static inline void cap_take_locked(struct cap_table *table,
                                   struct cap_slot *place, uint64_t cap)
{
    lock_assert(&table->lock);
    sync_store(&place->generation, (uint32_t)(cap >> 32) + 1);
    cap_free_locked(table, place, (uint32_t)cap);
    sync_store(&table->live, sync_load(&table->live) - 1);
    if (hal_trace_enabled()) {
        cap_trace_taken(table, cap);
    }
}

/* The object whose holder a slot with this edge is: the node's or the target. */
static inline struct object *cap_edge_held(const struct cap_edge *edge)
{
    return edge->node && edge->node != &revocation_root ? &edge->node->object
                                                        : edge->object;
}

/* Begins or ends what a slot with this edge holds. Unhold: no lock held. */
static inline void cap_edge_hold(const struct cap_edge *edge)
{
    object_hold(cap_edge_held(edge));
}

static inline void cap_edge_unhold(const struct cap_edge *edge)
{
    object_unhold(cap_edge_held(edge));
}

/* cap_release, inline. False: there is no such capability. No lock held. */
static inline bool cap_release_inline(struct cap_table *table, uint64_t cap)
{
    struct cap_slot *place;
    struct cap_edge edge;

    lock_acquire(&table->lock);
    place = cap_find_locked(table, cap);
    if (place) {
        cap_read_locked(place, &edge);
        cap_take_locked(table, place, cap);
    }
    lock_release(&table->lock);
    if (!place) {
        return false;
    }
    ledger_refund(table->ledger, LEDGER_CAPS, 1);
    cap_edge_unhold(&edge);
    return true;
}

#endif
