/*
 * space_cpus_test.c - address spaces that are active on several CPUs: who is
 * flushed, when, and how often; and closed ones. That no frame is freed before
 * the flush is the fake machine's to see (fake_hal/annotate.h).
 */
#include <string.h>

#include "check_stop.h"
#include "core_machine.h"
#include "hal.h"
#include "mem/frames.h"
#include "mem/heap.h"
#include "mem/space.h"
#include "sched/hand_over.h"

#define READ_WRITE (HAL_READ | HAL_WRITE)
#define CPUS 4u
#define RUNS_IN_A_BATCH 32u

static struct space space;
static struct space neighbour;
static struct ledger *ledger;
static uint64_t available;

/* Two spaces; `space` is active on the CPUs of the mask. The test is CPU 0. */
static void start(uint64_t active)
{
    fake_cpu_count = CPUS;
    fake_start();
    ck_assert_int_eq(cpu_init(CPUS), 0);
    available = frames_available();
    ledger = machine_ledger(8000);
    ck_assert_int_eq(space_init(&space, ledger), 0);
    ck_assert_int_eq(space_init(&neighbour, ledger), 0);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        fake_on(cpu);
        run_activate(cpu_self(), active >> cpu & 1 ? &space : &neighbour);
    }
    fake_on(0);
}

static void finish(void)
{
    ck_assert_uint_eq(fake_stale(), 0);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        fake_on(cpu);
        run_activate(cpu_self(), NULL);
    }
    ck_assert(!cpu_mask_of(&space) && !cpu_mask_of(&neighbour));
    while (!space_fini_step(&space, 16)) {
    }
    while (!space_fini_step(&neighbour, 16)) {
    }
    ck_assert_uint_eq(machine_charged(ledger), 0);
    ck_assert_uint_eq(frames_available(), available);
}

static uint64_t map(struct space *where, uint64_t pages, uint32_t protection)
{
    uint64_t va = 0;

    ck_assert_int_eq(space_map_anonymous(where, &va, pages, protection), 0);
    return va;
}

START_TEST(test_space_active)
{
    start(2);
    ck_assert_uint_eq(cpu_mask_of(&space), 2);
    ck_assert_uint_eq(cpu_mask_of(&neighbour), 13);
    run_activate(cpu_self(), &space);
    ck_assert_ptr_eq(fake->active, &space.hal);
    ck_assert_uint_eq(cpu_mask_of(&space), 3);
    ck_assert_uint_eq(cpu_mask_of(&neighbour), 12);
    run_activate(cpu_self(), &space);
    ck_assert_uint_eq(cpu_mask_of(&space), 3);
    run_activate(cpu_self(), NULL);
    ck_assert_ptr_null(fake->active);
    ck_assert_uint_eq(cpu_mask_of(&space), 2);
    run_activate(cpu_self(), NULL);
    run_activate(cpu_self(), &space);
    finish();
}
END_TEST

/* Data and tables go with one flush, of those who have the space. */
START_TEST(test_space_flush_once)
{
    uint64_t va;

    start(1 | 4 | 8);
    va = map(&space, 5, READ_WRITE);
    ck_assert_uint_eq(fake_flushes, 0);
    ck_assert_int_eq(space_unmap(&space, va, 5), 0);
    ck_assert_uint_eq(fake_flushes, 1);
    ck_assert_uint_eq(fake_flushed, 4 | 8);
    ck_assert_uint_eq(machine_frames(ledger), 2);
    finish();
}
END_TEST

START_TEST(test_space_flush_nobody)
{
    uint64_t va;

    start(1);
    va = map(&space, 5, READ_WRITE);
    ck_assert_int_eq(space_protect(&space, va, 5, HAL_READ), 0);
    ck_assert_int_eq(space_unmap(&space, va, 5), 0);
    ck_assert_uint_eq(fake_flushes, 0);
    /* From a CPU that does not have it: the one that has is flushed. */
    va = map(&space, 5, READ_WRITE);
    fake_on(3);
    ck_assert_int_eq(space_unmap(&space, va, 5), 0);
    ck_assert_uint_eq(fake_flushes, 1);
    ck_assert_uint_eq(fake_flushed, 1);
    finish();
}
END_TEST

