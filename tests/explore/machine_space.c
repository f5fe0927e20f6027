/*
 * machine_space.c - address spaces of the explorer's machine: pages and tables.
 *
 * hal.h wants calls on one space not to overlap: each is reported as an access to
 * the space, so two that nothing orders are a data race. Programs, and copies to
 * and from the active space, walk the tables as hardware does: at any time.
 */
#include <string.h>

#include "engine.h"
#include "machine.h"

#define LEAF_PAGES 512u
#define TABLE_MARK 0x656c6261745f7369ull
#define SPARES_MAX 16u

struct page {
    uint32_t index; /* in the window; 0: none, for page 0 is never mapped */
    uint32_t protection;
    uint64_t phys;
};

/* A table of the machine: for 2 MiB, or of 512 of those. */
struct table {
    uint64_t phys; /* 0: none */
    uint32_t span; /* pages */
    uint32_t number;
    uint32_t used;
};

struct tables {
    uint64_t root; /* 0: nobody's */
    struct page pages[MACHINE_PAGES];
    struct table list[MACHINE_TABLES];
    uint64_t spares[SPARES_MAX];
    uint32_t spare_count;
    uint32_t mapped;
};

static struct tables spaces[MACHINE_SPACES];

void machine_spaces_start(void)
{
    uint32_t offset;

    if (state_holds(spaces, &offset)) {
        state_dirty(offset, sizeof(spaces));
    }
    machine_stale_start();
}

static struct tables *changed(struct hal_space *space)
{
    struct tables *tables = &spaces[space->number];

    explore_write(&tables->root, sizeof(tables->root));
    REQUIRE(tables->root);
    return tables;
}

static const struct tables *looked_at(const struct hal_space *space)
{
    const struct tables *tables = &spaces[space->number];

    explore_read(&tables->root, sizeof(tables->root));
    REQUIRE(tables->root);
    return tables;
}

/* --------------------------------------------------------------------- tables */

static void table_mark(uint64_t phys)
{
    uint64_t *words = hal_phys_pointer(phys);

    explore_write(words, PAGE_SIZE);
    for (uint32_t i = 0; i < PAGE_SIZE / 8; i++) {
        words[i] = TABLE_MARK ^ i;
    }
}

static uint64_t table_checked(uint64_t phys)
{
    const uint64_t *words = hal_phys_pointer(phys);

    explore_read(words, PAGE_SIZE);
    for (uint32_t i = 0; i < PAGE_SIZE / 8; i++) {
        REQUIRE(words[i] == (TABLE_MARK ^ i));
    }
    return phys;
}

static struct table *table_find(const struct tables *tables, uint32_t span,
                                uint32_t number)
{
    for (uint32_t i = 0; i < MACHINE_TABLES; i++) {
        const struct table *table = &tables->list[i];

        if (table->phys && table->span == span && table->number == number) {
            return (struct table *)(uintptr_t)table;
        }
    }
    return NULL;
}

static struct table *table_make(struct tables *tables, uint32_t span,
                                uint32_t number)
{
    struct table *table = table_find(tables, span, number);

    for (uint32_t i = 0; !table && i < MACHINE_TABLES; i++) {
        if (!tables->list[i].phys) {
            table = &tables->list[i];
            REQUIRE(tables->spare_count);
            *table = (struct table){
                .phys = tables->spares[--tables->spare_count],
                .span = span,
                .number = number,
            };
        }
    }
    REQUIRE(table);
    return table;
}

int32_t hal_space_init(struct hal_space *space, uint64_t root)
{
    explore_write(space, sizeof(*space));
    for (uint32_t i = 0; i < MACHINE_SPACES; i++) {
        if (!spaces[i].root) {
            explore_write(&spaces[i].root, sizeof(spaces[i].root));
            spaces[i] = (struct tables){.root = root};
            space->number = i;
            space->base = MACHINE_WINDOW_BYTES * (i + 1);
            table_mark(root);
            return 0;
        }
    }
    return ERR_OVERLOADED;
}

void hal_space_fini(struct hal_space *space)
{
    struct tables *tables = changed(space);

    REQUIRE(!tables->mapped && !tables->spare_count);
    for (uint32_t i = 0; i < MACHINE_TABLES; i++) {
        REQUIRE(!tables->list[i].phys);
    }
    for (uint32_t i = 0; i < explore_scenario->cpus; i++) {
        REQUIRE(machine_cpus[i].active != space);
    }
    table_checked(tables->root);
    tables->root = 0;
}

