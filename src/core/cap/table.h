/*
 * table.h - a process's capabilities: a flat table of slots.
 *
 * CapId = slot (low 32 bits) | generation (high 32 bits). A slot's generation is
 * odd while it holds a capability and even while it is free, so no id of a free
 * slot can match. Slots come in chunks of 64 that are never moved; lookup takes
 * no lock. Adding is reserve (may refuse: ledger, memory), then commit (cannot)
 * or rollback (leaves free list and generations as they were).
 */
#ifndef CAPOS_CORE_CAP_TABLE_H
#define CAPOS_CORE_CAP_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "cap/object.h"
#include "limits.h"
#include "lock.h"

struct ledger;

/* Only a Revoker makes nodes; the root node is never revoked. */
struct revocation_node {
    sync_u32 revoked;
};

extern struct revocation_node revocation_root;

/* How a capability came to its holder. */
enum cap_origin {
    CAP_ORIGIN_KERNEL = 0,
    CAP_ORIGIN_SPAWN_GRANT = 1,
    CAP_ORIGIN_IPC_TRANSFER = 2,
    CAP_ORIGIN_RESULT_CAP = 3,
};

struct cap_slot {
    sync_pointer object; /* struct object */
    sync_pointer node;   /* struct revocation_node */
    sync_u32 generation; /* odd: live */
    uint32_t next;       /* free list: slot + 1, 0 ends it */
    uint32_t origin;     /* enum cap_origin */
    uint32_t reserved;
};

#define CAP_CHUNK_SLOTS 64u
#define CAP_LEAF_CHUNKS 128u
#define CAP_LEAVES (LIMIT_CAPS_PER_PROCESS / CAP_CHUNK_SLOTS / CAP_LEAF_CHUNKS)

struct cap_leaf {
    struct cap_slot *chunks[CAP_LEAF_CHUNKS];
};

struct cap_table {
    struct lock lock; /* LOCK_CAPS; guards everything but lookup */
    struct ledger *ledger;
    sync_u32 slots;      /* in all chunks */
    uint32_t free_first; /* slot + 1, 0: none */
    uint32_t free_last;
    sync_u32 live;
    struct cap_leaf *leaves[CAP_LEAVES];
};

/* A slot that is taken and charged but not yet visible. */
struct cap_reservation {
    uint32_t slot;
};

void cap_table_init(struct cap_table *table, struct ledger *ledger);

/* The slot's place; slot < table->slots. */
static inline struct cap_slot *cap_slot_at(const struct cap_table *table,
                                           uint32_t slot)
{
    uint32_t chunk = slot / CAP_CHUNK_SLOTS;

    return &table->leaves[chunk / CAP_LEAF_CHUNKS]
                ->chunks[chunk % CAP_LEAF_CHUNKS][slot % CAP_CHUNK_SLOTS];
}

/*
 * The object of a live, unrevoked capability, or NULL. No lock. The object may
 * have died since; what it points to is readable until this CPU leaves the
 * kernel.
 */
static inline struct object *cap_lookup(const struct cap_table *table,
                                        uint64_t cap)
{
    uint32_t slot = (uint32_t)cap;
    uint32_t generation = (uint32_t)(cap >> 32);
    const struct cap_slot *place;
    const struct revocation_node *node;
    struct object *object;

    if (slot >= sync_load(&table->slots) || !(generation & 1u)) {
        return NULL;
    }
    place = cap_slot_at(table, slot);
    if (sync_load(&place->generation) != generation) {
        return NULL;
    }
    object = sync_load_pointer(&place->object);
    node = sync_load_pointer(&place->node);
    /* Again: the slot may have been freed and used for another one between. */
    if (sync_load(&place->generation) != generation ||
        sync_load(&node->revoked)) {
        return NULL;
    }
    return object;
}

/* The same with a reference, which the caller owes; NULL also if it died. */
static inline struct object *cap_get(const struct cap_table *table,
                                     uint64_t cap)
{
    struct object *object = cap_lookup(table, cap);

    return object && object_try_get(object) ? object : NULL;
}

/* The same, held as by a slot (object_hold): for what will get a slot. */
static inline struct object *cap_hold(const struct cap_table *table,
                                      uint64_t cap)
{
    struct object *object = cap_lookup(table, cap);

    return object && object_try_hold(object) ? object : NULL;
}

/* ERR_OVERLOADED: the ledger or the table is full; ERR_NO_MEMORY. */
int32_t cap_reserve(struct cap_table *table, struct cap_reservation *out);

/*
 * Makes the reserved slot hold the object, which the caller has held for it
 * (object_hold), and returns its CapId.
 */
uint64_t cap_commit(struct cap_table *table, struct cap_reservation reserved,
                    struct object *object, enum cap_origin origin);

void cap_rollback(struct cap_table *table, struct cap_reservation reserved);

/* Reserve, hold, commit; *cap is the new CapId. Errors as cap_reserve. */
int32_t cap_insert(struct cap_table *table, struct object *object,
                   enum cap_origin origin, uint64_t *cap);

/* ERR_BAD_CAPABILITY. May destroy the object: hold no lock. */
int32_t cap_release(struct cap_table *table, uint64_t cap);

/*
 * The object of the first live slot from start on, with its CapId; NULL: none.
 * As with cap_lookup it may die at any time.
 */
struct object *cap_next(struct cap_table *table, uint32_t start,
                        uint64_t *cap);

/*
 * Releases capabilities, at most budget slots looked at from *cursor on. True
 * when the end is reached. For a process that no thread runs in any more.
 */
bool cap_table_drain(struct cap_table *table, uint32_t *cursor,
                     uint32_t budget);

/* Frees the chunks of a drained table. */
void cap_table_fini(struct cap_table *table);

#endif
