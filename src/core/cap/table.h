/*
 * table.h - a process's capabilities: a flat table of slots.
 *
 * CapId = slot (low 32 bits) | generation (high 32 bits). A slot's generation is
 * odd while it holds a capability and even while it is free, so no id of a free
 * slot can match. Slots come in chunks of 64 that are never moved; lookup takes
 * no lock. A live slot is an edge of the authority graph (doc/authority.md): it
 * says what its holder may call, through which revocation node, what he may do
 * with it, and who gave it to him.
 *
 * A slot through the root node holds its object (object_hold). One through
 * another node holds that node, and the node holds the object until it is revoked
 * or its last slot goes.
 */
#ifndef CAPOS_CORE_CAP_TABLE_H
#define CAPOS_CORE_CAP_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "cap/node.h"
#include "cap/object.h"
#include "hot.h"
#include "limits.h"
#include "lock.h"

struct ledger;

/* How a capability came to its holder. The values of CapEntry.Origin. */
enum cap_origin {
    CAP_ORIGIN_KERNEL = 0,
    CAP_ORIGIN_SPAWN_GRANT = 1,
    CAP_ORIGIN_IPC_TRANSFER = 2, /* with a call */
    CAP_ORIGIN_RESULT_CAP = 3,   /* with a return */
};

/* What its holder may do with it; a transfer only ever raises it. */
enum cap_mode {
    CAP_MODE_COPY = 0, /* copy it on, move it on */
    CAP_MODE_MOVE = 1, /* move it on */
    CAP_MODE_NON_TRANSFERABLE = 2,
    CAP_MODES,
};

/* A capability as its slot has it. */
struct cap_edge {
    struct object *object;
    struct revocation_node *node; /* NULL, when inserted: the root */
    enum cap_mode mode;
    enum cap_origin origin;
    uint64_t giver;     /* process id; 0: the kernel */
    uint64_t giver_cap; /* its CapId there at that time; 0: the kernel's */
};

struct cap_slot {
    sync_pointer object; /* struct object */
    sync_pointer node;   /* struct revocation_node */
    sync_u32 generation; /* odd: live */
    uint32_t next;       /* free list: slot + 1, 0 ends it */
    /* Of a live slot; the table's lock. */
    uint8_t mode;
    uint8_t origin;
    uint16_t reserved0;
    uint32_t reserved1;
    uint64_t giver;
    uint64_t giver_cap;
};

_Static_assert(sizeof(struct cap_slot) == 48, "a chunk is 3 KiB");

#define CAP_CHUNK_SLOTS 64u
#define CAP_LEAF_CHUNKS 128u
#define CAP_LEAVES (LIMIT_CAPS_PER_PROCESS / CAP_CHUNK_SLOTS / CAP_LEAF_CHUNKS)

struct cap_leaf {
    struct cap_slot *chunks[CAP_LEAF_CHUNKS];
};

struct cap_table {
    struct lock lock; /* LOCK_CAPS; guards everything but lookup */
    struct ledger *ledger;
    uint64_t process_id;
    bool closed;         /* nothing comes into it any more */
    sync_u32 slots;      /* in all chunks */
    uint32_t free_first; /* slot + 1, 0: none */
    uint32_t free_last;
    sync_u32 live;
    struct cap_leaf *leaves[CAP_LEAVES];
};

void cap_table_init(struct cap_table *table, struct ledger *ledger,
                    uint64_t process_id);

/* The slot's place; slot < table->slots. */
HOT struct cap_slot *cap_slot_at(const struct cap_table *table, uint32_t slot)
{
    uint32_t chunk = slot / CAP_CHUNK_SLOTS;

    return &table->leaves[chunk / CAP_LEAF_CHUNKS]
                ->chunks[chunk % CAP_LEAF_CHUNKS][slot % CAP_CHUNK_SLOTS];
}

/*
 * The object of a live, unrevoked capability and the node that it goes through,
 * or NULL. No lock. Both may have died since; they are readable until this CPU
 * leaves the kernel.
 */
