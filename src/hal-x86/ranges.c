/*
 * ranges.c - arithmetic on lists of memory ranges: ascending, disjoint, not
 * empty. Pure logic.
 */
#include "internal.h"

#define RANGES_MAX (sizeof(((struct x86_ranges *)0)->range) /                  \
                    sizeof(struct hal_range))

/* No address of the direct map lies beyond this (SDM 3A 4.5: 46 bits here). */
#define PHYS_LIMIT (UINT64_C(1) << 46)

static void insert_at(struct x86_ranges *ranges, uint32_t at,
                      struct hal_range range)
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

/* Swallows the neighbours above `at` that the range touches. */
static void merge_at(struct x86_ranges *ranges, uint32_t at)
{
    struct hal_range *range = &ranges->range[at];

    while (at + 1 < ranges->count) {
        struct hal_range *next = &ranges->range[at + 1];
        uint64_t end = next->phys + next->bytes;

        if (next->phys > range->phys + range->bytes) {
            return;
        }
        if (end > range->phys + range->bytes) {
            range->bytes = end - range->phys;
        }
        delete_at(ranges, at + 1);
    }
}

bool x86_ranges_add(struct x86_ranges *ranges, uint64_t phys, uint64_t bytes)
{
    uint32_t at = 0;

    while (at < ranges->count && ranges->range[at].phys <= phys) {
        at++;
    }
    if (ranges->count == RANGES_MAX) {
        return false;
    }
    insert_at(ranges, at, (struct hal_range){phys, bytes});
    merge_at(ranges, at > 0 ? at - 1 : 0);
    if (at > 0 && at < ranges->count) {
        merge_at(ranges, at);
    }
    return true;
}

bool x86_ranges_remove(struct x86_ranges *ranges, uint64_t phys,
                       uint64_t bytes)
{
    uint64_t end = phys + bytes;
    uint32_t at = 0;

    while (at < ranges->count) {
        struct hal_range *range = &ranges->range[at];
        uint64_t range_end = range->phys + range->bytes;

        if (range_end <= phys || range->phys >= end) {
            at++;
        } else if (range->phys < phys && range_end > end) {
            if (ranges->count == RANGES_MAX) {
                return false;
            }
            range->bytes = phys - range->phys;
            insert_at(ranges, at + 1,
                      (struct hal_range){end, range_end - end});
            return true;
        } else if (range->phys < phys) {
            range->bytes = phys - range->phys;
            at++;
        } else if (range_end > end) {
            range->phys = end;
            range->bytes = range_end - end;
            at++;
        } else {
            delete_at(ranges, at);
        }
    }
    return true;
}

/* Clips to what the direct map covers, rounded to pages inwards. */
static bool region_clip(const struct x86_region *region, uint64_t *start,
                        uint64_t *end)
{
    uint64_t limit = PHYS_LIMIT;

    if (region->phys >= limit) {
        return false;
    }
    *end = region->bytes > limit - region->phys ? limit
                                                : region->phys + region->bytes;
    *start = region->phys;
    if (region->usable) {
        *start = (*start + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
        *end &= ~(uint64_t)(PAGE_SIZE - 1);
    } else {
        *start &= ~(uint64_t)(PAGE_SIZE - 1);
        *end = (*end + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
    }
    return *start < *end;
}

void x86_ranges_usable(struct x86_ranges *ranges,
                       const struct x86_boot_info *info)
{
    uint64_t start, end;

    ranges->count = 0;
    for (uint32_t i = 0; i < info->regions; i++) {
        if (info->region[i].usable &&
            region_clip(&info->region[i], &start, &end)) {
            (void)x86_ranges_add(ranges, start, end - start);
        }
    }
    for (uint32_t i = 0; i < info->regions; i++) {
        if (!info->region[i].usable &&
            region_clip(&info->region[i], &start, &end)) {
            (void)x86_ranges_remove(ranges, start, end - start);
        }
    }
}
