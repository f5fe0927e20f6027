/*
 * backing.c - the frames and tables behind regions (backing.h).
 *
 * Which frames an owning region has stands in the machine's tables alone; they
 * are asked for again when the region ends. Frames are taken and mapped in runs
 * as long as possible, because each mapping is dear on some machines.
 *
 * Each CPU looks its own way through the tables, and keeps what it found: the
 * order is tables first, then the other CPUs, then the frames (batch_flush).
 *
 * Invariant: outside of these functions a space has no table frame that no
 * mapping needs, so a change and its undoing leave the ledger as it was.
 */
#include "mem/backing.h"

#include "check/inject.h"
#include "fail.h"
#include "mem/frames.h"
#include "sched/cpu.h"

/* Frames of contiguous memory behind va on, at most `pages` of them. */
static uint64_t mapped_run(const struct space *space, uint64_t va,
                           uint64_t pages, uint64_t *phys)
{
    uint64_t run = 1;
    uint64_t next;
    uint32_t protection;
    bool mapped = hal_space_query(&space->hal, va, phys, &protection);

    ASSERT(mapped);
    while (run < pages &&
           hal_space_query(&space->hal, va + run * PAGE_SIZE, &next,
                           &protection) &&
           next == *phys + run * PAGE_SIZE) {
        run++;
    }
    return run;
}

void backing_begin(struct backing_batch *batch, struct space *space)
{
    batch->space = space;
    batch->regions = NULL;
    __builtin_memset(batch->refund, 0, sizeof(batch->refund));
    batch->changed = false;
    batch->count = 0;
}

static void batch_flush(struct backing_batch *batch)
{
    uint64_t others;

    if (!batch->changed) {
        return;
    }
    batch->changed = false;
    others = cpu_mask_of(batch->space) & ~(1ull << hal_cpu_self());
    if (others == 0) {
        return;
    }
    if (hal_trace_enabled()) {
        hal_trace(TRACE_IPI, 0, others, TRACE_IPI_FLUSH);
    }
    inject_flush();
    hal_tlb_flush(&batch->space->hal, others);
}

void backing_finish(struct backing_batch *batch)
{
    batch_flush(batch);
    for (uint32_t i = 0; i < batch->count; i++) {
        frames_free(batch->runs[i].phys, batch->runs[i].pages);
    }
    while (batch->regions) {
        struct region *region = batch->regions;

        batch->regions = region->next;
        region_destroy(batch->space, region);
    }
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        ledger_refund(batch->space->ledger, kind, batch->refund[kind]);
    }
    backing_begin(batch, batch->space);
}

static void batch_add(struct backing_batch *batch, uint64_t phys,
                      uint64_t pages)
{
    if (batch->count == BACKING_RUNS_MAX) {
        backing_finish(batch);
    }
    batch->runs[batch->count++] = (struct backing_run){phys, pages};
}

/* Unmaps pages, all of them mapped to frames of the space's own. */
static void frames_detach(struct backing_batch *batch, uint64_t va,
                          uint64_t pages)
{
    while (pages != 0) {
        uint64_t phys;
        uint64_t run = mapped_run(batch->space, va, pages, &phys);

        hal_space_unmap(&batch->space->hal, va, run);
        batch_add(batch, phys, run);
        batch->changed = true;
        va += run * PAGE_SIZE;
        pages -= run;
    }
}

/* Maps contiguous frames from the region's page `done` on. */
static int32_t run_map(struct space *space, const struct region *region,
                       uint64_t done, uint64_t phys, uint64_t pages)
{
    if (inject_refuses(INJECT_MAP)) {
        return FAIL(ERR_OVERLOADED, "the machine has no mapping left");
    }
    return hal_space_map(&space->hal, region->va + done * PAGE_SIZE, phys,
                         pages, region->protection);
}

/* Takes a run for a region, fills and maps it. *got: its pages. */
static int32_t run_attach(struct space *space, const struct region *region,
                          const struct space_source *source, uint64_t done,
                          uint64_t *got)
{
    uint64_t left = region->pages - done;
    uint64_t phys;
    int32_t error = 0;

    if (region->kind == REGION_KERNEL) {
        phys = frames_alloc_contiguous(left);
        *got = left;
    } else {
        phys = frames_alloc_run(left, got);
    }
    if (phys == HAL_NO_FRAME) {
        return FAIL(ERR_NO_MEMORY, "no free frame to map");
    }
    /* Filled before it is mapped: the program sees it complete or not. */
    if (source) {
        error = source->read(source->context, done * PAGE_SIZE,
                             hal_phys_pointer(phys), *got * PAGE_SIZE);
    }
    if (!error) {
        error = run_map(space, region, done, phys, *got);
    }
    if (error) {
        frames_free(phys, *got);
    }
    return error;
}