static inline struct object *cap_lookup_through(const struct cap_table *table,
                                                uint64_t cap,
                                                struct revocation_node **node)
{
    uint32_t slot = (uint32_t)cap;
    uint32_t generation = (uint32_t)(cap >> 32);
    const struct cap_slot *place;
    struct object *object;

    if (slot >= sync_load(&table->slots) || !(generation & 1u)) {
        return NULL;
    }
    place = cap_slot_at(table, slot);
    if (sync_load(&place->generation) != generation) {
        return NULL;
    }
    object = sync_load_pointer(&place->object);
    *node = sync_load_pointer(&place->node);
    /* Again: the slot may have been freed and used for another one between. */
    if (sync_load(&place->generation) != generation ||
        sync_load(&(*node)->revoked)) {
        return NULL;
    }
    return object;
}

/* The object of a capability that goes through the root, which is never revoked. */
HOT struct object *cap_lookup_rooted(const struct cap_table *table, uint64_t cap)
{
    uint32_t slot = (uint32_t)cap;
    uint32_t generation = (uint32_t)(cap >> 32);
    const struct cap_slot *place;
    struct object *object;

    if (slot >= sync_load(&table->slots) || !(generation & 1u)) {
        return NULL;
    }
    place = cap_slot_at(table, slot);
    if (sync_load(&place->generation) != generation) {
        return NULL;
    }
    object = sync_load_pointer(&place->object);
    /* Again: the slot may have been freed and used for another one between. */
    if (sync_load_pointer(&place->node) != &revocation_root ||
        sync_load(&place->generation) != generation) {
        return NULL;
    }
    return object;
}

static inline struct object *cap_lookup(const struct cap_table *table,
                                        uint64_t cap)
{
    struct revocation_node *node;

    return cap_lookup_through(table, cap, &node);
}

/*
 * The same with a reference to the object, which the caller owes; NULL also if it
 * died. None to the node.
 */
static inline struct object *cap_get_through(const struct cap_table *table,
                                             uint64_t cap,
                                             struct revocation_node **node)
{
    struct object *object = cap_lookup_through(table, cap, node);

    return object && object_try_get(object) ? object : NULL;
}

static inline struct object *cap_get(const struct cap_table *table,
                                     uint64_t cap)
{
    struct revocation_node *node;

    return cap_get_through(table, cap, &node);
}

/*
 * Adds a capability: charges a slot, holds the object, or the node if it is not
 * the root; *cap is the new CapId. Nothing is changed by an error. The caller has
 * a reference to the object, and to the node. ERR_OVERLOADED: the ledger or the
 * table is full. ERR_NO_MEMORY. ERR_DISCONNECTED: the table is closed.
 */
int32_t cap_insert(struct cap_table *table, const struct cap_edge *edge,
                   uint64_t *cap);

/* The same for several, all of them or none. */
int32_t cap_insert_all(struct cap_table *table, const struct cap_edge *edges,
                       uint32_t count, uint64_t *caps);

/*
 * What a live capability says, revoked or not; false: there is none. The object
 * and node in it are names only: they may have died.
 */
bool cap_read(struct cap_table *table, uint64_t cap, struct cap_edge *edge);

/* ERR_BAD_CAPABILITY. May destroy the object: hold no lock. */
int32_t cap_release(struct cap_table *table, uint64_t cap);

/*
 * The object of the first live, unrevoked slot from start on, with its CapId;
 * NULL: none. As with cap_lookup it may die at any time.
 */
struct object *cap_next(struct cap_table *table, uint32_t start,
                        uint64_t *cap);

/*
 * Closes the table and releases capabilities, at most budget slots looked at from
 * *cursor on. True when the end is reached. For a process that no thread runs in
 * any more.
 */
bool cap_table_drain(struct cap_table *table, uint32_t *cursor,
                     uint32_t budget);

/* Frees the chunks of a drained table. */
void cap_table_fini(struct cap_table *table);

/* Records every edge of the table in a trace. Tracing is on. */
void cap_table_trace(struct cap_table *table);

#endif