static uint32_t page_index(const struct hal_space *space, uint64_t va,
                           uint64_t pages)
{
    uint64_t index = (va - space->base) / PAGE_SIZE;

    REQUIRE(va >= space->base && va % PAGE_SIZE == 0 && index && pages);
    REQUIRE(index + pages <= MACHINE_WINDOW_BYTES / PAGE_SIZE);
    return (uint32_t)index;
}

static uint32_t missing(const struct tables *tables, uint32_t first,
                        uint32_t last, uint32_t span)
{
    uint32_t count = 0;

    for (uint32_t i = first / span; i <= last / span; i++) {
        count += !table_find(tables, span, i);
    }
    return count;
}

uint32_t hal_space_tables(const struct hal_space *space, uint64_t va,
                          uint64_t pages)
{
    const struct tables *tables = looked_at(space);
    uint32_t first = page_index(space, va, pages);
    uint32_t last = first + (uint32_t)pages - 1;
    uint32_t needed =
        missing(tables, first, last, LEAF_PAGES) +
        missing(tables, first, last, LEAF_PAGES * LEAF_PAGES);

    return needed > tables->spare_count ? needed - tables->spare_count : 0;
}

void hal_space_give(struct hal_space *space, uint64_t phys)
{
    struct tables *tables = changed(space);

    REQUIRE(tables->spare_count < SPARES_MAX);
    table_mark(phys);
    tables->spares[tables->spare_count++] = phys;
}

uint64_t hal_space_take(struct hal_space *space)
{
    struct tables *tables = changed(space);

    if (tables->spare_count) {
        return table_checked(tables->spares[--tables->spare_count]);
    }
    for (uint32_t i = 0; i < MACHINE_TABLES; i++) {
        struct table *table = &tables->list[i];

        if (table->phys && !table->used) {
            uint64_t phys = table->phys;

            if (table->span == LEAF_PAGES) {
                table_find(tables, LEAF_PAGES * LEAF_PAGES,
                           table->number / LEAF_PAGES)->used--;
            }
            table->phys = 0;
            return table_checked(phys);
        }
    }
    return HAL_NO_FRAME;
}

/* ------------------------------------------------------------------- mappings */

static struct page *page_find(const struct tables *tables, uint32_t index)
{
    for (uint32_t i = 0; i < MACHINE_PAGES; i++) {
        if (tables->pages[i].index == index) {
            return (struct page *)(uintptr_t)&tables->pages[i];
        }
    }
    return NULL;
}

static void page_map(struct tables *tables, uint32_t index, uint64_t phys,
                     uint32_t protection)
{
    struct page *page = page_find(tables, 0);
    struct table *directory;
    struct table *leaf;

    if (!page) {
        explore_fail("explorer", "too many pages in a space");
    }
    REQUIRE(!page_find(tables, index));
    directory = table_make(tables, LEAF_PAGES * LEAF_PAGES,
                           index / LEAF_PAGES / LEAF_PAGES);
    leaf = table_find(tables, LEAF_PAGES, index / LEAF_PAGES);
    if (!leaf) {
        leaf = table_make(tables, LEAF_PAGES, index / LEAF_PAGES);
        directory->used++;
    }
    leaf->used++;
    tables->mapped++;
    *page = (struct page){index, protection, phys};
    machine_mapped(phys);
}

int32_t hal_space_map(struct hal_space *space, uint64_t va, uint64_t phys,
                      uint64_t pages, uint32_t protection)
{
    struct tables *tables = changed(space);
    uint32_t index = page_index(space, va, pages);

    REQUIRE((protection & 6) != 6);
    REQUIRE(phys + pages * PAGE_SIZE <= MACHINE_MEMORY_BYTES);
    for (uint32_t i = 0; i < pages; i++) {
        page_map(tables, index + i, phys + (uint64_t)i * PAGE_SIZE,
                 protection);
    }
    return 0;
}

void hal_space_unmap(struct hal_space *space, uint64_t va, uint64_t pages)
{
    struct tables *tables = changed(space);
    uint32_t index = page_index(space, va, pages);

    for (uint32_t i = 0; i < pages; i++) {
        struct page *page = page_find(tables, index + i);

        if (page) {
            machine_stale(space, page->phys);
            page->index = 0;
            tables->mapped--;
            table_find(tables, LEAF_PAGES, (index + i) / LEAF_PAGES)->used--;
        }
    }
}

