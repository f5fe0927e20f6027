/* space_model.c - a model of an address space (space_model.h). */
#include "space_model.h"

#include "core_machine.h"

#include <check.h>

#include "hal.h"
#include "mem/frames.h"

struct page model[STRETCHES][STRETCH_PAGES];
struct space space;
struct ledger *ledger;
struct memory *memories[MEMORIES];
static uint64_t marks;

uint64_t page_va(uint32_t stretch, uint64_t i)
{
    uint64_t offset = stretch ? SPACE_FREE_OFFSET : SPACE_IMAGE_OFFSET;

    return hal_space_base(&space.hal) + offset + i * PAGE_SIZE;
}

struct page *page_at(uint64_t va)
{
    for (uint32_t s = 0; s < STRETCHES; s++) {
        if (va >= page_va(s, 0) && va < page_va(s, STRETCH_PAGES)) {
            return &model[s][(va - page_va(s, 0)) / PAGE_SIZE];
        }
    }
    return NULL;
}

static bool owned(const struct page *page)
{
    return page->used && (page->kind == REGION_ANONYMOUS ||
                          page->kind == REGION_KERNEL);
}

static bool backed(const struct page *page)
{
    return page->used && page->kind != REGION_RESERVED;
}

/* -------------------------------------------------------------- comparison */

/* Assertions of the library are dear: this one is asked a million times. */
static bool page_right(uint32_t stretch, uint32_t i)
{
    const struct page *page = &model[stretch][i];
    uint64_t phys = 0;
    uint64_t run;
    uint32_t protection = 0;
    bool mapped = hal_space_query(&space.hal, page_va(stretch, i), &phys,
                                  &protection);

    if (!mapped || !backed(page)) {
        return mapped == backed(page);
    }
    if (protection != page->protection) {
        return false;
    }
    if (page->kind == REGION_MEMORY) {
        return phys == memory_phys(memories[page->memory], page->index, &run);
    }
    return *(uint64_t *)hal_phys_pointer(phys) == page->mark;
}

static uint64_t tables_of(const struct hal_space *hal)
{
    uint64_t tables = hal->spare_count;

    for (uint32_t i = 0; i < FAKE_LEAVES; i++) {
        tables += hal->leaves[i].phys != 0;
    }
    for (uint32_t i = 0; i < FAKE_DIRECTORIES; i++) {
        tables += hal->directories[i].phys != 0;
    }
    return tables;
}

