/*
 * user.c - how the kernel reaches user memory: checked copies in the active
 * space, and views of any space through the direct map.
 */
#include "paging.h"

static bool active_window_holds(uint64_t va, size_t bytes)
{
    const struct hal_space *space = x86_cpu_self()->head.space;
    uint64_t offset;

    if (space == NULL) {
        return false;
    }
    offset = va - space->base;
    return offset < X86_SPACE_BYTES && bytes <= X86_SPACE_BYTES - offset;
}

int32_t hal_user_copy_in(void *to, uint64_t va, size_t bytes)
{
    if (bytes == 0) {
        return 0;
    }
    if (!active_window_holds(va, bytes) ||
        x86_user_copy(to, (const void *)va, bytes) != 0) {
        return ERR_BAD_BUFFER;
    }
    return 0;
}

int32_t hal_user_copy_out(uint64_t va, const void *from, size_t bytes)
{
    if (bytes == 0) {
        return 0;
    }
    if (!active_window_holds(va, bytes) ||
        x86_user_copy((void *)va, from, bytes) != 0) {
        return ERR_BAD_BUFFER;
    }
    return 0;
}

/* The bits that a leaf must have to allow access. */
static uint64_t view_wanted(uint32_t access)
{
    return LEAF_MAPPED | (access & HAL_READ ? LEAF_READ : 0) |
           (access & HAL_WRITE ? PTE_WRITE : 0);
}

/*
 * How far the view of va, whose leaf that is, goes on without a break, within what
 * one table maps: adjacent leaves map adjacent pages.
 */
static size_t view_reach(const uint64_t *leaf, uint64_t va, uint64_t wanted,
                         size_t bytes)
{
    const uint64_t frame = *leaf & PTE_PHYS;
    uint32_t left = TABLE_ENTRIES - 1 - table_index(va, 1);
    size_t reach = PAGE_SIZE - va % PAGE_SIZE;

    for (size_t pages = 1; reach < bytes && pages <= left; pages++) {
        if ((leaf[pages] & wanted) != wanted ||
            (leaf[pages] & PTE_PHYS) != frame + pages * PAGE_SIZE) {
            break;
        }
        reach += PAGE_SIZE;
    }
    return reach < bytes ? reach : bytes;
}

/* Inline, for every copy between processes comes here. */
inline __attribute__((always_inline)) void *
hal_user_view(struct hal_space *space, uint64_t va, uint32_t access,
              size_t *bytes)
{
    const uint64_t wanted = view_wanted(access);
    const uint64_t *leaf;
    uint64_t entry;

    if (*bytes == 0 || va - space->base >= X86_SPACE_BYTES) {
        return NULL;
    }
    leaf = leaf_place(space, va);
    entry = leaf != NULL ? *leaf : 0;
    if ((entry & wanted) != wanted) {
        return NULL;
    }
    if (*bytes > PAGE_SIZE - va % PAGE_SIZE) {
        *bytes = view_reach(leaf, va, wanted, *bytes);
    }
    return (char *)hal_phys_pointer(entry & PTE_PHYS) + va % PAGE_SIZE;
}