/* Frames in single pieces: as many flushes as batches. */
static void flush_batches(uint64_t pages, uint32_t flushes)
{
    uint64_t first;

    start(2);
    first = map(&space, 1, READ_WRITE);
    for (uint64_t i = 1; i < pages; i++) {
        (void)map(&neighbour, 1, READ_WRITE);
        ck_assert_uint_eq(map(&space, 1, READ_WRITE), first + i * PAGE_SIZE);
    }
    ck_assert_int_eq(space_unmap(&space, first, pages), 0);
    ck_assert_uint_eq(fake_flushes, flushes);
    finish();
}

START_TEST(test_space_flush_batches)
{
    flush_batches(3 * RUNS_IN_A_BATCH + 4, 4);
}
END_TEST

/* The tables begin a batch of their own, after the flush of the frames. */
START_TEST(test_space_flush_tables)
{
    flush_batches(RUNS_IN_A_BATCH, 2);
}
END_TEST

/* The mapping was the last to hold the frames. */
START_TEST(test_space_flush_memory)
{
    struct memory *memory;
    uint64_t va = 0;

    start(2);
    ck_assert_int_eq(memory_create(ledger, 3, &memory), 0);
    ck_assert_int_eq(space_map_memory(&space, &va, memory, 0, 3, READ_WRITE),
                     0);
    memory_put(memory);
    ck_assert_int_eq(space_unmap(&space, va, 3), 0);
    ck_assert_uint_eq(fake_flushes, 1);
    ck_assert_uint_eq(machine_frames(ledger), 2);
    finish();
}
END_TEST

START_TEST(test_space_flush_protect)
{
    uint64_t va;
    uint64_t reserved;

    start(2);
    va = map(&space, 4, READ_WRITE);
    reserved = map(&space, 4, 0);
    ck_assert_int_eq(space_protect(&space, va, 2, HAL_READ), 0);
    ck_assert_uint_eq(fake_flushes, 1);
    ck_assert_int_eq(space_protect(&space, va, 2, HAL_READ), 0);
    ck_assert_uint_eq(fake_flushes, 1);
    /* An old entry of a TLB would forbid what is allowed now. */
    ck_assert_int_eq(space_protect(&space, va, 4, READ_WRITE), 0);
    ck_assert_uint_eq(fake_flushes, 2);
    ck_assert_int_eq(space_protect(&space, va, 4, 0), 0);
    ck_assert_uint_eq(fake_flushes, 3);
    /* Nothing was allowed there: nobody remembers anything. */
    ck_assert_int_eq(space_protect(&space, va, 4, READ_WRITE), 0);
    ck_assert_int_eq(space_protect(&space, reserved, 4, READ_WRITE), 0);
    ck_assert_uint_eq(fake_flushes, 3);
    finish();
}
END_TEST

/* Takes all frames but four, no two of which are neighbours. */
static uint32_t scatter(uint64_t runs[], uint64_t pages[], uint32_t max)
{
    uint32_t count = 1;

    runs[0] = frames_alloc_contiguous(8);
    pages[0] = 8;
    while (frames_available() != 0) {
        ck_assert_uint_lt(count, max);
        runs[count] = frames_alloc_run(frames_available(), &pages[count]);
        count++;
    }
    for (uint64_t i = 0; i < 8; i += 2) {
        frames_free(runs[0] + i * PAGE_SIZE, 1);
    }
    return count;
}

static void gather(const uint64_t runs[], const uint64_t pages[],
                   uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        frames_free(runs[i], pages[i]);
    }
    for (uint64_t i = 1; i < 8; i += 2) {
        frames_free(runs[0] + i * PAGE_SIZE, 1);
    }
}

