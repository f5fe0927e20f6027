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

/* True if va's page allows what is wanted; *phys is the byte's address then. */
static inline bool view_page(const struct hal_space *space, uint64_t va,
                             uint64_t wanted, uint64_t *phys)
{
    uint64_t leaf;

    if (va - space->base >= X86_SPACE_BYTES) {
        return false;
    }
    leaf = leaf_read(space, va);
    *phys = (leaf & PTE_PHYS) + va % PAGE_SIZE;
    return (leaf & wanted) == wanted;
}

/* How far the view of va, which is at phys, goes on without a break. Rare. */
static __attribute__((noinline)) size_t
view_reach(const struct hal_space *space, uint64_t va, uint64_t wanted,
           uint64_t phys, size_t bytes)
{
    size_t reach = PAGE_SIZE - va % PAGE_SIZE;
    uint64_t next_phys;

    while (reach < bytes && view_page(space, va + reach, wanted, &next_phys) &&
           next_phys == phys + reach) {
        reach += PAGE_SIZE;
    }
    return reach < bytes ? reach : bytes;
}

void *hal_user_view(struct hal_space *space, uint64_t va, uint32_t access,
                    size_t *bytes)
{
    const uint64_t wanted = view_wanted(access);
    uint64_t phys;

    if (*bytes == 0 || !view_page(space, va, wanted, &phys)) {
        return NULL;
    }
    if (*bytes > PAGE_SIZE - va % PAGE_SIZE) {
        *bytes = view_reach(space, va, wanted, phys, *bytes);
    }
    return hal_phys_pointer(phys);
}
