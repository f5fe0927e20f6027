/* check_table.c - slots, generations and the free list of one table: A2, A3. */
#include "check/authority_check.h"
#include "proc/process.h"

static void check_origin(const struct process *process, uint32_t slot,
                         const struct cap_slot *place)
{
    bool given = place->origin == CAP_ORIGIN_SPAWN_GRANT ||
                 place->origin == CAP_ORIGIN_IPC_TRANSFER;

    authority_must(place->mode < CAP_MODES && place->origin <=
                       CAP_ORIGIN_RESULT_CAP,
                   "an edge's mode or origin does not exist", process->id,
                   slot);
    authority_must(!given || (place->giver != 0 && place->giver_cap >> 32 & 1),
                   "an edge does not say who gave it", process->id, slot);
    authority_must(place->origin != CAP_ORIGIN_KERNEL || place->giver == 0,
                   "an edge of the kernel's has a giver", process->id, slot);
    authority_must((place->giver == 0) == (place->giver_cap == 0),
                   "an edge names half a grant", process->id, slot);
}

static uint32_t check_slots(const struct process *process,
                            const struct cap_table *table)
{
    uint32_t slots = sync_load(&table->slots);
    uint32_t live = 0;

    for (uint32_t slot = 0; slot < slots; slot++) {
        const struct cap_slot *place = cap_slot_at(table, slot);

        if (sync_load(&place->generation) & 1u) {
            check_origin(process, slot, place);
            live++;
        }
    }
    return live;
}

/* How many stand in the free list, each of them free and there once. */
static uint32_t check_free(const struct process *process,
                           const struct cap_table *table)
{
    uint32_t slots = sync_load(&table->slots);
    uint32_t count = 0;
    uint32_t last = 0;

    for (uint32_t at = table->free_first; at;
         at = cap_slot_at(table, at - 1)->next) {
        authority_must(at <= slots && count < slots,
                       "the free list leads out of the table or into itself",
                       process->id, at);
        authority_must(
            !(sync_load(&cap_slot_at(table, at - 1)->generation) & 1u),
            "a live slot is in the free list", process->id, at - 1);
        last = at;
        count++;
    }
    authority_must(last == table->free_last,
                   "the free list ends elsewhere", process->id, last);
    return count;
}

void check_table(struct process *process)
{
    const struct cap_table *table = &process->caps;
    uint32_t live = check_slots(process, table);

    authority_looks += sync_load(&table->slots);
    authority_must(live == sync_load(&table->live),
                   "the table counts other live slots", process->id, live);
    authority_must(check_free(process, table) + live ==
                       sync_load(&table->slots),
                   "a slot is neither live nor in the free list", process->id,
                   live);
}
