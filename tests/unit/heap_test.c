/* heap_test.c - the kernel heap: alignment, reuse, exhaustion, misuse. */
#include <stdlib.h>
#include <string.h>

#include "check_stop.h"
#include "hal.h"
#include "mem/frames.h"
#include "mem/heap.h"
#include "variant.h"

static void check_zeroed(const unsigned char *block, size_t bytes)
{
    unsigned char dirty = 0;

    for (size_t i = 0; i < bytes; i++) {
        dirty |= block[i];
    }
    ck_assert_uint_eq(dirty, 0);
}

START_TEST(test_heap_sizes)
{
    uint64_t available;

    fake_start();
    available = frames_available();
    for (size_t bytes = 1; bytes <= HEAP_BYTES_MAX;
         bytes += bytes < 5000 ? 1 : 65521) {
        unsigned char *block = heap_alloc(bytes);

        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % 16, 0);
        ck_assert(bytes % 64 != 0 || (uintptr_t)block % 64 == 0);
        check_zeroed(block, bytes);
        memset(block, 0xff, bytes);
        heap_free(block);
    }
    ck_assert_uint_eq(frames_available(), available);
    ck_assert_ptr_null(heap_alloc(0));
    ck_assert_ptr_null(heap_alloc(HEAP_BYTES_MAX + 1));
    ck_assert_ptr_null(heap_alloc(SIZE_MAX));
    heap_free(NULL);
}
END_TEST

/* Random blocks, each filled with its own value, never overlapping. */
START_TEST(test_heap_random)
{
    static unsigned char *blocks[512];
    static size_t sizes[512];
    uint64_t available;
    uint32_t wrong = 0;

    fake_start();
    available = frames_available();
    srand(11);
    for (uint32_t step = 0; step < 40000; step++) {
        uint32_t i = (uint32_t)rand() % 512;

        if (!blocks[i]) {
            sizes[i] = 1 + (size_t)rand() % (rand() % 16 ? 300 : 9000);
            blocks[i] = heap_alloc(sizes[i]);
            ck_assert_ptr_nonnull(blocks[i]);
            check_zeroed(blocks[i], sizes[i]);
            memset(blocks[i], (int)(i % 255) + 1, sizes[i]);
            continue;
        }
        for (size_t b = 0; b < sizes[i]; b++) {
            wrong += blocks[i][b] != i % 255 + 1;
        }
        heap_free(blocks[i]);
        blocks[i] = NULL;
    }
    for (uint32_t i = 0; i < 512; i++) {
        heap_free(blocks[i]);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(frames_available(), available);
}
END_TEST

/* An allocation that is rolled back leaves the order of later ones alone. */
START_TEST(test_heap_restored)
{
    void *keep[130];
    void *next;

    fake_start();
    for (uint32_t i = 0; i < 130; i++) {
        keep[i] = heap_alloc(48);
    }
    heap_free(keep[3]);
    heap_free(keep[100]);
    next = heap_alloc(48);
    heap_free(next);
    for (uint32_t round = 1; round < 90; round++) {
        void *tried[90];

        for (uint32_t i = 0; i < round; i++) {
            tried[i] = heap_alloc(48);
        }
        for (uint32_t i = round; i > 0; i--) {
            heap_free(tried[i - 1]);
        }
        tried[0] = heap_alloc(48);
        ck_assert_ptr_eq(tried[0], next);
        heap_free(tried[0]);
    }
}
END_TEST

START_TEST(test_heap_exhausted)
{
    uint64_t hog;
    void *block;

    fake_start();
    hog = frames_alloc_contiguous(0x1ffe);
    ck_assert_uint_ne(hog, HAL_NO_FRAME);
    while (frames_available() != 0) {
        (void)frame_alloc();
    }
    ck_assert_ptr_null(heap_alloc(16));
    ck_assert_ptr_null(heap_alloc(PAGE_SIZE));
    frames_free(hog, 1);
    ck_assert_ptr_null(heap_alloc(PAGE_SIZE));
    block = heap_alloc(16);
    ck_assert_ptr_nonnull(block);
    ck_assert_ptr_nonnull(heap_alloc(16));
    ck_assert_ptr_null(heap_alloc(32));
}
END_TEST

START_TEST(test_heap_double_free)
{
    void *block;

    fake_start();
    (void)heap_alloc(40);
    block = heap_alloc(40);
    heap_free(block);
    heap_free(block);
}
END_TEST

START_TEST(test_heap_free_inside)
{
    char *block;

    fake_start();
    block = heap_alloc(200);
    heap_free(block + 16);
}
END_TEST

START_TEST(test_heap_free_page)
{
    fake_start();
    heap_free(hal_phys_pointer(frame_alloc_zeroed()));
}
END_TEST

START_TEST(test_heap_write_after_free)
{
    volatile char *block;

    fake_start();
    (void)heap_alloc(40);
    block = heap_alloc(40);
    heap_free((void *)(uintptr_t)block);
    block[8] = 1;
    (void)heap_alloc(40);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_heap_sizes,
        test_heap_random,
        test_heap_restored,
        test_heap_exhausted,
        NULL,
    };
    const TTest *const stops[] = {
        test_heap_double_free,
        test_heap_free_inside,
        test_heap_free_page,
        VARIANT_CHECKS ? test_heap_write_after_free : NULL,
        NULL,
    };

    return check_run_stops("heap", tests, stops);
}
