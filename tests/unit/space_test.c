/* space_test.c - address spaces: each rule of space.h and hostile arguments. */
#include <string.h>

#include "check_run.h"
#include "core_machine.h"
#include "hal.h"
#include "mem/frames.h"
#include "mem/heap.h"
#include "mem/region.h"
#include "mem/space.h"

#define READ_WRITE (HAL_READ | HAL_WRITE)

static struct space space;
static struct ledger *ledger;
static uint64_t base;
static uint64_t available;

static void start(void)
{
    fake_start();
    available = frames_available();
    ledger = machine_ledger(8000);
    ck_assert_int_eq(space_init(&space, ledger), 0);
    base = hal_space_base(&space.hal);
}

static void finish(void)
{
    while (!space_fini_step(&space, 16)) {
    }
    ck_assert_uint_eq(machine_charged(ledger), 0);
    ck_assert_uint_eq(frames_available(), available);
}

static uint64_t anywhere(uint64_t pages, uint32_t protection)
{
    uint64_t va = 0;

    ck_assert_int_eq(space_map_anonymous(&space, &va, pages, protection), 0);
    return va;
}

static int32_t map_at(uint64_t va, uint64_t pages, uint32_t protection)
{
    return space_map_anonymous(&space, &va, pages, protection);
}

/* The frame's bytes behind va; NULL: not mapped. */
static unsigned char *bytes_at(uint64_t va, uint32_t *protection)
{
    uint64_t phys;

    if (!hal_space_query(&space.hal, va, &phys, protection)) {
        return NULL;
    }
    return hal_phys_pointer(phys);
}

START_TEST(test_space_layout)
{
    uint64_t first;

    start();
    first = anywhere(3, READ_WRITE);
    ck_assert_uint_eq(first, base + SPACE_FREE_OFFSET);
    ck_assert_uint_eq(anywhere(5, 0), first + 3 * PAGE_SIZE);
    ck_assert_uint_eq(anywhere(1, HAL_READ), first + 8 * PAGE_SIZE);
    ck_assert_int_eq(space_unmap(&space, first + PAGE_SIZE, 2), 0);
    ck_assert_uint_eq(anywhere(3, HAL_READ), first + 9 * PAGE_SIZE);
    ck_assert_uint_eq(anywhere(2, READ_WRITE), first + PAGE_SIZE);
    ck_assert_int_eq(map_at(base + PAGE_SIZE, 1, HAL_READ), 0);
    ck_assert_int_eq(map_at(base + FAKE_WINDOW_BYTES - PAGE_SIZE, 1, 0), 0);
    /* A region that reaches into the free part moves the first hole. */
    ck_assert_int_eq(map_at(base + SPACE_FREE_OFFSET - PAGE_SIZE, 1, 0), 0);
    ck_assert_uint_eq(anywhere(1, 0), first + 12 * PAGE_SIZE);
    finish();
}
END_TEST

START_TEST(test_space_hostile)
{
    uint64_t end;
    uint64_t used;
    static const uint32_t protections[] = {
        HAL_WRITE, HAL_EXECUTE, HAL_WRITE | HAL_EXECUTE, 7, 8, UINT32_MAX,
    };

    start();
    end = base + FAKE_WINDOW_BYTES;
    used = machine_frames(ledger);
    for (uint32_t i = 0; i < 6; i++) {
        ck_assert_int_eq(map_at(0, 1, protections[i]), ERR_INVALID);
        ck_assert_int_eq(space_protect(&space, base + PAGE_SIZE, 1,
                                       protections[i]),
                         ERR_INVALID);
    }
    ck_assert_int_eq(map_at(base, 1, HAL_READ), ERR_INVALID);
    ck_assert_int_eq(map_at(base - PAGE_SIZE, 1, HAL_READ), ERR_INVALID);
    ck_assert_int_eq(map_at(base - PAGE_SIZE, 3, HAL_READ), ERR_INVALID);
    ck_assert_int_eq(map_at(end, 1, HAL_READ), ERR_INVALID);
    ck_assert_int_eq(map_at(end - PAGE_SIZE, 2, HAL_READ), ERR_INVALID);
    ck_assert_int_eq(map_at(base + PAGE_SIZE + 8, 1, HAL_READ), ERR_INVALID);
    ck_assert_int_eq(map_at(1, 1, HAL_READ), ERR_INVALID);
    ck_assert_int_eq(map_at(UINT64_MAX & ~4095ull, 1, HAL_READ), ERR_INVALID);
    ck_assert_int_eq(map_at(0, 0, HAL_READ), ERR_INVALID);
    ck_assert_int_eq(map_at(0, SPACE_PAGES_MAX + 1, 0), ERR_TOO_LARGE);
    ck_assert_int_eq(map_at(0, UINT64_MAX, 0), ERR_TOO_LARGE);
    ck_assert_int_eq(map_at(base + PAGE_SIZE, UINT64_MAX, 0), ERR_TOO_LARGE);
    ck_assert_int_eq(space_unmap(&space, base + PAGE_SIZE, 0), ERR_INVALID);
    ck_assert_int_eq(space_unmap(&space, 0, 1), ERR_INVALID);
    ck_assert_int_eq(space_unmap(&space, base + PAGE_SIZE, 1), ERR_INVALID);
    ck_assert_int_eq(space_unmap(&space, base + PAGE_SIZE, UINT64_MAX / 4096),
                     ERR_TOO_LARGE);
    ck_assert_int_eq(space_protect(&space, UINT64_MAX, 1, 0), ERR_INVALID);
    ck_assert_int_eq(space_unmap_kernel(&space, 0, 0), ERR_INVALID);
    ck_assert_int_eq(map_at(0, 8001, HAL_READ), ERR_OVERLOADED);
    ck_assert_ptr_null(space.regions);
    ck_assert_uint_eq(machine_frames(ledger), used);
    finish();
}
END_TEST

