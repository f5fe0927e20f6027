/* space_revoke.c - mappings that are taken back (space_revoke.h). */
#include "mem/space_revoke.h"

#include "cap/node.h"
#include "fail.h"
#include "mem/backing.h"
#include "mem/frames.h"
#include "mem/region.h"

/* Makes the scratch frame, if there is none yet. Space locked. */
static int32_t scratch_make(struct space *space)
{
    int32_t error;

    if (space->scratch != HAL_NO_FRAME) {
        return 0;
    }
    error = ledger_charge(space->ledger, LEDGER_SCRATCH, 1);
    if (error) {
        return error;
    }
    space->scratch = frame_alloc_zeroed();
    if (space->scratch == HAL_NO_FRAME) {
        ledger_refund(space->ledger, LEDGER_SCRATCH, 1);
        return FAIL(ERR_NO_MEMORY, "no free frame for scratch");
    }
    return 0;
}

void space_scratch_drop(struct space *space)
{
    if (space->scratch != HAL_NO_FRAME) {
        frames_free(space->scratch, 1);
        ledger_refund(space->ledger, LEDGER_SCRATCH, 1);
        space->scratch = HAL_NO_FRAME;
    }
}

int32_t space_bind(struct region *region, struct revocation_node *node)
{
    int32_t error = scratch_make(region->space);

    return error ? error : node_add_region(node, region);
}

struct space *space_revoke_get(const struct region *region)
{
    struct space *space = region->space;

    object_get(space->owner); /* it lives as long as the region does */
    return space;
}

void space_revoke_put(struct space *space)
{
    object_put(space->owner);
}

/* Shows the scratch frame in its place, everywhere; then its memory may go. */
static void revoke_region(struct space *space, struct region *region)
{
    struct memory *memory = region->memory;
    struct backing_batch batch;

    backing_begin(&batch, space);
    backing_cover(&batch, region);
    backing_finish(&batch);
    node_remove_region(region);
    memory_put(memory);
}

bool space_revoke(struct space *space, const struct revocation_node *node)
{
    struct region *region;
    bool program = false;

    lock_acquire(&space->lock);
    for (region = space->regions; region; region = region->next) {
        if (region->node == node) {
            program |= region->program;
            revoke_region(space, region);
        }
    }
    region_join(space);
    lock_release(&space->lock);
    return program;
}
