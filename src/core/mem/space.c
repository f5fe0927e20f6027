/*
 * space.c - address spaces: beginning, end, mapping (space.h).
 *
 * Layers: space.c and space_change.c are what others call and hold the lock;
 * region.c keeps the list of what is where; backing.c the frames and tables.
 * Mapping is: find the place, make the region, attach its backing (all of which
 * may refuse and are undone then), and put the region in the list.
 */
#include "mem/space.h"

#include "cap/node.h"
#include "check/inject.h"
#include "fail.h"
#include "mem/backing.h"
#include "mem/frames.h"
#include "mem/region.h"
#include "mem/space_revoke.h"
#include "sched/cpu.h"

int32_t space_init(struct space *space, struct ledger *ledger)
{
    int32_t error = ledger_charge(ledger, LEDGER_TABLES, 1);

    if (error) {
        return error;
    }
    space->root = frame_alloc_zeroed();
    if (space->root == HAL_NO_FRAME) {
        ledger_refund(ledger, LEDGER_TABLES, 1);
        return FAIL(ERR_NO_MEMORY, "no free frame for a root table");
    }
    error = inject_refuses(INJECT_MAP)
                ? FAIL(ERR_OVERLOADED, "the machine has no window left")
                : hal_space_init(&space->hal, space->root);
    if (error) {
        frames_free(space->root, 1);
        ledger_refund(ledger, LEDGER_TABLES, 1);
        return error;
    }
    lock_init(&space->lock, LOCK_SPACE);
    space->closed = false;
    space->scratch = HAL_NO_FRAME;
    space->owner = NULL;
    space->regions = NULL;
    space->region_count = 0;
    space->ledger = ledger_get(ledger);
    return 0;
}

void space_close(struct space *space)
{
    lock_acquire(&space->lock);
    space->closed = true;
    lock_release(&space->lock);
}

/* Takes pages off the start of the first region; returns what they cost. */
static uint32_t space_shrink(struct backing_batch *batch,
                             uint32_t budget_pages)
{
    struct space *space = batch->space;
    struct region *region = space->regions;
    uint64_t pages = region->pages;

    /* Reserved addresses cost nothing, however many they are. */
    if (region->kind != REGION_RESERVED && pages > budget_pages) {
        pages = budget_pages;
    }
    backing_detach(batch, region, pages);
    batch->refund[LEDGER_VIRTUAL] += pages;
    region->va += pages * PAGE_SIZE;
    region->pages -= pages;
    region->first_page += pages;
    if (region->pages == 0) {
        region_remove(space, region);
        backing_drop(batch, region);
    }
    return pages < budget_pages ? (uint32_t)pages : budget_pages;
}

bool space_fini_step(struct space *space, uint32_t budget_pages)
{
    struct backing_batch batch;
    bool done = false;

    ASSERT(budget_pages != 0);
    lock_acquire(&space->lock);
    ASSERT(!cpu_mask_of(space));
    space->closed = true;
    backing_begin(&batch, space);
    while (space->regions && budget_pages != 0) {
        budget_pages -= space_shrink(&batch, budget_pages);
    }
    if (!space->regions) {
        done = backing_trim(&batch, budget_pages);
    }
    backing_finish(&batch);
    lock_release(&space->lock);
    if (!done) {
        return false;
    }
    hal_space_fini(&space->hal);
    space_scratch_drop(space);
    frames_free(space->root, 1);
    ledger_refund(space->ledger, LEDGER_TABLES, 1);
    ledger_put(space->ledger);
    return true;
}

/* Checks, finds the place, and makes the region for it, addresses charged. */
static int32_t map_place(struct space *space, struct region *wanted,
                         struct region **out)
{
    int32_t error = region_check_open(space);

    if (!error) {
        error = region_check_protection(wanted->protection);
    }
    if (!error) {
        error = region_place(space, &wanted->va, wanted->pages);
    }
    if (!error) {
        error = ledger_charge(space->ledger, LEDGER_VIRTUAL, wanted->pages);
    }
    if (error) {
        return error;
    }
    error = region_create(space, wanted->va, wanted->pages, out);
    if (error) {
        ledger_refund(space->ledger, LEDGER_VIRTUAL, wanted->pages);
    }
    return error;
}

/*
 * Maps what `wanted` says: kind, protection, pages, memory, first_page, and va
 * (0: anywhere), which is set. Lock held.
 */
static int32_t map_locked(struct space *space, struct region *wanted,
                          const struct space_source *source)
{
    bool scratch = space->scratch != HAL_NO_FRAME;
    struct region *region;
    int32_t error = map_place(space, wanted, &region);

    if (error) {
        return error;
    }
    region->kind = wanted->kind;
    region->protection = wanted->protection;
    region->first_page = wanted->first_page;
    region->program = wanted->program;
    region->memory = wanted->memory ? memory_get(wanted->memory) : NULL;
    error = wanted->node ? space_bind(region, wanted->node) : 0;
    if (!error) {
        error = backing_attach(space, region, source);
    }
    if (error) {
        region_destroy(space, region);
        ledger_refund(space->ledger, LEDGER_VIRTUAL, wanted->pages);
        if (!scratch) {
            space_scratch_drop(space);
        }
        return error;
    }
    region_insert(space, region);
    region_join(space);
    return 0;
}