void hal_space_protect(struct hal_space *space, uint64_t va, uint64_t pages,
                       uint32_t protection)
{
    struct tables *tables = changed(space);
    uint32_t index = page_index(space, va, pages);

    REQUIRE((protection & 6) != 6);
    for (uint32_t i = 0; i < pages; i++) {
        struct page *page = page_find(tables, index + i);

        if (page && (page->protection & ~protection)) {
            machine_stale(space, page->phys);
        }
        if (page) {
            page->protection = protection;
        }
    }
}

void hal_space_cover(struct hal_space *space, uint64_t va, uint64_t pages,
                     uint64_t phys)
{
    struct tables *tables = changed(space);
    uint32_t index = page_index(space, va, pages);

    for (uint32_t i = 0; i < pages; i++) {
        struct page *page = page_find(tables, index + i);

        REQUIRE(page);
        machine_stale(space, page->phys);
        page->phys = phys;
    }
    machine_mapped(phys);
}

bool hal_space_query(const struct hal_space *space, uint64_t va,
                     uint64_t *phys, uint32_t *protection)
{
    const struct page *page = NULL;
    uint64_t offset = va - space->base;

    if (offset >= PAGE_SIZE && offset < MACHINE_WINDOW_BYTES) {
        page = page_find(looked_at(space), (uint32_t)(offset / PAGE_SIZE));
    }
    if (!page) {
        return false;
    }
    *phys = page->phys;
    *protection = page->protection;
    return true;
}

uint64_t hal_space_gate(const struct hal_space *space)
{
    return space->base + 0x10;
}

void hal_space_image(struct hal_space *space, const char *name, uint64_t phys,
                     uint64_t bytes, uint64_t base)
{
    (void)space, (void)name, (void)phys, (void)bytes, (void)base;
}

/* --------------------------------------------------------------- user memory */

static char *reach(const struct tables *tables, uint64_t offset,
                   uint32_t access)
{
    const struct page *page =
        offset >= PAGE_SIZE && offset < MACHINE_WINDOW_BYTES
            ? page_find(tables, (uint32_t)(offset / PAGE_SIZE))
            : NULL;

    return page && (page->protection & access)
               ? (char *)hal_phys_pointer(page->phys) + offset % PAGE_SIZE
               : NULL;
}

void *hal_user_view(struct hal_space *space, uint64_t va, uint32_t access,
                    size_t *bytes)
{
    const struct tables *tables = looked_at(space);
    uint64_t offset = va - space->base;
    char *first = reach(tables, offset, access);
    size_t piece = PAGE_SIZE - offset % PAGE_SIZE;

    while (first && piece < *bytes &&
           reach(tables, offset + piece, access) == first + piece) {
        piece += PAGE_SIZE;
    }
    if (piece < *bytes) {
        *bytes = piece;
    }
    if (!first) {
        *bytes = 0;
    }
    return first;
}

void *machine_walk(uint64_t va, uint32_t access)
{
    const struct hal_space *space = machine_cpus[explore_cpu].active;

    return space ? reach(&spaces[space->number], va - space->base, access)
                 : NULL;
}

int32_t hal_user_copy_in(void *to, uint64_t va, size_t bytes)
{
    while (bytes) {
        size_t piece = PAGE_SIZE - va % PAGE_SIZE;
        const char *from = machine_walk(va, HAL_READ);

        piece = piece < bytes ? piece : bytes;
        if (!from) {
            return ERR_BAD_BUFFER;
        }
        memcpy(to, from, piece);
        to = (char *)to + piece;
        va += piece;
        bytes -= piece;
    }
    return 0;
}

int32_t hal_user_copy_out(uint64_t va, const void *from, size_t bytes)
{
    while (bytes) {
        size_t piece = PAGE_SIZE - va % PAGE_SIZE;
        char *to = machine_walk(va, HAL_WRITE);

        piece = piece < bytes ? piece : bytes;
        if (!to) {
            return ERR_BAD_BUFFER;
        }
        memcpy(to, from, piece);
        from = (const char *)from + piece;
        va += piece;
        bytes -= piece;
    }
    return 0;
}

/* Fails if a page of any space is mapped to these frames. */
void machine_check_unmapped(uint64_t phys, uint64_t pages)
{
    uint64_t end = phys + pages * PAGE_SIZE;

    for (uint32_t i = 0; i < MACHINE_SPACES; i++) {
        for (uint32_t j = 0; spaces[i].root && j < MACHINE_PAGES; j++) {
            const struct page *page = &spaces[i].pages[j];

            if (page->index && page->phys >= phys && page->phys < end) {
                explore_fail("mapped frame freed",
                             "frame %#llx is mapped in space %u",
                             (unsigned long long)page->phys, i);
            }
        }
    }
}
