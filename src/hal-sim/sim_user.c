/*
 * sim_user.c - how the kernel reaches user memory.
 *
 * Always through the user's own addresses, so that Memcheck's knowledge of
 * every bit is kept; only where they may be closed (--strict, a broken space)
 * by the kernel's map. The page table is asked first; the guarded copy
 * stands behind it for what another CPU may unmap meanwhile.
 */
#include "sim.h"

int32_t hal_user_copy_in(void *to, uint64_t va, size_t bytes)
{
    const struct hal_space *space = sim_space_active();

    if (bytes == 0) {
        return 0;
    }
    if (space == NULL || sim_space_reach(space, va, HAL_READ, bytes) < bytes ||
        sim_copy(to, (const void *)va, bytes) != 0) {
        return ERR_BAD_BUFFER;
    }
    return 0;
}

int32_t hal_user_copy_out(uint64_t va, const void *from, size_t bytes)
{
    const struct hal_space *space = sim_space_active();

    if (bytes == 0) {
        return 0;
    }
    if (space == NULL || sim_space_reach(space, va, HAL_WRITE, bytes) < bytes ||
        sim_copy((void *)va, from, bytes) != 0) {
        return ERR_BAD_BUFFER;
    }
    return 0;
}

/* The kernel's map, as far as the frames are contiguous. */
static void *view_by_frames(struct hal_space *space, uint64_t va,
                            uint64_t reach, size_t *bytes)
{
    uint64_t phys;
    uint64_t next;
    uint32_t protection;
    uint64_t piece = PAGE_SIZE - (va & (PAGE_SIZE - 1));

    hal_space_query(space, va, &phys, &protection);
    while (piece < reach &&
           hal_space_query(space, va + piece, &next, &protection) &&
           next == phys + (va & (PAGE_SIZE - 1)) + piece) {
        piece += PAGE_SIZE;
    }
    *bytes = piece < reach ? piece : reach;
    return (char *)hal_phys_pointer(phys) + (va & (PAGE_SIZE - 1));
}

void *hal_user_view(struct hal_space *space, uint64_t va, uint32_t access,
                    size_t *bytes)
{
    uint64_t reach = sim_space_reach(space, va, access, *bytes);

    *bytes = reach;
    if (reach == 0) {
        return NULL;
    }
    if (sim_space_by_frames(space)) {
        return view_by_frames(space, va, reach, bytes);
    }
    return (void *)va;
}
