/*
 * ranges.c - arithmetic on lists of memory ranges.
 *
 * 128 regions make at most 128 ranges, and each removal adds at most one: what
 * a firmware says always fits.
 */
#include "ranges.h"

#define PAGE_BYTES UINT64_C(4096)

static uint64_t end_of(const struct x86_range *range)
{
    return range->phys + range->bytes;
}

static void insert_at(struct x86_ranges *ranges, uint32_t at,
                      struct x86_range range)
{
    for (uint32_t i = ranges->count; i > at; i--) {
        ranges->range[i] = ranges->range[i - 1];
    }
    ranges->range[at] = range;
    ranges->count++;
}

static void delete_at(struct x86_ranges *ranges, uint32_t at)
{
    ranges->count--;
    for (uint32_t i = at; i < ranges->count; i++) {
        ranges->range[i] = ranges->range[i + 1];
    }
}

/* Makes the range at `at` and those above that it touches one. */
static void merge_at(struct x86_ranges *ranges, uint32_t at)
{
    struct x86_range *range = &ranges->range[at];

    while (at + 1 < ranges->count &&
           ranges->range[at + 1].phys <= end_of(range)) {
        uint64_t end = end_of(&ranges->range[at + 1]);

        if (end > end_of(range)) {
            range->bytes = end - range->phys;
        }
        delete_at(ranges, at + 1);
    }
}

bool x86_ranges_add(struct x86_ranges *ranges, uint64_t phys, uint64_t bytes)
{
    uint32_t at = 0;

    if (bytes == 0) {
        return true;
    }
    if (ranges->count == X86_RANGES_MAX) {
        return false;
    }
    while (at < ranges->count && ranges->range[at].phys <= phys) {
        at++;
    }
    insert_at(ranges, at, (struct x86_range){phys, bytes});
    if (at > 0 && end_of(&ranges->range[at - 1]) >= phys) {
        at--;
    }
    merge_at(ranges, at);
    return true;
}

bool x86_ranges_remove(struct x86_ranges *ranges, uint64_t phys,
                       uint64_t bytes)
{
    uint64_t end = phys + bytes;
    uint32_t at = 0;

    while (at < ranges->count) {
        struct x86_range *range = &ranges->range[at];
        uint64_t range_end = end_of(range);

        if (range_end <= phys || range->phys >= end) {
            at++;
        } else if (range->phys < phys && range_end > end) {
            if (ranges->count == X86_RANGES_MAX) {
                return false;
            }
            range->bytes = phys - range->phys;
            insert_at(ranges, at + 1,
                      (struct x86_range){end, range_end - end});
            return true;
        } else if (range->phys < phys) {
            range->bytes = phys - range->phys;
            at++;
        } else if (range_end > end) {
            *range = (struct x86_range){end, range_end - end};
            at++;
        } else {
            delete_at(ranges, at);
        }
    }
    return true;
}

/* To pages: usable regions inwards, others outwards. False: nothing is left. */
static bool region_clip(const struct x86_region *region, uint64_t *start,
                        uint64_t *end)
{
    if (region->phys >= X86_PHYS_LIMIT) {
        return false;
    }
    *start = region->phys;
    *end = region->bytes > X86_PHYS_LIMIT - region->phys
               ? X86_PHYS_LIMIT
               : region->phys + region->bytes;
    if (region->usable) {
        *start = (*start + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
        *end &= ~(PAGE_BYTES - 1);
    } else {
        *start &= ~(PAGE_BYTES - 1);
        *end = (*end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    }
    return *start < *end;
}

void x86_ranges_usable(struct x86_ranges *ranges,
                       const struct x86_region *regions, uint32_t count)
{
    uint64_t start, end;

    ranges->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (regions[i].usable && region_clip(&regions[i], &start, &end)) {
            (void)x86_ranges_add(ranges, start, end - start);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!regions[i].usable && region_clip(&regions[i], &start, &end)) {
            (void)x86_ranges_remove(ranges, start, end - start);
        }
    }
}