/* A mapping that is refused half-way was there for a moment. */
START_TEST(test_space_flush_undo)
{
    uint64_t runs[64];
    uint64_t pages[64];
    uint32_t count;
    uint64_t used;
    uint64_t va = 0;
    uint64_t reserved;

    start(2);
    reserved = map(&space, 4, 0);
    (void)map(&space, 1, READ_WRITE); /* the tables are there */
    used = machine_frames(ledger);
    count = scatter(runs, pages, 64);
    fake_refuse_map(2);
    ck_assert_int_eq(space_map_anonymous(&space, &va, 4, READ_WRITE),
                     ERR_OVERLOADED);
    ck_assert_uint_eq(fake_flushes, 1);
    fake_refuse_map(2);
    ck_assert_int_eq(space_protect(&space, reserved, 4, READ_WRITE),
                     ERR_OVERLOADED);
    ck_assert_uint_eq(fake_flushes, 2);
    fake_refuse_map(UINT64_MAX);
    ck_assert_uint_eq(machine_frames(ledger), used);
    ck_assert_uint_eq(frames_available(), 4);
    gather(runs, pages, count);
    finish();
}
END_TEST

START_TEST(test_space_closed)
{
    struct memory *memory;
    uint64_t phys;
    uint64_t va;
    uint64_t kernel = 0;
    uint64_t used;
    uint64_t none = 0;

    start(2);
    va = map(&space, 2, READ_WRITE);
    ck_assert_int_eq(space_map_kernel(&space, &kernel, 2, HAL_READ, &phys), 0);
    ck_assert_int_eq(memory_create(ledger, 1, &memory), 0);
    used = machine_frames(ledger);
    space_close(&space);
    ck_assert_int_eq(space_map_anonymous(&space, &none, 1, HAL_READ),
                     ERR_DISCONNECTED);
    ck_assert_int_eq(space_map_memory(&space, &none, memory, 0, 1, HAL_READ),
                     ERR_DISCONNECTED);
    ck_assert_int_eq(space_map_kernel(&space, &none, 1, HAL_READ, &phys),
                     ERR_DISCONNECTED);
    ck_assert_int_eq(space_unmap(&space, va, 1), ERR_DISCONNECTED);
    ck_assert_int_eq(space_protect(&space, va, 1, HAL_READ), ERR_DISCONNECTED);
    ck_assert_uint_eq(machine_frames(ledger), used);
    ck_assert_uint_eq(none, 0);
    ck_assert_int_eq(space_unmap_kernel(&space, kernel, 2), 0);
    ck_assert_uint_eq(machine_frames(ledger), used - 2);
    memory_put(memory);
    finish();
}
END_TEST

/* ------------------------------------------------------- the checks themselves */

START_TEST(test_space_frame_too_early)
{
    uint64_t phys;
    uint32_t protection;
    uint64_t va;

    start(2);
    va = map(&space, 1, READ_WRITE);
    (void)hal_space_query(&space.hal, va, &phys, &protection);
    hal_space_unmap(&space.hal, va, 1);
    frames_free(phys, 1);
}
END_TEST

START_TEST(test_space_table_too_early)
{
    uint64_t va;

    start(2);
    va = map(&space, 1, READ_WRITE);
    hal_space_unmap(&space.hal, va, 1);
    hal_tlb_flush(&space.hal, 2);
    frames_free(hal_space_take(&space.hal), 1);
}
END_TEST

START_TEST(test_space_activate_unknown)
{
    start(2);
    hal_space_activate(&space.hal);
}
END_TEST

START_TEST(test_space_fini_active)
{
    start(2);
    (void)space_fini_step(&space, 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_space_active,
        test_space_flush_once,
        test_space_flush_nobody,
        test_space_flush_batches,
        test_space_flush_tables,
        test_space_flush_memory,
        test_space_flush_protect,
        test_space_flush_undo,
        test_space_closed,
        NULL,
    };
    const TTest *const stops[] = {
        test_space_frame_too_early,
        test_space_table_too_early,
        test_space_activate_unknown,
        test_space_fini_active,
        NULL,
    };

    return check_run_stops("space_cpus", tests, stops);
}