START_TEST(test_space_window_full)
{
    uint64_t pages = (FAKE_WINDOW_BYTES - SPACE_FREE_OFFSET) / PAGE_SIZE;

    start();
    for (; pages > SPACE_PAGES_MAX; pages -= SPACE_PAGES_MAX) {
        (void)anywhere(SPACE_PAGES_MAX, 0);
    }
    ck_assert_int_eq(map_at(0, pages, 0), 0);
    ck_assert_int_eq(map_at(0, 1, 0), ERR_OVERLOADED);
    ck_assert_uint_eq(space.region_count, 1);
    ck_assert_int_eq(map_at(base + PAGE_SIZE, 1, 0), 0);
    finish();
}
END_TEST

START_TEST(test_space_region_limit)
{
    uint64_t va;

    start();
    va = base + SPACE_IMAGE_OFFSET;
    for (uint32_t i = 0; i < SPACE_REGIONS_MAX; i++) {
        ck_assert_int_eq(map_at(va + i * 3 * PAGE_SIZE, 2, 0), 0);
    }
    ck_assert_int_eq(map_at(0, 1, 0), ERR_OVERLOADED);
    ck_assert_int_eq(space_unmap(&space, va, 1), ERR_OVERLOADED);
    ck_assert_int_eq(space_unmap(&space, va, 2), 0);
    ck_assert_int_eq(space_unmap(&space, va + 3 * PAGE_SIZE, 1), 0);
    finish();
}
END_TEST

START_TEST(test_space_protect_none_keeps)
{
    uint32_t protection;
    uint64_t used;
    uint64_t va;

    start();
    va = anywhere(2, READ_WRITE);
    memcpy(bytes_at(va, &protection), "kept", sizeof("kept"));
    used = machine_frames(ledger);
    ck_assert_int_eq(space_protect(&space, va, 2, 0), 0);
    ck_assert_uint_eq(machine_frames(ledger), used);
    ck_assert_int_eq(space_protect(&space, va, 1, HAL_READ), 0);
    ck_assert_str_eq((char *)bytes_at(va, &protection), "kept");
    ck_assert_uint_eq(protection, HAL_READ);
    ck_assert_uint_eq(space.region_count, 2);
    ck_assert_int_eq(space_protect(&space, va, 2, READ_WRITE), 0);
    ck_assert_uint_eq(space.region_count, 1);
    finish();
}
END_TEST

/* Two reserved pieces with a mapped one between: all of it or nothing. */
START_TEST(test_space_commit_rolls_back)
{
    uint32_t protection;
    uint64_t used;
    uint64_t va;

    start();
    va = anywhere(9, 0);
    ck_assert_int_eq(space_protect(&space, va + 4 * PAGE_SIZE, 1, HAL_READ), 0);
    used = machine_frames(ledger);
    fake_refuse_map(1);
    ck_assert_int_eq(space_protect(&space, va, 9, READ_WRITE), ERR_OVERLOADED);
    fake_refuse_map(UINT64_MAX);
    ck_assert_uint_eq(machine_frames(ledger), used);
    ck_assert_uint_eq(space.region_count, 3);
    ck_assert_ptr_null(bytes_at(va, &protection));
    ck_assert_ptr_nonnull(bytes_at(va + 4 * PAGE_SIZE, &protection));
    ck_assert_uint_eq(protection, HAL_READ);
    ck_assert_int_eq(space_protect(&space, va, 9, READ_WRITE), 0);
    ck_assert_uint_eq(machine_frames(ledger), used + 8);
    ck_assert_uint_eq(space.region_count, 1);
    finish();
}
END_TEST

