/* region.c - the sorted list of regions of an address space (region.h). */
#include "mem/region.h"

#include "cap/node.h"
#include "fail.h"

int32_t region_check_open(const struct space *space)
{
    return space->closed ? FAIL(ERR_DISCONNECTED, "the space is closed") : 0;
}

int32_t region_check_protection(uint32_t protection)
{
    switch (protection) {
    case 0:
    case HAL_READ:
    case HAL_READ | HAL_WRITE:
    case HAL_READ | HAL_EXECUTE:
        return 0;
    default:
        return FAIL(ERR_INVALID, "no such protection");
    }
}

int32_t region_check_pages(uint64_t pages)
{
    if (pages == 0) {
        return FAIL(ERR_INVALID, "range of no pages");
    }
    if (pages > SPACE_PAGES_MAX) {
        return FAIL(ERR_TOO_LARGE, "too many pages in one call");
    }
    return 0;
}

int32_t region_check_range(const struct space *space, uint64_t va,
                           uint64_t pages)
{
    uint64_t base = hal_space_base(&space->hal);
    uint64_t size = hal_space_size(&space->hal);
    int32_t error = region_check_pages(pages);

    if (error) {
        return error;
    }
    if (va % PAGE_SIZE != 0) {
        return FAIL(ERR_INVALID, "address is not page-aligned");
    }
    /* Page 0 of the window stays unmapped for ever: null pointers end there. */
    if (va < base || va - base < PAGE_SIZE || va - base >= size ||
        pages > (size - (va - base)) / PAGE_SIZE) {
        return FAIL(ERR_INVALID, "range is outside of the window");
    }
    return 0;
}

struct region *region_find(const struct space *space, uint64_t va)
{
    struct region *region = space->regions;

    while (region && region_end(region) <= va) {
        region = region->next;
    }
    return region;
}

/* The first hole of that many pages in the free part. 0: none. */
static uint64_t region_hole(const struct space *space, uint64_t pages)
{
    uint64_t base = hal_space_base(&space->hal);
    uint64_t end = base + hal_space_size(&space->hal);
    uint64_t va = base + SPACE_FREE_OFFSET;
    const struct region *region = region_find(space, va);

    while (region && (region->va < va ||
                      (region->va - va) / PAGE_SIZE < pages)) {
        va = region_end(region);
        region = region->next;
    }
    return va < end && pages <= (end - va) / PAGE_SIZE ? va : 0;
}

int32_t region_place(const struct space *space, uint64_t *va, uint64_t pages)
{
    const struct region *after;
    int32_t error;

    if (*va == 0) {
        error = region_check_pages(pages);
        if (error) {
            return error;
        }
        *va = region_hole(space, pages);
        return *va ? 0 : FAIL(ERR_OVERLOADED, "no hole of that size");
    }
    error = region_check_range(space, *va, pages);
    if (error) {
        return error;
    }
    after = region_find(space, *va);
    if (after && after->va < *va + pages * PAGE_SIZE) {
        return FAIL(ERR_EXISTS, "something is mapped there");
    }
    return 0;
}

int32_t region_create(struct space *space, uint64_t va, uint64_t pages,
                      struct region **out)
{
    struct region *region;
    void *memory;
    int32_t error;

    if (space->region_count >= SPACE_REGIONS_MAX) {
        return FAIL(ERR_OVERLOADED, "too many regions");
    }
    error = ledger_alloc(space->ledger, sizeof(*region), &memory);
    if (error) {
        return error;
    }
    region = memory;
    region->va = va;
    region->pages = pages;
    region->space = space;
    list_node_init(&region->node_link);
    space->region_count++;
    *out = region;
    return 0;
}

void region_destroy(struct space *space, struct region *region)
{
    if (region->node) {
        node_remove_region(region);
    }
    if (region->memory) {
        memory_put(region->memory);
    }
    ledger_free(space->ledger, sizeof(*region), region);
    space->region_count--;
}

void region_insert(struct space *space, struct region *region)
{
    struct region **link = &space->regions;

    while (*link && (*link)->va < region->va) {
        link = &(*link)->next;
    }
    region->next = *link;
    *link = region;
}

void region_remove(struct space *space, struct region *region)
{
    struct region **link = &space->regions;

    while (*link != region) {
        link = &(*link)->next;
    }
    *link = region->next;
}

/* Makes two of the region that has va inside, if one has. */
static int32_t region_cut_at(struct space *space, uint64_t va)
{
    struct region *low = region_find(space, va);
    struct region *high;
    int32_t error;

    if (!low || low->va >= va) {
        return 0;
    }
    error = region_create(space, va, (region_end(low) - va) / PAGE_SIZE, &high);
    if (error) {
        return error;
    }
    low->pages -= high->pages;
    high->kind = low->kind;
    high->protection = low->protection;
    high->program = low->program;
    if (low->memory) {
        high->memory = memory_get(low->memory);
        high->first_page = low->first_page + low->pages;
    }
    if (low->node) {
        node_add_part(low->node, high);
    }
    high->next = low->next;
    low->next = high;
    return 0;
}

int32_t region_cut(struct space *space, uint64_t va, uint64_t pages)
{
    int32_t error = region_cut_at(space, va);

    if (!error) {
        error = region_cut_at(space, va + pages * PAGE_SIZE);
    }
    if (error) {
        region_join(space);
    }
    return error;
}

static bool region_joinable(const struct region *low, const struct region *high)
{
    return region_end(low) == high->va && low->kind == high->kind &&
           low->kind != REGION_KERNEL && low->protection == high->protection &&
           low->memory == high->memory && low->node == high->node &&
           low->program == high->program &&
           (!low->memory || low->first_page + low->pages == high->first_page);
}

void region_join(struct space *space)
{
    struct region *region = space->regions;

    while (region && region->next) {
        struct region *next = region->next;

        if (region_joinable(region, next)) {
            region->pages += next->pages;
            region->next = next->next;
            region_destroy(space, next);
        } else {
            region = next;
        }
    }
}
