/* memory_test.c - memory objects: extents, views, ledgers, failures. */
#include <string.h>

#include "check_run.h"
#include "core_machine.h"
#include "hal.h"
#include "mem/frames.h"
#include "mem/heap.h"
#include "mem/memory.h"
#include "proc/ledger.h"

#define COMB_PAGES 2000u

static struct ledger *ledger;
static uint64_t comb;

static void start(void)
{
    fake_start();
    ledger = machine_ledger(3000);
    comb = frames_alloc_contiguous(COMB_PAGES);
    ck_assert_uint_ne(comb, HAL_NO_FRAME);
}

/* Frees every second frame of the comb, then takes all others. */
static void start_scattered(void)
{
    uint64_t got;

    start();
    while (frames_available() != 0) {
        (void)frames_alloc_run(frames_available(), &got);
    }
    for (uint64_t i = 0; i < COMB_PAGES; i += 2) {
        frames_free(comb + i * PAGE_SIZE, 1);
    }
}

START_TEST(test_memory_scattered)
{
    struct memory *memory;
    uint64_t available;
    uint64_t last = 0;
    uint64_t wrong = 0;

    start_scattered();
    available = frames_available();
    ck_assert_int_eq(memory_create(ledger, 900, &memory), 0);
    ck_assert_uint_eq(machine_frames(ledger), 900);
    for (uint64_t i = 0; i < 900; i++) {
        uint64_t run = 0;
        uint64_t phys = memory_phys(memory, i, &run);
        const unsigned char *bytes = hal_phys_pointer(phys);

        wrong += run != 1 || phys <= last || bytes[0] || bytes[PAGE_SIZE - 1];
        last = phys;
    }
    ck_assert_uint_eq(wrong, 0);
    memory_put(memory);
    ck_assert_uint_eq(machine_frames(ledger), 0);
    ck_assert_uint_eq(frames_available(), available);
}
END_TEST

START_TEST(test_memory_refused)
{
    struct memory *memory;
    uint64_t available;

    start_scattered();
    available = frames_available();
    ck_assert_int_eq(memory_create(ledger, 0, &memory), ERR_INVALID);
    ck_assert_int_eq(memory_create(ledger, MEMORY_PAGES_MAX + 1, &memory),
                     ERR_TOO_LARGE);
    ck_assert_int_eq(memory_create(ledger, UINT64_MAX, &memory), ERR_TOO_LARGE);
    ck_assert_int_eq(memory_create(ledger, 3001, &memory), ERR_OVERLOADED);
    for (uint64_t pages = 985; pages < 1010; pages++) {
        int32_t error = memory_create(ledger, pages, &memory);

        if (!error) {
            memory_put(memory);
        } else {
            ck_assert_int_eq(error, ERR_NO_MEMORY);
        }
        ck_assert(error || pages < 1000);
        ck_assert_uint_eq(machine_frames(ledger), 0);
        ck_assert_uint_eq(frames_available(), available);
    }
    ck_assert_int_eq(memory_create_fixed(ledger, 0, 0, &memory), ERR_INVALID);
    ck_assert_int_eq(memory_create_fixed(ledger, 8, 1, &memory), ERR_INVALID);
}
END_TEST

START_TEST(test_memory_fixed)
{
    struct memory *memory;
    struct memory *view;
    uint64_t available;
    uint64_t run;

    start();
    available = frames_available();
    ck_assert_int_eq(memory_create_fixed(ledger, comb, 10, &memory), 0);
    ck_assert(memory->read_only);
    ck_assert_uint_eq(memory->pages, 10);
    ck_assert_uint_eq(memory_phys(memory, 3, &run), comb + 3 * PAGE_SIZE);
    ck_assert_uint_eq(run, 7);
    ck_assert_int_eq(memory_view(ledger, memory, false, &view), 0);
    ck_assert(view->read_only);
    memory_put(memory);
    ck_assert_uint_eq(memory_phys(view, 9, &run), comb + 9 * PAGE_SIZE);
    ck_assert_uint_eq(run, 1);
    memory_put(view);
    ck_assert_uint_eq(frames_available(), available);
    frames_free(comb, COMB_PAGES);
}
END_TEST

START_TEST(test_memory_views)
{
    struct memory *memory;
    struct memory *view;
    struct memory *second;
    uint64_t run;
    uint64_t phys;

    start();
    ck_assert_int_eq(memory_create(ledger, 5, &memory), 0);
    phys = memory_phys(memory, 2, &run);
    ck_assert_int_eq(memory_view(ledger, memory, false, &view), 0);
    ck_assert(!view->read_only);
    ck_assert_int_eq(memory_view(ledger, view, true, &second), 0);
    ck_assert(second->read_only);
    memory_put(memory_get(memory));
    memory_put(memory);
    memory_put(view);
    ck_assert_uint_eq(machine_frames(ledger), 5);
    ck_assert_uint_eq(memory_phys(second, 2, &run), phys);
    memory_put(second);
    ck_assert_uint_eq(machine_frames(ledger), 0);
}
END_TEST

/* The ledger outlives its process as long as memory is charged to it. */
START_TEST(test_memory_keeps_ledger)
{
    struct memory *memory;

    start();
    ck_assert_int_eq(memory_create(ledger, 5, &memory), 0);
    ck_assert_uint_eq(sync_load(&ledger->object.references), 2);
    ck_assert_uint_gt(ledger_used(ledger, LEDGER_OBJECTS), 0);
    memory_put(memory);
    ck_assert_uint_eq(sync_load(&ledger->object.references), 1);
    ck_assert_uint_eq(machine_charged(ledger), 0);
    frames_free(comb, COMB_PAGES);
    ck_assert_uint_eq(frames_available(), frames_total());
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_memory_scattered,
        test_memory_refused,
        test_memory_fixed,
        test_memory_views,
        test_memory_keeps_ledger,
        NULL,
    };

    return check_run("memory", tests);
}