/* The second of two cuts finds no memory: the first one is undone. */
START_TEST(test_space_cut_rolls_back)
{
    void *filler[256];
    uint32_t fillers = 0;
    uint64_t hog;
    uint64_t va;

    start();
    va = anywhere(9, READ_WRITE);
    hog = frames_alloc_contiguous(0x1f00);
    while (frames_available() != 0) {
        (void)frame_alloc();
    }
    available = 0;
    while ((filler[fillers] = heap_alloc(sizeof(struct region))) != NULL) {
        fillers++;
    }
    heap_free(filler[--fillers]);
    ck_assert_int_eq(space_unmap(&space, va + PAGE_SIZE, 7), ERR_NO_MEMORY);
    ck_assert_uint_eq(space.region_count, 1);
    ck_assert_uint_eq(space.regions->pages, 9);
    heap_free(filler[--fillers]);
    ck_assert_int_eq(space_unmap(&space, va + PAGE_SIZE, 7), 0);
    ck_assert_uint_eq(space.region_count, 2);
    frames_free(hog, 0x1f00);
}
END_TEST

START_TEST(test_space_kernel)
{
    uint64_t phys;
    uint64_t va = 0;
    uint64_t after;
    uint32_t protection;

    start();
    ck_assert_int_eq(space_map_kernel(&space, &va, 3, 0, &phys), ERR_INVALID);
    ck_assert_int_eq(space_map_kernel(&space, &va, 3, READ_WRITE, &phys), 0);
    ck_assert_ptr_eq(bytes_at(va, &protection), hal_phys_pointer(phys));
    ck_assert_ptr_eq(bytes_at(va + 2 * PAGE_SIZE, &protection),
                     hal_phys_pointer(phys + 2 * PAGE_SIZE));
    after = anywhere(1, READ_WRITE);
    ck_assert_uint_eq(after, va + 3 * PAGE_SIZE);
    ck_assert_int_eq(space_unmap(&space, va, 3), ERR_INVALID);
    ck_assert_int_eq(space_unmap(&space, va + 2 * PAGE_SIZE, 2), ERR_INVALID);
    ck_assert_int_eq(space_protect(&space, va, 1, HAL_READ), ERR_INVALID);
    ck_assert_int_eq(space_unmap_kernel(&space, va, 2), ERR_INVALID);
    ck_assert_int_eq(space_unmap_kernel(&space, va + PAGE_SIZE, 2),
                     ERR_INVALID);
    ck_assert_int_eq(space_unmap_kernel(&space, after, 1), ERR_INVALID);
    ck_assert_int_eq(space_unmap_kernel(&space, va, 3), 0);
    ck_assert_int_eq(space_unmap_kernel(&space, va, 3), ERR_INVALID);
    finish();
}
END_TEST

START_TEST(test_space_memory)
{
    struct memory *memory;
    struct memory *view;
    uint64_t va = 0;
    uint32_t protection;

    start();
    ck_assert_int_eq(memory_create(ledger, 4, &memory), 0);
    ck_assert_int_eq(memory_view(ledger, memory, true, &view), 0);
    ck_assert_int_eq(space_map_memory(&space, &va, view, 0, 4, READ_WRITE),
                     ERR_INVALID);
    ck_assert_int_eq(space_map_memory(&space, &va, view, 8, 1, HAL_READ),
                     ERR_INVALID);
    ck_assert_int_eq(space_map_memory(&space, &va, view, 3 * PAGE_SIZE, 2,
                                      HAL_READ),
                     ERR_INVALID);
    ck_assert_int_eq(space_map_memory(&space, &va, view, 0 - PAGE_SIZE, 2,
                                      HAL_READ),
                     ERR_INVALID);
    ck_assert_int_eq(space_map_memory(&space, &va, view, PAGE_SIZE, 3,
                                      HAL_READ),
                     0);
    ck_assert_int_eq(space_protect(&space, va, 1, READ_WRITE), ERR_INVALID);
    ck_assert_int_eq(space_protect(&space, va, 1, HAL_READ | HAL_EXECUTE), 0);
    ck_assert_int_eq(space_unmap_memory(&space, memory, va, 1), ERR_INVALID);
    /* The mapping keeps the pages when nobody else does. */
    bytes_at(va, &protection)[7] = 7;
    memory_put(memory);
    memory_put(view);
    ck_assert_uint_eq(bytes_at(va, &protection)[7], 7);
    ck_assert_uint_eq(machine_frames(ledger), 1 + 4 + 2);
    ck_assert_int_eq(space_unmap_memory(&space, view, va + PAGE_SIZE, 1), 0);
    ck_assert_int_eq(space_unmap(&space, va, 3), ERR_INVALID);
    ck_assert_int_eq(space_unmap(&space, va, 1), 0);
    ck_assert_int_eq(space_unmap(&space, va + 2 * PAGE_SIZE, 1), 0);
    ck_assert_uint_eq(machine_frames(ledger), 1);
    finish();
}
END_TEST

