/*
 * frames.c - the frame allocator (frames.h): one bitmap for each range.
 *
 * A zone is a range of free memory: first the bitmap's words, then the frames
 * that the bitmap speaks of. Below zone->lowest no frame is free, so searches
 * start there and still find the lowest.
 *
 * The memory checker sees each frame as a block of its own in one pool, so a
 * run can be freed in other pieces than it was taken in.
 */
#include "mem/frames.h"

#include "annotate.h"
#include "bitmap.h"
#include "check/inject.h"
#include "fail.h"
#include "lock.h"
#include "variant.h"

#define FRAMES_POISON 0xdb

struct zone {
    uint64_t phys; /* of the frame with index 0 */
    uint64_t lowest;
    struct bitmap taken;
};

/* A run of free frames in a zone. */
struct run {
    struct zone *zone; /* NULL: none found */
    uint64_t first;
    uint64_t pages;
};

static struct frames {
    struct lock lock; /* guards the zones */
    uint32_t zones;
    struct zone zone[HAL_RANGES_MAX];
} frames;

static void zone_init(struct zone *zone, const struct hal_range *range)
{
    uint64_t pages = range->bytes / PAGE_SIZE;
    uint64_t books = (bitmap_words(pages) * 8 + PAGE_SIZE - 1) / PAGE_SIZE;

    zone->phys = range->phys + books * PAGE_SIZE;
    zone->lowest = 0;
    bitmap_init(&zone->taken, hal_phys_pointer(range->phys), pages - books);
    annotate_noaccess(hal_phys_pointer(zone->phys),
                      (pages - books) * PAGE_SIZE);
}

void frames_init(const struct hal_boot *boot)
{
    ASSERT(boot->ranges <= HAL_RANGES_MAX);
    lock_init(&frames.lock, LOCK_FRAMES);
    annotate_pool(&frames);
    frames.zones = 0;
    for (uint32_t i = 0; i < boot->ranges; i++) {
        /* Smaller than two frames there would be books and nothing in them. */
        if (boot->memory[i].bytes >= 2 * PAGE_SIZE) {
            zone_init(&frames.zone[frames.zones++], &boot->memory[i]);
        }
    }
}

/* Free frames from a free one on, counted up to max. */
static uint64_t run_length(const struct bitmap *taken, uint64_t first,
                           uint64_t max)
{
    uint64_t pages = 1;

    while (pages < max && !bitmap_test(taken, first + pages)) {
        pages++;
    }
    return pages;
}

/* The best run for frames_alloc_run. Lock held. */
static struct run run_find_locked(uint64_t pages)
{
    struct run best = {NULL, 0, 0};
    uint32_t seen = 0;

    for (uint32_t i = 0; i < frames.zones; i++) {
        struct zone *zone = &frames.zone[i];
        uint64_t from = zone->lowest;

        while (from < zone->taken.bits && seen++ < FRAMES_RUNS_SEEN) {
            uint64_t first = bitmap_find_clear(&zone->taken, 1, from);
            uint64_t length;

            /* Before `from`: the search has wrapped, all have been seen. */
            if (first == BITMAP_NONE || first < from) {
                break;
            }
            length = run_length(&zone->taken, first, pages);
            if (length > best.pages) {
                best = (struct run){zone, first, length};
            }
            if (length == pages) {
                return best;
            }
            from = first + length;
        }
    }
    return best;
}

/* The lowest run of exactly `pages`. Lock held. */
static struct run run_exact_locked(uint64_t pages)
{
    for (uint32_t i = 0; i < frames.zones; i++) {
        struct zone *zone = &frames.zone[i];
        uint64_t first = bitmap_find_clear(&zone->taken, pages, zone->lowest);

        if (first != BITMAP_NONE) {
            return (struct run){zone, first, pages};
        }
    }
    return (struct run){NULL, 0, 0};
}

/* Marks a run as taken and returns its address. Lock held. */
static uint64_t run_take_locked(struct run run)
{
    if (!run.zone) {
        return HAL_NO_FRAME;
    }
    bitmap_set_range(&run.zone->taken, run.first, run.pages);
    /* A single frame is always the lowest free one of its zone. */
    if (run.pages == 1 || run.first == run.zone->lowest) {
        run.zone->lowest = run.first + run.pages;
    }
    return run.zone->phys + run.first * PAGE_SIZE;
}

