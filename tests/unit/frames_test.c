/* frames_test.c - the frame allocator: runs, zones, order, misuse. */
#include <stdlib.h>
#include <string.h>

#include "check_stop.h"
#include "hal.h"
#include "mem/frames.h"

static struct hal_boot boot;

/* 15 usable frames, a range too small to use, 31 usable frames. */
static void start_small(void)
{
    static const struct hal_range ranges[] = {
        {0x10000, 16 * PAGE_SIZE},
        {0x30000, PAGE_SIZE},
        {0x40000, 32 * PAGE_SIZE},
    };

    fake_boot(&boot, ranges, 3);
    frames_init(&boot);
}

static bool zeroed(uint64_t phys, uint64_t pages)
{
    const unsigned char *bytes = hal_phys_pointer(phys);

    for (uint64_t i = 0; i < pages * PAGE_SIZE; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

START_TEST(test_frames_all)
{
    uint64_t phys[46];

    start_small();
    ck_assert_uint_eq(frames_total(), 46);
    ck_assert_uint_eq(frames_available(), 46);
    for (uint32_t i = 0; i < 46; i++) {
        phys[i] = i % 2 ? frame_alloc() : frame_alloc_zeroed();
        ck_assert_uint_ne(phys[i], HAL_NO_FRAME);
        ck_assert(i == 0 || phys[i] > phys[i - 1]);
        ck_assert(i % 2 || zeroed(phys[i], 1));
        memset(hal_phys_pointer(phys[i]), (int)i + 1, PAGE_SIZE);
    }
    ck_assert_uint_eq(frame_alloc(), HAL_NO_FRAME);
    ck_assert_uint_eq(frame_alloc_zeroed(), HAL_NO_FRAME);
    ck_assert_uint_eq(frames_available(), 0);
    for (uint32_t i = 0; i < 46; i++) {
        const unsigned char *bytes = hal_phys_pointer(phys[i]);

        ck_assert_uint_eq(bytes[0], i + 1);
        ck_assert_uint_eq(bytes[PAGE_SIZE - 1], i + 1);
        frames_free(phys[i], 1);
    }
    ck_assert_uint_eq(frames_available(), 46);
    ck_assert_uint_eq(frame_alloc(), phys[0]);
}
END_TEST

START_TEST(test_frames_runs)
{
    uint64_t got;
    uint64_t first;
    uint64_t second;

    start_small();
    /* Both zones, the second one first: it has the longer run. */
    first = frames_alloc_run(40, &got);
    ck_assert_uint_eq(got, 31);
    ck_assert(zeroed(first, got));
    second = frames_alloc_run(9, &got);
    ck_assert_uint_eq(got, 9);
    ck_assert_uint_lt(second, first);
    ck_assert_uint_eq(frames_available(), 6);
    ck_assert_uint_eq(frames_alloc_contiguous(7), HAL_NO_FRAME);
    ck_assert_uint_eq(frames_alloc_contiguous(0), HAL_NO_FRAME);
    ck_assert_uint_ne(frames_alloc_contiguous(6), HAL_NO_FRAME);
    ck_assert_uint_eq(frames_alloc_run(1, &got), HAL_NO_FRAME);
    ck_assert_uint_eq(got, 0);
    /* A hole in the middle of a run comes back as it is. */
    frames_free(first + 5 * PAGE_SIZE, 3);
    ck_assert_uint_eq(frames_alloc_run(8, &got), first + 5 * PAGE_SIZE);
    ck_assert_uint_eq(got, 3);
    ck_assert(zeroed(first + 5 * PAGE_SIZE, 3));
}
END_TEST

START_TEST(test_frames_restored)
{
    uint64_t got;
    uint64_t hole;
    uint64_t expected;

    start_small();
    (void)frames_alloc_run(8, &got);
    hole = frame_alloc();
    (void)frames_alloc_run(4, &got);
    frames_free(hole, 1);
    expected = frames_alloc_run(2, &got);
    frames_free(expected, 2);
    /* What is taken and given back changes nothing for what follows. */
    for (uint64_t pages = 1; pages < 40; pages++) {
        uint64_t phys = frames_alloc_run(pages, &got);

        frames_free(phys, got);
        phys = frames_alloc_run(2, &got);
        ck_assert_uint_eq(phys, expected);
        ck_assert_uint_eq(got, 2);
        frames_free(phys, 2);
    }
    ck_assert_uint_eq(frame_alloc(), hole);
}
END_TEST

/* Random allocations against an array of owners. */
START_TEST(test_frames_random)
{
    static uint32_t owner[0x60];
    uint64_t held[64] = {0};
    uint64_t pages[64] = {0};

    start_small();
    srand(7);
    for (uint32_t step = 0; step < 20000; step++) {
        uint32_t i = (uint32_t)rand() % 64;

        if (pages[i] != 0) {
            for (uint64_t p = 0; p < pages[i]; p++) {
                ck_assert_uint_eq(owner[held[i] / PAGE_SIZE + p], i + 1);
                owner[held[i] / PAGE_SIZE + p] = 0;
            }
            frames_free(held[i], pages[i]);
            pages[i] = 0;
            continue;
        }
        held[i] = frames_alloc_run(1 + (uint64_t)rand() % 12, &pages[i]);
        ck_assert(held[i] != HAL_NO_FRAME || frames_available() == 0);
        for (uint64_t p = 0; p < pages[i]; p++) {
            ck_assert_uint_eq(owner[held[i] / PAGE_SIZE + p], 0);
            owner[held[i] / PAGE_SIZE + p] = i + 1;
        }
    }
    for (uint32_t i = 0; i < 64; i++) {
        if (pages[i] != 0) {
            frames_free(held[i], pages[i]);
        }
    }
    ck_assert_uint_eq(frames_available(), 46);
}
END_TEST

START_TEST(test_frames_double_free)
{
    uint64_t phys;

    start_small();
    phys = frame_alloc();
    frames_free(phys, 1);
    frames_free(phys, 1);
}
END_TEST

START_TEST(test_frames_free_outside)
{
    start_small();
    frames_free(0x30000, 1);
}
END_TEST

START_TEST(test_frames_free_books)
{
    start_small();
    frames_free(0x10000, 1);
}
END_TEST

START_TEST(test_frames_free_past_end)
{
    uint64_t got;
    uint64_t phys;

    start_small();
    phys = frames_alloc_run(15, &got);
    frames_free(phys, 16);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_frames_all,
        test_frames_runs,
        test_frames_restored,
        test_frames_random,
        NULL,
    };
    const TTest *const stops[] = {
        test_frames_double_free,
        test_frames_free_outside,
        test_frames_free_books,
        test_frames_free_past_end,
        NULL,
    };

    return check_run_stops("frames", tests, stops);
}
