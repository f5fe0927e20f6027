/*
 * space_change.c - address spaces: unmapping and protecting (space.h).
 *
 * A change of a range first looks at all regions in it, then cuts them at its
 * ends, so that the rest deals with whole regions only, and at the end joins
 * what can be one again: after a refusal that brings back the list as it was.
 */
#include "mem/space.h"

#include "fail.h"
#include "mem/backing.h"
#include "mem/region.h"

/* What a program may change: of one memory, if `memory`; see check_covered. */
struct change {
    uint64_t va;
    uint64_t end;
    uint32_t protection;         /* wanted, for the check of read-only memory */
    const struct memory *memory; /* all of it must be this; NULL: any */
};

static int32_t check_region(const struct region *region,
                            const struct change *change)
{
    if (region->kind == REGION_KERNEL || region->kind == REGION_SHARED) {
        return FAIL(ERR_INVALID, "range belongs to the kernel");
    }
    if (change->memory && region->memory != change->memory) {
        return FAIL(ERR_INVALID, "range is not of this memory object");
    }
    if (region->memory && region->memory->read_only &&
        (change->protection & HAL_WRITE)) {
        return FAIL(ERR_INVALID, "memory object is read-only");
    }
    return 0;
}

/* Checks that regions which may be changed cover the range without a gap. */
static int32_t check_covered(const struct space *space,
                             const struct change *change)
{
    const struct region *region = region_find(space, change->va);
    uint64_t reached = change->va;

    for (; reached < change->end; region = region->next) {
        int32_t error;

        if (!region || region->va > reached) {
            return FAIL(ERR_INVALID, "range has pages that are not mapped");
        }
        error = check_region(region, change);
        if (error) {
            return error;
        }
        reached = region_end(region);
    }
    return 0;
}

/* Checks a range of `pages` at change->va and makes it one of whole regions. */
static int32_t change_prepare(struct space *space, struct change *change,
                              uint64_t pages)
{
    int32_t error = region_check_open(space);

    if (!error) {
        error = region_check_range(space, change->va, pages);
    }
    if (error) {
        return error;
    }
    change->end = change->va + pages * PAGE_SIZE;
    error = check_covered(space, change);
    return error ? error : region_cut(space, change->va, pages);
}

/* Ends the regions from va to end, which are whole. */
static void unmap_regions(struct space *space, uint64_t va, uint64_t end)
{
    struct region *region = region_find(space, va);
    struct backing_batch batch;

    backing_begin(&batch, space);
    while (region && region->va < end) {
        struct region *next = region->next;

        backing_detach(&batch, region, region->pages);
        batch.refund[LEDGER_VIRTUAL] += region->pages;
        region_remove(space, region);
        backing_drop(&batch, region);
        region = next;
    }
    (void)backing_trim(&batch, UINT64_MAX);
    backing_finish(&batch);
}

static int32_t unmap(struct space *space, struct change *change,
                     uint64_t pages)
{
    int32_t error;

    lock_acquire(&space->lock);
    error = change_prepare(space, change, pages);
    if (!error) {
        unmap_regions(space, change->va, change->end);
    }
    lock_release(&space->lock);
    return error;
}

int32_t space_unmap(struct space *space, uint64_t va, uint64_t pages)
{
    struct change change = {.va = va};

    return unmap(space, &change, pages);
}

int32_t space_unmap_memory(struct space *space, const struct memory *memory,
                           uint64_t va, uint64_t pages)
{
    struct change change = {.va = va, .memory = memory};

    return unmap(space, &change, pages);
}

int32_t space_unmap_kernel(struct space *space, uint64_t va, uint64_t pages)
{
    struct region *region;
    int32_t error = 0;

    lock_acquire(&space->lock);
    region = region_find(space, va);
    if (region && region->kind == REGION_KERNEL && region->va == va &&
        region->pages == pages) {
        unmap_regions(space, va, region_end(region));
    } else {
        error = FAIL(ERR_INVALID, "no such pages of the kernel");
    }
    lock_release(&space->lock);
    return error;
}

/*
 * Reserved regions that a protect has put frames behind keep their kind until
 * nothing can refuse any more; their protection tells them from the others.
 */
static bool fresh(const struct region *region)
{
    return region->kind == REGION_RESERVED && region->protection != 0;
}

/* Puts frames behind a reserved region; see fresh. */
static int32_t commit_region(struct space *space, struct region *region,
                             uint32_t protection)
{
    int32_t error;

    region->kind = REGION_ANONYMOUS;
    region->protection = protection;
    error = backing_attach(space, region, NULL);
    region->kind = REGION_RESERVED;
    if (error) {
        region->protection = 0;
    }
    return error;
}

/* Takes the frames away again from the fresh regions before `end`. */
static void uncommit_range(struct space *space, struct region *region,
                           const struct region *end)
{
    struct backing_batch batch;

    backing_begin(&batch, space);
    for (; region != end; region = region->next) {
        if (fresh(region)) {
            region->kind = REGION_ANONYMOUS;
            backing_detach(&batch, region, region->pages);
            region->kind = REGION_RESERVED;
            region->protection = 0;
        }
    }
    (void)backing_trim(&batch, UINT64_MAX);
    backing_finish(&batch);
}

/* Puts frames behind all reserved regions of the range, or none. */
static int32_t commit_range(struct space *space, const struct change *change)
{
    struct region *first = region_find(space, change->va);
    struct region *region;
    int32_t error = 0;

    for (region = first; region && region->va < change->end;
         region = region->next) {
        if (region->kind == REGION_RESERVED && change->protection != 0) {
            error = commit_region(space, region, change->protection);
        }
        if (error) {
            break;
        }
    }
    if (error) {
        uncommit_range(space, first, region);
    }
    return error;
}

/* The part of a protect that cannot refuse. */
static void protect_range(struct space *space, const struct change *change)
{
    struct region *region = region_find(space, change->va);
    struct backing_batch batch;

    backing_begin(&batch, space);
    for (; region && region->va < change->end; region = region->next) {
        if (fresh(region)) {
            region->kind = REGION_ANONYMOUS;
        } else if (region->kind != REGION_RESERVED) {
            backing_protect(&batch, region, change->protection);
        }
    }
    backing_finish(&batch);
}

int32_t space_protect(struct space *space, uint64_t va, uint64_t pages,
                      uint32_t protection)
{
    struct change change = {.va = va, .protection = protection};
    int32_t error = region_check_protection(protection);

    if (error) {
        return error;
    }
    lock_acquire(&space->lock);
    error = change_prepare(space, &change, pages);
    if (!error) {
        error = commit_range(space, &change);
        if (!error) {
            protect_range(space, &change);
        }
        region_join(space);
    }
    lock_release(&space->lock);
    return error;
}