static int32_t map(struct space *space, uint64_t *va, struct region *wanted,
                   const struct space_source *source)
{
    int32_t error;

    wanted->va = *va;
    lock_acquire(&space->lock);
    error = map_locked(space, wanted, source);
    lock_release(&space->lock);
    if (!error) {
        *va = wanted->va;
    }
    return error;
}

int32_t space_map_anonymous(struct space *space, uint64_t *va, uint64_t pages,
                            uint32_t protection)
{
    struct region wanted = {
        .pages = pages,
        .kind = protection ? REGION_ANONYMOUS : REGION_RESERVED,
        .protection = protection,
    };

    return map(space, va, &wanted, NULL);
}

int32_t space_map_image(struct space *space, uint64_t va, uint64_t pages,
                        uint32_t protection,
                        const struct space_source *source)
{
    struct region wanted = {
        .pages = pages,
        .kind = REGION_ANONYMOUS,
        .protection = protection,
    };

    /* Here 0 is an address like others: outside of every window. */
    if (va == 0 || protection == 0) {
        return FAIL(ERR_INVALID, "image without address or protection");
    }
    return map(space, &va, &wanted, source);
}

int32_t space_map_memory(struct space *space, uint64_t *va,
                         struct memory *memory, uint64_t offset_bytes,
                         uint64_t pages, uint32_t protection)
{
    return space_map_through(space, &revocation_root, va, memory, offset_bytes,
                             pages, protection);
}

/* Maps what `wanted` says of its memory, if it may, from an offset on. */
static int32_t map_memory(struct space *space, uint64_t *va,
                          struct region *wanted, uint64_t offset_bytes)
{
    const struct memory *memory = wanted->memory;

    if (offset_bytes % PAGE_SIZE != 0) {
        return FAIL(ERR_INVALID, "offset is not page-aligned");
    }
    wanted->first_page = offset_bytes / PAGE_SIZE;
    if (wanted->first_page >= memory->pages ||
        wanted->pages > memory->pages - wanted->first_page) {
        return FAIL(ERR_INVALID, "range is not within the memory object");
    }
    if (memory->read_only && (wanted->protection & HAL_WRITE)) {
        return FAIL(ERR_INVALID, "memory object is read-only");
    }
    return map(space, va, wanted, NULL);
}

int32_t space_map_through(struct space *space, struct revocation_node *node,
                          uint64_t *va, struct memory *memory,
                          uint64_t offset_bytes, uint64_t pages,
                          uint32_t protection)
{
    struct region wanted = {
        .pages = pages,
        .kind = REGION_MEMORY,
        .protection = protection,
        .memory = memory,
        .node = node == &revocation_root ? NULL : node,
    };

    return map_memory(space, va, &wanted, offset_bytes);
}

int32_t space_map_program(struct space *space, struct revocation_node *node,
                          uint64_t va, struct memory *memory,
                          uint64_t offset_bytes, uint64_t pages,
                          uint32_t protection)
{
    struct region wanted = {
        .pages = pages,
        .kind = REGION_MEMORY,
        .protection = protection,
        .memory = memory,
        .program = true,
        .node = node == &revocation_root ? NULL : node,
    };

    return map_memory(space, &va, &wanted, offset_bytes);
}

int32_t space_map_kernel(struct space *space, uint64_t *va, uint64_t pages,
                         uint32_t protection, uint64_t *phys)
{
    struct region wanted = {
        .va = *va,
        .pages = pages,
        .kind = REGION_KERNEL,
        .protection = protection,
    };
    uint32_t mapped;
    int32_t error;

    if (protection == 0) {
        return FAIL(ERR_INVALID, "kernel pages without protection");
    }
    lock_acquire(&space->lock);
    error = map_locked(space, &wanted, NULL);
    if (!error) {
        (void)hal_space_query(&space->hal, wanted.va, phys, &mapped);
        *va = wanted.va;
    }
    lock_release(&space->lock);
    return error;
}

int32_t space_map_shared(struct space *space, uint64_t *va,
                         struct memory *memory)
{
    struct region wanted = {
        .pages = memory->pages,
        .kind = REGION_SHARED,
        .protection = HAL_READ,
        .memory = memory,
    };

    return map(space, va, &wanted, NULL);
}

int32_t space_locate(struct space *space, uint64_t va, struct memory **memory,
                     uint64_t *offset_bytes, struct revocation_node **node)
{
    struct region *region;
    int32_t error = ERR_BAD_BUFFER;

    lock_acquire(&space->lock);
    region = region_find(space, va);
    if (region && region->va <= va && region->kind == REGION_MEMORY &&
        (region->protection & HAL_READ)) {
        struct memory *shown = region->memory;

        *memory = memory_get(shown->origin ? shown->origin : shown);
        *offset_bytes = (region->first_page << PAGE_SHIFT) + va - region->va;
        *node = region->node;
        if (*node) {
            object_get(&(*node)->object);
        }
        error = 0;
    }
    lock_release(&space->lock);
    return error ? FAIL(error, "the word is in no memory object") : 0;
}
