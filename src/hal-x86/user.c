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

/* True if va's page allows access; *phys is the byte's address then. */
static bool view_page(const struct hal_space *space, uint64_t va,
                      uint32_t access, uint64_t *phys)
{
    uint32_t protection;

    if (!hal_space_query(space, va, phys, &protection) ||
        (protection & access) != access) {
        return false;
    }
    *phys += va % PAGE_SIZE;
    return true;
}

void *hal_user_view(struct hal_space *space, uint64_t va, uint32_t access,
                    size_t *bytes)
{
    uint64_t phys, next_phys;
    size_t reach = PAGE_SIZE - va % PAGE_SIZE;

    if (*bytes == 0 || !view_page(space, va, access, &phys)) {
        return NULL;
    }
    while (reach < *bytes &&
           view_page(space, va + reach, access, &next_phys) &&
           next_phys == phys + reach) {
        reach += PAGE_SIZE;
    }
    if (reach < *bytes) {
        *bytes = reach;
    }
    return hal_phys_pointer(phys);
}
