/*
 * x86_ranges_test.c - the memory map's arithmetic against an array of pages.
 */
#include "../../src/hal-x86/ranges.h"

#include <string.h>

#include "check_run.h"

#define PAGES 512u
#define PAGE UINT64_C(4096)
#define ROUNDS 2000u

static uint32_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(*state >> 33);
}

/* Ascending, disjoint, not empty, and the same pages as the model. */
static void same(const struct x86_ranges *ranges, const bool *pages)
{
    bool seen[PAGES] = {false};
    uint64_t end = 0;

    for (uint32_t i = 0; i < ranges->count; i++) {
        const struct x86_range *range = &ranges->range[i];

        ck_assert_uint_gt(range->bytes, 0);
        ck_assert(i == 0 || range->phys >= end);
        end = range->phys + range->bytes;
        ck_assert_uint_le(end, PAGES * PAGE);
        for (uint64_t at = range->phys; at < end; at += PAGE) {
            seen[at / PAGE] = true;
        }
    }
    ck_assert_mem_eq(seen, pages, sizeof(seen));
}

START_TEST(test_ranges_add_remove)
{
    static struct x86_ranges ranges;
    bool pages[PAGES] = {false};
    uint64_t state = 1;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t first = random_next(&state) % PAGES;
        uint32_t count = random_next(&state) % 40 % (PAGES - first);
        bool add = random_next(&state) % 2;

        if (add) {
            ck_assert(x86_ranges_add(&ranges, first * PAGE, count * PAGE));
        } else {
            ck_assert(x86_ranges_remove(&ranges, first * PAGE, count * PAGE));
        }
        memset(pages + first, add, count);
        same(&ranges, pages);
    }
}
END_TEST

/* Regions at any byte, overlapping: a page is free if all of it is. */
START_TEST(test_ranges_usable)
{
    static struct x86_ranges ranges;
    uint64_t state = 2;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct x86_region regions[X86_REGIONS_MAX];
        uint32_t count = random_next(&state) % (X86_REGIONS_MAX + 1);
        bool pages[PAGES] = {false};

        for (uint32_t r = 0; r < count; r++) {
            uint64_t phys = random_next(&state) % (PAGES * PAGE - 1);
            uint64_t bytes = random_next(&state) % (PAGES * PAGE - phys) % 99999;

            regions[r] = (struct x86_region){phys, bytes,
                                             random_next(&state) % 3 != 0};
            for (uint64_t p = (phys + PAGE - 1) / PAGE;
                 regions[r].usable && (p + 1) * PAGE <= phys + bytes; p++) {
                pages[p] = true;
            }
        }
        for (uint32_t r = 0; r < count; r++) {
            uint64_t end = regions[r].phys + regions[r].bytes;

            for (uint64_t p = regions[r].phys / PAGE;
                 !regions[r].usable && p * PAGE < end; p++) {
                pages[p] = false;
            }
        }
        x86_ranges_usable(&ranges, regions, count);
        same(&ranges, pages);
    }
}
END_TEST

/* What does not fit the direct map is left out; nothing wraps. */
START_TEST(test_ranges_limit)
{
    static struct x86_ranges ranges;
    const struct x86_region regions[] = {
        {X86_PHYS_LIMIT - PAGE, UINT64_MAX, true},
        {UINT64_MAX - PAGE, PAGE, true},
        {0, 2 * PAGE, true},
        {UINT64_MAX, UINT64_MAX, false},
    };

    x86_ranges_usable(&ranges, regions, 4);
    ck_assert_uint_eq(ranges.count, 2);
    ck_assert_uint_eq(ranges.range[0].bytes, 2 * PAGE);
    ck_assert_uint_eq(ranges.range[1].phys, X86_PHYS_LIMIT - PAGE);
    ck_assert_uint_eq(ranges.range[1].bytes, PAGE);
}
END_TEST

START_TEST(test_ranges_full)
{
    static struct x86_ranges ranges;

    for (uint64_t i = 0; i < X86_RANGES_MAX; i++) {
        ck_assert(x86_ranges_add(&ranges, i * 8 * PAGE, 4 * PAGE));
    }
    ck_assert(!x86_ranges_add(&ranges, 6 * PAGE, PAGE));
    ck_assert(!x86_ranges_remove(&ranges, PAGE, PAGE));
    ck_assert_uint_eq(ranges.count, X86_RANGES_MAX);
    ck_assert_uint_eq(ranges.range[0].bytes, 4 * PAGE);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_ranges_add_remove, test_ranges_usable,
                                  test_ranges_limit, test_ranges_full, NULL};

    return check_run("x86-ranges", tests);
}