static int32_t frames_attach(struct backing_batch *batch,
                             const struct region *region,
                             const struct space_source *source)
{
    uint64_t done = 0;

    while (done < region->pages) {
        uint64_t got;
        int32_t error = run_attach(batch->space, region, source, done, &got);

        if (error) {
            frames_detach(batch, region->va, done);
            return error;
        }
        done += got;
    }
    return 0;
}

static int32_t memory_attach(struct backing_batch *batch,
                             const struct region *region)
{
    uint64_t done = 0;

    while (done < region->pages) {
        uint64_t left = region->pages - done;
        uint64_t run;
        uint64_t phys = memory_phys(region->memory, region->first_page + done,
                                    &run);
        int32_t error;

        run = run < left ? run : left;
        error = run_map(batch->space, region, done, phys, run);
        if (error) {
            if (done != 0) {
                backing_detach(batch, region, done);
            }
            return error;
        }
        done += run;
    }
    return 0;
}

/* Gives the machine the tables that it needs to map the region. */
static int32_t tables_attach(struct space *space, const struct region *region)
{
    uint32_t needed = hal_space_tables(&space->hal, region->va, region->pages);

    for (; needed != 0; needed--) {
        int32_t error = ledger_charge(space->ledger, LEDGER_TABLES, 1);
        uint64_t phys;

        if (error) {
            return error;
        }
        phys = frame_alloc_zeroed();
        if (phys == HAL_NO_FRAME) {
            ledger_refund(space->ledger, LEDGER_TABLES, 1);
            return FAIL(ERR_NO_MEMORY, "no free frame for a table");
        }
        hal_space_give(&space->hal, phys);
    }
    return 0;
}

int32_t backing_attach(struct space *space, const struct region *region,
                       const struct space_source *source)
{
    uint64_t owned = region_owns(region) ? region->pages : 0;
    struct backing_batch undone;
    int32_t error;

    if (region->kind == REGION_RESERVED) {
        return 0;
    }
    error = ledger_charge(space->ledger, region_ledger_kind(region), owned);
    if (error) {
        return error;
    }
    backing_begin(&undone, space);
    error = tables_attach(space, region);
    if (!error) {
        error = region->memory ? memory_attach(&undone, region)
                               : frames_attach(&undone, region, source);
    }
    if (error) {
        (void)backing_trim(&undone, UINT64_MAX);
        undone.refund[region_ledger_kind(region)] += owned;
        backing_finish(&undone);
    }
    return error;
}

void backing_detach(struct backing_batch *batch, const struct region *region,
                    uint64_t pages)
{
    if (region_owns(region)) {
        frames_detach(batch, region->va, pages);
        batch->refund[region_ledger_kind(region)] += pages;
    } else if (region->memory || region->kind == REGION_SCRATCH) {
        hal_space_unmap(&batch->space->hal, region->va, pages);
        batch->changed = true;
    }
}

void backing_drop(struct backing_batch *batch, struct region *region)
{
    region->next = batch->regions;
    batch->regions = region;
}

void backing_protect(struct backing_batch *batch, struct region *region,
                     uint32_t protection)
{
    hal_space_protect(&batch->space->hal, region->va, region->pages,
                      protection);
    /*
     * A right that was given, too: what a TLB remembers of less makes a fault.
     * Only of pages without any right it remembers nothing.
     */
    if (region->protection != 0 && region->protection != protection) {
        batch->changed = true;
    }
    region->protection = protection;
}

void backing_cover(struct backing_batch *batch, struct region *region)
{
    hal_space_cover(&batch->space->hal, region->va, region->pages,
                    batch->space->scratch);
    batch->changed = true;
    region->kind = REGION_SCRATCH;
    region->memory = NULL;
    region->first_page = 0;
}

bool backing_trim(struct backing_batch *batch, uint64_t budget)
{
    for (; budget != 0; budget--) {
        uint64_t phys = hal_space_take(&batch->space->hal);

        if (phys == HAL_NO_FRAME) {
            return true;
        }
        batch_add(batch, phys, 1);
        batch->refund[LEDGER_TABLES]++;
        batch->changed = true;
    }
    return false;
}
