/*
 * paging.h - the format of page tables (SDM 3A 4.5), for kernel and user
 * spaces alike.
 */
#ifndef CAPOS_X86_PAGING_H
#define CAPOS_X86_PAGING_H

#include "internal.h"

#define PTE_PRESENT UINT64_C(1)
#define PTE_WRITE UINT64_C(2)
#define PTE_USER UINT64_C(4)
#define PTE_WRITE_THROUGH UINT64_C(8)
#define PTE_UNCACHED UINT64_C(16)
#define PTE_ACCESSED UINT64_C(0x20) /* set from the start, and DIRTY: then */
#define PTE_DIRTY UINT64_C(0x40)    /* no CPU writes to a user table itself */
#define PTE_LARGE UINT64_C(0x80)
#define PTE_GLOBAL UINT64_C(0x100)
#define PTE_NX (UINT64_C(1) << 63)
#define PTE_PHYS UINT64_C(0x000ffffffffff000)

#define TABLE_ENTRIES 512u

/* Level 1 is the page table, 4 the root. */
static inline uint32_t table_index(uint64_t va, uint32_t level)
{
    return va >> (12 + 9 * (level - 1)) & (TABLE_ENTRIES - 1);
}

static inline uint64_t level_bytes(uint32_t level)
{
    return UINT64_C(1) << (12 + 9 * (level - 1));
}

static inline uint64_t *table_of(uint64_t entry)
{
    return hal_phys_pointer(entry & PTE_PHYS);
}

/* Of a leaf of a space (bits 9 to 11 are the system's, SDM 3A 4.5.4). */
#define LEAF_MAPPED (UINT64_C(1) << 9)
#define LEAF_READ (UINT64_C(1) << 10)

/* The entry of the root that the space's window lies in. */
static inline uint64_t *root_entry(const struct hal_space *space)
{
    uint64_t *root = hal_phys_pointer(space->root);

    return &root[table_index(space->base, 4)];
}

/*
 * Where the leaf of va lies, which is in the window; NULL: it has no table. Level by
 * level and inline: every copy between processes comes here.
 */
static inline const uint64_t *leaf_place(const struct hal_space *space,
                                         uint64_t va)
{
    uint64_t entry = *root_entry(space);

    if (entry & PTE_PRESENT) {
        entry = table_of(entry)[table_index(va, 3)];
    }
    if (entry & PTE_PRESENT) {
        entry = table_of(entry)[table_index(va, 2)];
    }
    return entry & PTE_PRESENT ? &table_of(entry)[table_index(va, 1)] : NULL;
}

/* The leaf itself; 0 if it has no table. */
static inline uint64_t leaf_read(const struct hal_space *space, uint64_t va)
{
    const uint64_t *leaf = leaf_place(space, va);

    return leaf != NULL ? *leaf : 0;
}

/* Other CPUs look at tables at any time: an entry is written whole. */
static inline void entry_set(uint64_t *entry, uint64_t value)
{
    __atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

#endif
