/*
 * ranges.h - lists of memory ranges: ascending, disjoint, not empty. Pure
 * logic; no locks.
 */
#ifndef CAPOS_X86_RANGES_H
#define CAPOS_X86_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#define X86_REGIONS_MAX 128u
#define X86_RANGES_MAX (2 * X86_REGIONS_MAX)

/* No address of the direct map lies at or beyond this. */
#define X86_PHYS_LIMIT (UINT64_C(1) << 46)

/* An entry of a firmware's memory map: in any order, overlaps are allowed. */
struct x86_region {
    uint64_t phys;
    uint64_t bytes;
    bool usable;
};

struct x86_range {
    uint64_t phys;
    uint64_t bytes;
};

struct x86_ranges {
    uint32_t count;
    struct x86_range range[X86_RANGES_MAX];
};

/*
 * Adds [phys, phys + bytes), which may overlap what is there; neighbours become
 * one. bytes 0 adds nothing. False: full, nothing was added.
 */
bool x86_ranges_add(struct x86_ranges *ranges, uint64_t phys, uint64_t bytes);

/* Takes [phys, phys + bytes) out. False: full, nothing was taken out. */
bool x86_ranges_remove(struct x86_ranges *ranges, uint64_t phys,
                       uint64_t bytes);

/*
 * Sets ranges to the usable regions, in whole pages below X86_PHYS_LIMIT, less
 * every page that another region touches. count is at most X86_REGIONS_MAX.
 */
void x86_ranges_usable(struct x86_ranges *ranges,
                       const struct x86_region *regions, uint32_t count);

#endif