static void check_regions(void)
{
    uint64_t reached = 0;
    uint32_t count = 0;
    uint64_t pages = 0;
    uint32_t wrong = 0;

    for (const struct region *r = space.regions; r; r = r->next, count++) {
        wrong += r->va < reached || r->pages == 0;
        reached = region_end(r);
        pages += r->pages;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(count, space.region_count);
    for (uint32_t i = 0; i < STRETCHES * STRETCH_PAGES; i++) {
        pages -= model[i / STRETCH_PAGES][i % STRETCH_PAGES].used;
    }
    ck_assert_uint_eq(pages, 0);
}

void model_check(void)
{
    uint64_t expected = 1 + tables_of(&space.hal);
    uint32_t wrong = 0;

    ck_assert_uint_eq(space.hal.spare_count, 0);
    for (uint32_t s = 0; s < STRETCHES; s++) {
        for (uint32_t i = 0; i < STRETCH_PAGES; i++) {
            wrong += !page_right(s, i);
            expected += owned(&model[s][i]);
        }
    }
    ck_assert_uint_eq(wrong, 0);
    expected += memories[0]->pages + memories[2]->pages;
    ck_assert_uint_eq(machine_frames(ledger), expected);
    check_regions();
}

static void state_add(struct state *state, uint64_t value)
{
    state->hash = (state->hash ^ value) * 0x100000001b3ull;
}

struct state state_now(void)
{
    struct state state = {14695981039346656037ull, 0, 0, 0};

    for (const struct region *r = space.regions; r; r = r->next) {
        state_add(&state, r->va);
        state_add(&state, r->pages);
        state_add(&state, r->kind);
        state_add(&state, r->protection);
        state_add(&state, (uintptr_t)r);
        state_add(&state, (uintptr_t)r->memory);
        state_add(&state, r->first_page);
    }
    for (uint32_t i = 0; i < FAKE_LEAVES; i++) {
        state_add(&state, space.hal.leaves[i].phys);
    }
    state_add(&state, space.hal.spare_count + space.region_count);
    for (uint32_t i = 0; i < STRETCHES * STRETCH_PAGES; i++) {
        uint64_t phys = 0;
        uint32_t protection = 0;

        (void)hal_space_query(&space.hal,
                              page_va(i / STRETCH_PAGES, i % STRETCH_PAGES),
                              &phys, &protection);
        state_add(&state, phys);
        state_add(&state, protection);
    }
    state.used = machine_charged(ledger);
    state.available = frames_available();
    state.next = frame_alloc();
    if (state.next != HAL_NO_FRAME) {
        frames_free(state.next, 1);
    }
    return state;
}

/* ------------------------------------------------------------------- model */

static bool range_covered(const struct change *change, bool any_memory)
{
    for (uint64_t i = 0; i < change->pages; i++) {
        const struct page *page = page_at(change->va + i * PAGE_SIZE);

        if (!page || !page->used || page->kind == REGION_KERNEL) {
            return false;
        }
        if (!any_memory && (page->kind != REGION_MEMORY ||
                            page->memory != change->memory)) {
            return false;
        }
    }
    return true;
}

static int32_t expect_place(struct change *change)
{
    uint64_t free_pages = 0;
    uint64_t i;

    if (change->va == 0) {
        for (i = 0; i < STRETCH_PAGES && free_pages < change->pages; i++) {
            free_pages = model[1][i].used ? 0 : free_pages + 1;
        }
        /* Past the stretch there is room without end. */
        change->va = page_va(1, i - free_pages);
        return 0;
    }
    for (i = 0; i < change->pages; i++) {
        if (page_at(change->va + i * PAGE_SIZE)->used) {
            return ERR_EXISTS;
        }
    }
    return 0;
}

static bool read_only_hit(const struct change *change)
{
    for (uint64_t i = 0; i < change->pages; i++) {
        const struct page *page = page_at(change->va + i * PAGE_SIZE);

        if (page->kind == REGION_MEMORY && memories[page->memory]->read_only) {
            return (change->protection & HAL_WRITE) != 0;
        }
    }
    return false;
}

int32_t model_expect(struct change *change)
{
    const struct page *page = change->va ? page_at(change->va) : NULL;
    const struct memory *memory = memories[change->memory];

    switch (change->verb) {
    case MAP_MEMORY:
        if (change->index + change->pages > memory->pages ||
            (memory->read_only && (change->protection & HAL_WRITE))) {
            return ERR_INVALID;
        }
        return expect_place(change);
    case UNMAP_KERNEL:
        return page->used && page->head && page->run == change->pages
                   ? 0
                   : ERR_INVALID;
    case UNMAP:
        return range_covered(change, true) ? 0 : ERR_INVALID;
    case UNMAP_MEMORY:
        return range_covered(change, false) ? 0 : ERR_INVALID;
    case PROTECT:
        return range_covered(change, true) && !read_only_hit(change)
                   ? 0
                   : ERR_INVALID;
    default:
        return expect_place(change);
    }
}

static void mark_fresh(uint64_t va, struct page *page)
{
    uint64_t phys;
    uint32_t protection;
    const unsigned char *bytes;
    unsigned char dirty = 0;

    ck_assert(hal_space_query(&space.hal, va, &phys, &protection));
    bytes = hal_phys_pointer(phys);
    for (uint32_t i = 0; i < PAGE_SIZE; i++) {
        dirty |= bytes[i];
    }
    ck_assert_uint_eq(dirty, 0);
    page->mark = ++marks;
    *(uint64_t *)hal_phys_pointer(phys) = page->mark;
}

static void model_page(const struct change *change, uint64_t i)
{
    uint64_t va = change->va + i * PAGE_SIZE;
    struct page *page = page_at(va);
    bool had = owned(page);

    if (change->verb >= UNMAP && change->verb <= UNMAP_KERNEL) {
        *page = (struct page){0};
        return;
    }
    page->used = true;
    if (change->verb == PROTECT) {
        if (page->kind == REGION_RESERVED && change->protection) {
            page->kind = REGION_ANONYMOUS;
        }
    } else {
        page->kind = change->verb == MAP_MEMORY   ? REGION_MEMORY
                     : change->verb == MAP_KERNEL ? REGION_KERNEL
                     : change->protection         ? REGION_ANONYMOUS
                                                  : REGION_RESERVED;
        page->memory = change->memory;
        page->index = change->index + i;
        page->head = change->verb == MAP_KERNEL && i == 0;
        page->run = change->pages;
    }
    page->protection = change->protection;
    if (owned(page) && !had) {
        mark_fresh(va, page);
    }
}

void model_apply(const struct change *change)
{
    for (uint64_t i = 0; i < change->pages; i++) {
        model_page(change, i);
    }
}
