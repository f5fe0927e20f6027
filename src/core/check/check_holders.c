/*
 * check_holders.c - holders of objects and nodes, counted from the slots: A1.
 *
 * The counts stand in a hash table of a fixed size, so all slots are gone through
 * several times if there are many: each time for a part of the objects. A node
 * belongs to the part of its target, so that it is met once where the target is
 * counted.
 */
#include "check/authority_check.h"
#include "proc/process.h"

#define HOLDERS_PLACES 4096u
#define HOLDERS_PER_PART (HOLDERS_PLACES / 4)

static struct {
    const struct object *object;
    uint32_t count;
} places[HOLDERS_PLACES];

static uint32_t place_hash(uint64_t id)
{
    return (uint32_t)((id * 0x9e3779b97f4a7c15ull) >> 40);
}

/* Counts one; true if the object is met for the first time. */
static bool place_count(const struct object *object)
{
    uint32_t at = place_hash(object->id) % HOLDERS_PLACES;
    uint32_t tries = 0;

    while (places[at].object && places[at].object != object) {
        at = (at + 1) % HOLDERS_PLACES;
        authority_must(++tries < HOLDERS_PLACES,
                       "more objects than the check has room for", 0,
                       HOLDERS_PLACES);
    }
    places[at].object = object;
    return places[at].count++ == 0;
}

/* Counts what a live slot holds, if it is of this part. */
static void count_slot(const struct process *process, uint32_t slot,
                       const struct cap_slot *place, uint32_t part,
                       uint32_t parts)
{
    struct revocation_node *node = sync_load_pointer(&place->node);
    const struct object *object = sync_load_pointer(&place->object);
    uint64_t id = node == &revocation_root ? object->id : node->target_id;

    if (place_hash(id) % parts != part) {
        return;
    }
    if (node == &revocation_root) {
        authority_must(sync_load(&object->references) != 0,
                       "a slot's object is gone", process->id, slot);
        (void)place_count(object);
        return;
    }
    authority_must(sync_load(&node->object.references) != 0,
                   "a slot's node is gone", process->id, slot);
    authority_must(sync_load(&node->revoked) || node->target == object,
                   "a slot's node is another object's", process->id, slot);
    if (place_count(&node->object) && node->target) {
        (void)place_count(node->target);
    }
}

static void count_table(const struct process *process, uint32_t part,
                        uint32_t parts)
{
    const struct cap_table *table = &process->caps;

    for (uint32_t slot = 0; slot < sync_load(&table->slots); slot++) {
        const struct cap_slot *place = cap_slot_at(table, slot);

        if (sync_load(&place->generation) & 1u) {
            count_slot(process, slot, place, part, parts);
        }
    }
}

static void compare_places(void)
{
    for (uint32_t i = 0; i < HOLDERS_PLACES; i++) {
        const struct object *object = places[i].object;

        if (!object) {
            continue;
        }
        authority_must(sync_load(&object->holders) == places[i].count,
                       "an object's holders are not its slots and nodes", 0,
                       object->id);
        authority_must(sync_load(&object->references) >= places[i].count,
                       "an object has fewer references than holders", 0,
                       object->id);
        places[i].object = NULL;
        places[i].count = 0;
    }
}

void check_holders(struct process *first)
{
    uint64_t live = 0;
    uint32_t parts;

    for (struct process *process = first; process;
         process = process_next(process)) {
        live += sync_load(&process->caps.live);
    }
    parts = (uint32_t)(live / HOLDERS_PER_PART) + 1;
    authority_looks += 2 * live * parts;
    for (uint32_t part = 0; part < parts; part++) {
        for (struct process *process = first; process;
             process = process_next(process)) {
            count_table(process, part, parts);
        }
        compare_places();
    }
}