struct image {
    uint64_t next;
    uint64_t refuse; /* at this offset */
};

static int32_t image_read(void *context, uint64_t offset, void *to,
                          size_t bytes)
{
    struct image *image = context;

    ck_assert_uint_eq(offset, image->next);
    image->next = offset + bytes;
    memset(to, 0x5a, bytes / 2);
    return image->next > image->refuse ? ERR_BAD_IMAGE : 0;
}

START_TEST(test_space_image)
{
    struct image image = {0, UINT64_MAX};
    struct space_source source = {image_read, &image};
    uint32_t protection;
    uint64_t va;

    start();
    va = base + SPACE_IMAGE_OFFSET;
    ck_assert_int_eq(space_map_image(&space, 0, 2, HAL_READ, &source),
                     ERR_INVALID);
    ck_assert_int_eq(space_map_image(&space, va, 2, HAL_READ | HAL_EXECUTE,
                                     &source),
                     0);
    ck_assert_uint_eq(image.next, 2 * PAGE_SIZE);
    ck_assert_uint_eq(bytes_at(va, &protection)[0], 0x5a);
    ck_assert_uint_eq(bytes_at(va + PAGE_SIZE, &protection)[0], 0);
    ck_assert_int_eq(space_map_image(&space, va, 2, HAL_READ, &source),
                     ERR_EXISTS);
    image = (struct image){0, 0};
    ck_assert_int_eq(space_map_image(&space, va + 2 * PAGE_SIZE, 2, HAL_READ,
                                     &source),
                     ERR_BAD_IMAGE);
    ck_assert_uint_eq(space.region_count, 1);
    finish();
}
END_TEST

START_TEST(test_space_init_refused)
{
    static const uint64_t limits[LEDGER_KINDS] = {0};
    struct space other;
    struct ledger poor;

    start();
    ledger_init(&poor, limits);
    ck_assert_int_eq(space_init(&other, &poor), ERR_OVERLOADED);
    fake_refuse_map(0);
    ck_assert_int_eq(space_init(&other, ledger), ERR_OVERLOADED);
    fake_refuse_map(UINT64_MAX);
    finish();
}
END_TEST

/* The end comes in steps of bounded size, whatever there is. */
START_TEST(test_space_fini_bounded)
{
    struct memory *memory;
    uint64_t va = 0;
    uint32_t steps = 0;
    uint64_t phys;

    start();
    ck_assert_int_eq(memory_create(ledger, 20, &memory), 0);
    ck_assert_int_eq(space_map_memory(&space, &va, memory, 0, 20, HAL_READ), 0);
    (void)anywhere(30, READ_WRITE);
    (void)anywhere(60000, 0);
    va = 0;
    ck_assert_int_eq(space_map_kernel(&space, &va, 5, HAL_READ, &phys), 0);
    memory_put(memory);
    for (bool done = false; !done; steps++) {
        uint64_t before = space.hal.mapped;

        done = space_fini_step(&space, 4);
        ck_assert_uint_le(before - space.hal.mapped, 4);
    }
    ck_assert_uint_ge(steps, 55 / 4);
    ck_assert_uint_le(steps, 55 / 4 + 8);
    ck_assert_uint_eq(machine_charged(ledger), 0);
    ck_assert_uint_eq(frames_available(), available);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_space_layout,
        test_space_hostile,
        test_space_window_full,
        test_space_region_limit,
        test_space_protect_none_keeps,
        test_space_commit_rolls_back,
        test_space_cut_rolls_back,
        test_space_kernel,
        test_space_memory,
        test_space_image,
        test_space_init_refused,
        test_space_fini_bounded,
        NULL,
    };

    return check_run("space", tests);
}
