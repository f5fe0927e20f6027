/*
 * allocator_test.c - the program heap over pages that the test hands out.
 *
 * panic() is the test's own: it exits with PANIC_EXIT_CODE, which the tests of
 * misuse expect.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "check_run.h"
#include "limits.h"
#include "pages.h"
#include "panic.h"
#include "sync_mutex.h"

static size_t pages_left;
static size_t pages_mapped;

void *pages_map(size_t bytes)
{
    size_t pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    void *address;

    if (pages > pages_left) {
        return NULL;
    }
    address = aligned_alloc(PAGE_SIZE, pages * PAGE_SIZE);
    ck_assert_ptr_nonnull(address);
    memset(address, 0, pages * PAGE_SIZE);
    pages_left -= pages;
    pages_mapped += pages;
    return address;
}

void pages_unmap(void *address, size_t bytes)
{
    free(address);
    pages_left += bytes / PAGE_SIZE;
    pages_mapped -= bytes / PAGE_SIZE;
}

void panic(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stdout, format, args);
    va_end(args);
    exit(PANIC_EXIT_CODE);
}

void mutex_wait(struct mutex *mutex)
{
    ck_abort_msg("one thread never waits for itself: %p", (void *)mutex);
}

void mutex_wake(struct mutex *mutex)
{
    ck_abort_msg("nobody waits: %p", (void *)mutex);
}

static void setup(void)
{
    pages_left = 4096;
    pages_mapped = 0;
}

START_TEST(test_alloc_sizes)
{
    for (size_t size = 0; size < 200000; size = size * 3 / 2 + 1) {
        unsigned char *block = mem_alloc(size);

        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % 16, 0);
        memset(block, 0xa5, size);
        mem_free(block);
    }
}
END_TEST

START_TEST(test_alloc_blocks_are_apart)
{
    enum { COUNT = 200 };
    static unsigned char *blocks[COUNT];
    static size_t sizes[COUNT];
    unsigned int state = 7;

    for (int round = 0; round < 2000; round++) {
        int i;

        state = state * 1103515245u + 12345u;
        i = (int)((state >> 16) % COUNT);
        for (size_t k = 0; blocks[i] != NULL && k < sizes[i]; k++) {
            ck_assert_uint_eq(blocks[i][k], (unsigned char)i);
        }
        mem_free(blocks[i]);
        sizes[i] = (state >> 8) % 300;
        blocks[i] = mem_alloc(sizes[i]);
        ck_assert_ptr_nonnull(blocks[i]);
        memset(blocks[i], i, sizes[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        mem_free(blocks[i]);
        blocks[i] = NULL;
    }
}
END_TEST

START_TEST(test_alloc_memory_comes_back)
{
    size_t after_first;

    for (int round = 0; round < 50; round++) {
        void *blocks[100];

        for (int i = 0; i < 100; i++) {
            blocks[i] = mem_alloc((size_t)i * 37);
        }
        for (int i = 0; i < 100; i++) {
            mem_free(blocks[i]);
        }
        if (round == 0) {
            after_first = pages_mapped;
        }
    }
    ck_assert_uint_eq(pages_mapped, after_first);
    mem_free(mem_alloc(1000000));
    ck_assert_uint_eq(pages_mapped, after_first);
}
END_TEST

START_TEST(test_alloc_exhaustion)
{
    volatile size_t huge = SIZE_MAX; /* hidden from the compiler's checks */
    void *block;

    pages_left = 0;
    ck_assert_ptr_null(mem_alloc(10));
    ck_assert_ptr_null(mem_alloc(100000));
    ck_assert_ptr_null(mem_alloc(huge));
    ck_assert_ptr_null(mem_alloc(huge - 8));
    ck_assert_ptr_null(mem_alloc_zeroed(huge / 2, 3));
    pages_left = 100;
    block = mem_alloc(10);
    ck_assert_ptr_nonnull(block);
    mem_free(block);
}
END_TEST

START_TEST(test_alloc_zeroed)
{
    unsigned char *block = mem_alloc(100);

    memset(block, 0xff, 100);
    mem_free(block);
    block = mem_alloc_zeroed(10, 10);
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(block[i], 0);
    }
    mem_free(block);
}
END_TEST

START_TEST(test_alloc_resize)
{
    char *block = mem_resize(NULL, 10);

    memcpy(block, "beginning", sizeof("beginning"));
    for (size_t size = 10; size < 300000; size *= 3) {
        block = mem_resize(block, size);
        ck_assert_ptr_nonnull(block);
        ck_assert_str_eq(block, "beginning");
    }
    pages_left = 0;
    ck_assert_ptr_null(mem_resize(block, 4000000));
    ck_assert_str_eq(block, "beginning");
    block = mem_resize(block, 10);
    ck_assert_str_eq(block, "beginning");
    mem_free(block);
}
END_TEST

START_TEST(test_alloc_double_free)
{
    void *block = mem_alloc(100);

    mem_free(block);
    mem_free(block);
}
END_TEST

START_TEST(test_alloc_free_of_inside)
{
    char *block = mem_alloc(100);

    memset(block, 0, 100);
    mem_free(block + 32);
}
END_TEST

START_TEST(test_alloc_free_unaligned)
{
    char *block = mem_alloc(100);

    mem_free(block + 8);
}
END_TEST

START_TEST(test_alloc_underflow)
{
    char *volatile block = mem_alloc(100);

    block[-10] = 1;
    mem_free(block);
}
END_TEST

START_TEST(test_alloc_write_after_free)
{
    char *volatile block = mem_alloc(100);

    mem_free(block);
    block[-12] = 1;
    mem_alloc(100);
}
END_TEST

START_TEST(test_alloc_resize_of_free)
{
    void *block = mem_alloc(100);

    mem_free(block);
    ck_assert_ptr_nonnull(mem_resize(block, 5));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("all");
    const TTest *misuse[] = {
        test_alloc_double_free,   test_alloc_free_of_inside,
        test_alloc_free_unaligned, test_alloc_underflow,
        test_alloc_write_after_free, test_alloc_resize_of_free,
    };

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_alloc_sizes);
    tcase_add_test(tcase, test_alloc_blocks_are_apart);
    tcase_add_test(tcase, test_alloc_memory_comes_back);
    tcase_add_test(tcase, test_alloc_exhaustion);
    tcase_add_test(tcase, test_alloc_zeroed);
    tcase_add_test(tcase, test_alloc_resize);
    for (size_t i = 0; i < sizeof(misuse) / sizeof(misuse[0]); i++) {
        tcase_add_exit_test(tcase, misuse[i], PANIC_EXIT_CODE);
    }
    return check_run_case("allocator", tcase, CHECK_TIMEOUT_S);
}