static void pool_alloc(uint64_t phys, uint64_t pages)
{
    for (uint64_t i = 0; i < pages; i++) {
        annotate_pool_alloc(&frames, hal_phys_pointer(phys + i * PAGE_SIZE),
                            PAGE_SIZE);
    }
}

uint64_t frames_take(uint64_t pages)
{
    uint64_t phys;

    lock_acquire(&frames.lock);
    phys = run_take_locked(run_exact_locked(pages));
    lock_release(&frames.lock);
    if (phys != HAL_NO_FRAME) {
        annotate_undefined(hal_phys_pointer(phys), pages * PAGE_SIZE);
    }
    return phys;
}

uint64_t frame_alloc(void)
{
    uint64_t phys = frames_take(1);

    if (phys != HAL_NO_FRAME) {
        pool_alloc(phys, 1);
    }
    return phys;
}

uint64_t frames_alloc_contiguous(uint64_t pages)
{
    uint64_t phys =
        inject_refuses(INJECT_FRAMES) ? HAL_NO_FRAME : frames_take(pages);

    if (phys != HAL_NO_FRAME) {
        pool_alloc(phys, pages);
        __builtin_memset(hal_phys_pointer(phys), 0, pages * PAGE_SIZE);
    }
    return phys;
}

uint64_t frame_alloc_zeroed(void)
{
    return frames_alloc_contiguous(1);
}

uint64_t frames_alloc_run(uint64_t pages, uint64_t *got)
{
    struct run run;
    uint64_t phys;

    ASSERT(pages != 0);
    if (inject_refuses(INJECT_FRAMES)) {
        *got = 0;
        return HAL_NO_FRAME;
    }
    lock_acquire(&frames.lock);
    run = run_find_locked(pages);
    phys = run_take_locked(run);
    lock_release(&frames.lock);
    *got = run.pages;
    if (phys != HAL_NO_FRAME) {
        pool_alloc(phys, run.pages);
        __builtin_memset(hal_phys_pointer(phys), 0, run.pages * PAGE_SIZE);
    }
    return phys;
}

/* The zone that has the whole run, all of which must be taken. */
static struct run run_of(uint64_t phys, uint64_t pages)
{
    struct run run = {NULL, 0, pages};

    ASSERT(phys % PAGE_SIZE == 0);
    for (uint32_t i = 0; i < frames.zones && !run.zone; i++) {
        struct zone *zone = &frames.zone[i];

        run.first = (phys - zone->phys) / PAGE_SIZE;
        if (phys >= zone->phys && run.first < zone->taken.bits) {
            run.zone = zone;
        }
    }
    ASSERT(run.zone && pages <= run.zone->taken.bits - run.first);
    lock_acquire(&frames.lock);
    for (uint64_t i = 0; i < pages; i++) {
        ASSERT(bitmap_test(&run.zone->taken, run.first + i));
    }
    lock_release(&frames.lock);
    return run;
}

/* Makes frames free whose contents nobody may look at any more. */
static void run_release(struct run run)
{
    lock_acquire(&frames.lock);
    bitmap_clear_range(&run.zone->taken, run.first, run.pages);
    if (run.first < run.zone->lowest) {
        run.zone->lowest = run.first;
    }
    lock_release(&frames.lock);
}

void frames_return(uint64_t phys, uint64_t pages)
{
    struct run run = run_of(phys, pages);
    void *bytes = hal_phys_pointer(phys);

    if (VARIANT_CHECKS) {
        annotate_undefined(bytes, pages * PAGE_SIZE);
        __builtin_memset(bytes, FRAMES_POISON, pages * PAGE_SIZE);
    }
    annotate_noaccess(bytes, pages * PAGE_SIZE);
    run_release(run);
}

void frames_free(uint64_t phys, uint64_t pages)
{
    struct run run = run_of(phys, pages);

    if (VARIANT_CHECKS) {
        __builtin_memset(hal_phys_pointer(phys), FRAMES_POISON,
                         pages * PAGE_SIZE);
    }
    for (uint64_t i = 0; i < pages; i++) {
        annotate_pool_free(&frames, hal_phys_pointer(phys + i * PAGE_SIZE));
    }
    run_release(run);
}

uint64_t frames_total(void)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < frames.zones; i++) {
        total += frames.zone[i].taken.bits;
    }
    return total;
}

uint64_t frames_available(void)
{
    uint64_t available = 0;

    lock_acquire(&frames.lock);
    for (uint32_t i = 0; i < frames.zones; i++) {
        available += bitmap_count_clear(&frames.zone[i].taken);
    }
    lock_release(&frames.lock);
    return available;
}
