/*
 * space.c - address spaces: four-level tables under a root frame.
 *
 * The window lies in one PML4 entry, so a space has a PDPT, up to 64 page
 * directories and their page tables; all come from hal_space_give. Entries of
 * tables count what is mapped below them in bits that the CPU ignores, so an
 * empty table is seen without looking into it, and hal_space_take goes through
 * them once per round (cursor). A leaf keeps its frame and what was asked for
 * even if nothing is allowed: then it is not present, but MAPPED.
 *
 * Windows of different spaces may have the same base: tables are their own, and
 * nothing here is shared by two spaces but the gate's tables, which never change.
 * A space is changed by one CPU at a time, core sees to that; while it is active
 * on others, these read the tables at any moment.
 */
#include "paging.h"

#include "x86.h"

/* Of an entry that points to a table: live entries there. */
#define COUNT_SHIFT 52
#define COUNT_ONE (UINT64_C(1) << COUNT_SHIFT)
#define COUNT_MASK (UINT64_C(0x3ff) << COUNT_SHIFT)

#define TABLE_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)
#define LEAF_FLAGS (LEAF_MAPPED | PTE_USER | PTE_ACCESSED)
#define KERNEL_HALF 256u
#define WINDOW_DIRECTORIES 64u
#define FLUSH_PAGES_MAX 32u /* above, everything is flushed */

static bool window_holds(const struct hal_space *space, uint64_t va,
                         uint64_t pages)
{
    uint64_t offset = va - space->base;

    return va % PAGE_SIZE == 0 && offset < X86_SPACE_BYTES &&
           pages <= (X86_SPACE_BYTES - offset) / PAGE_SIZE;
}

int32_t hal_space_init(struct hal_space *space, uint64_t root)
{
    uint64_t *table = hal_phys_pointer(root);
    const uint64_t *kernel = hal_phys_pointer(hal_x86_kernel_root);
    uint64_t place = x86_entropy_word();

    memset(table, 0, KERNEL_HALF * sizeof(*table));
    memcpy(table + KERNEL_HALF, kernel + KERNEL_HALF,
           KERNEL_HALF * sizeof(*table));
    table[table_index(X86_GATE, 4)] = x86_gate_table | PTE_PRESENT | PTE_USER;
    memset(space, 0, sizeof(*space));
    space->root = root;
    space->spare = HAL_NO_FRAME;
    /* PML4 entries 1 to 254, eight windows each. */
    space->base = (8 + place % (254 * 8)) * X86_SPACE_BYTES;
    return 0;
}

void hal_space_fini(struct hal_space *space)
{
    if (x86_cpu_self()->head.space == space) {
        hal_space_activate(NULL);
    }
    space->root = HAL_NO_FRAME;
}

uint64_t hal_space_gate(const struct hal_space *space)
{
    (void)space;
    return X86_GATE;
}

/* ----------------------------------------------------------------- frames */

void hal_space_give(struct hal_space *space, uint64_t phys)
{
    *(uint64_t *)hal_phys_pointer(phys) = space->spare;
    space->spare = phys;
    space->spares++;
}

static uint64_t spare_take(struct hal_space *space)
{
    uint64_t phys = space->spare;

    space->spare = *(uint64_t *)hal_phys_pointer(phys);
    space->spares--;
    return phys;
}

/* Missing page tables under one directory, for [va, end) inside of it. */
static uint64_t directory_missing(uint64_t entry, uint64_t va, uint64_t end)
{
    uint32_t first = table_index(va, 2);
    uint32_t last = table_index(end - 1, 2);
    uint64_t missing = 0;

    if (!(entry & PTE_PRESENT)) {
        return 1 + (last - first + 1);
    }
    for (uint32_t i = first; i <= last; i++) {
        missing += !(table_of(entry)[i] & PTE_PRESENT);
    }
    return missing;
}

uint32_t hal_space_tables(const struct hal_space *space, uint64_t va,
                          uint64_t pages)
{
    uint64_t entry = *root_entry(space);
    uint64_t missing = !(entry & PTE_PRESENT);
    uint64_t end = va + pages * PAGE_SIZE;

    if (pages == 0 || !window_holds(space, va, pages)) {
        return 0;
    }
    while (va < end) {
        uint64_t next = (va | (level_bytes(3) - 1)) + 1;
        uint64_t directory =
            entry & PTE_PRESENT ? table_of(entry)[table_index(va, 3)] : 0;

        next = next < end ? next : end;
        missing += directory_missing(directory, va, next);
        va = next;
    }
    return missing > space->spares ? (uint32_t)(missing - space->spares) : 0;
}

/* ---------------------------------------------------------------- entries */

static uint64_t leaf_make(uint64_t phys, uint32_t protection)
{
    uint64_t leaf = phys | LEAF_FLAGS;

    leaf |= protection != 0 ? PTE_PRESENT : 0;
    leaf |= protection & HAL_READ ? LEAF_READ : 0;
    leaf |= protection & HAL_WRITE ? PTE_WRITE | PTE_DIRTY : 0;
    leaf |= protection & HAL_EXECUTE ? 0 : PTE_NX;
    return leaf;
}

static uint32_t leaf_protection(uint64_t leaf)
{
    uint32_t protection = 0;

    protection |= leaf & LEAF_READ ? HAL_READ : 0;
    protection |= leaf & PTE_WRITE ? HAL_WRITE : 0;
    protection |= leaf & PTE_NX ? 0 : HAL_EXECUTE;
    return protection;
}

/* The table below an entry, made of a spare frame and counted if need be. */
static uint64_t *table_below(struct hal_space *space, uint64_t *entry,
                             uint64_t *above)
{
    if (!(*entry & PTE_PRESENT)) {
        uint64_t phys;

        if (space->spares == 0) {
            hal_stop("a mapping was not prepared with hal_space_tables");
        }
        phys = spare_take(space);
        memset(hal_phys_pointer(phys), 0, PAGE_SIZE);
        entry_set(entry, phys | TABLE_FLAGS); /* after it was cleared */
        if (above != NULL) {
            entry_set(above, *above + COUNT_ONE);
        }
    }
    return table_of(*entry);
}

static void flush(const struct hal_space *space, uint64_t va, uint64_t pages)
{
    if (x86_cpu_self()->head.space != space) {
        return;
    }
    if (pages > FLUSH_PAGES_MAX) {
        x86_write_cr3(space->root);
        return;
    }
    for (uint64_t i = 0; i < pages; i++) {
        x86_invlpg(va + i * PAGE_SIZE);
    }
}

int32_t hal_space_map(struct hal_space *space, uint64_t va, uint64_t phys,
                      uint64_t pages, uint32_t protection)
{
    uint64_t *pdpt_entry = root_entry(space);

    if (!window_holds(space, va, pages)) {
        return ERR_INVALID;
    }
    while (pages != 0) {
        uint64_t *pdpt = table_below(space, pdpt_entry, NULL);
        uint64_t *pd_entry = &pdpt[table_index(va, 3)];
        uint64_t *pd = table_below(space, pd_entry, pdpt_entry);
        uint64_t *pt_entry = &pd[table_index(va, 2)];
        uint64_t *pt = table_below(space, pt_entry, pd_entry);
        uint32_t at = table_index(va, 1);

        for (; at < TABLE_ENTRIES && pages != 0; at++, pages--) {
            if (pt[at] & LEAF_MAPPED) {
                hal_stop("a page is mapped twice");
            }
            entry_set(&pt[at], leaf_make(phys, protection));
            entry_set(pt_entry, *pt_entry + COUNT_ONE);
            va += PAGE_SIZE;
            phys += PAGE_SIZE;
        }
    }
    return 0;
}

/*
 * Goes on to the next page at or above va whose page table exists, below end.
 * Returns end if there is none; sets *entry to the table's entry.
 */
static uint64_t next_table(const struct hal_space *space, uint64_t va,
                           uint64_t end, uint64_t **entry)
{
    uint64_t pdpt = *root_entry(space);

    while (pdpt & PTE_PRESENT && va < end) {
        uint64_t pd = table_of(pdpt)[table_index(va, 3)];

        if (!(pd & PTE_PRESENT)) {
            va = (va | (level_bytes(3) - 1)) + 1;
            continue;
        }
        *entry = &table_of(pd)[table_index(va, 2)];
        if (**entry & PTE_PRESENT) {
            return va;
        }
        va = (va | (level_bytes(2) - 1)) + 1;
    }
    return end;
}

void hal_space_unmap(struct hal_space *space, uint64_t va, uint64_t pages)
{
    uint64_t end = va + pages * PAGE_SIZE;
    uint64_t start = va;
    uint64_t *entry = NULL;

    if (!window_holds(space, va, pages)) {
        return;
    }
    while ((va = next_table(space, va, end, &entry)) < end) {
        uint64_t *table = table_of(*entry);

        do {
            if (table[table_index(va, 1)] & LEAF_MAPPED) {
                entry_set(&table[table_index(va, 1)], 0);
                entry_set(entry, *entry - COUNT_ONE);
            }
            va += PAGE_SIZE;
        } while (va < end && table_index(va, 1) != 0);
        space->cursor = (*entry & COUNT_MASK) == 0 ? 0 : space->cursor;
    }
    flush(space, start, pages);
}

/* What a mapped leaf becomes; value is the caller's. */
typedef uint64_t leaf_change(uint64_t leaf, uint64_t value);

static uint64_t leaf_protect(uint64_t leaf, uint64_t protection)
{
    return leaf_make(leaf & PTE_PHYS, (uint32_t)protection);
}

static uint64_t leaf_cover(uint64_t leaf, uint64_t phys)
{
    return leaf_make(phys, leaf_protection(leaf));
}

/* Changes the leaves of all mapped pages of a range. */
static void change_leaves(struct hal_space *space, uint64_t va,
                          uint64_t pages, leaf_change *change, uint64_t value)
{
    uint64_t end = va + pages * PAGE_SIZE;
    uint64_t start = va;
    uint64_t *entry = NULL;

    if (!window_holds(space, va, pages)) {
        return;
    }
    while ((va = next_table(space, va, end, &entry)) < end) {
        uint64_t *table = table_of(*entry);

        do {
            uint64_t *leaf = &table[table_index(va, 1)];

            if (*leaf & LEAF_MAPPED) {
                entry_set(leaf, change(*leaf, value));
            }
            va += PAGE_SIZE;
        } while (va < end && table_index(va, 1) != 0);
    }
    flush(space, start, pages);
}

void hal_space_protect(struct hal_space *space, uint64_t va, uint64_t pages,
                       uint32_t protection)
{
    change_leaves(space, va, pages, leaf_protect, protection);
}

void hal_space_cover(struct hal_space *space, uint64_t va, uint64_t pages,
                     uint64_t phys)
{
    change_leaves(space, va, pages, leaf_cover, phys);
}

bool hal_space_query(const struct hal_space *space, uint64_t va,
                     uint64_t *phys, uint32_t *protection)
{
    uint64_t leaf;

    if (va - space->base >= X86_SPACE_BYTES) {
        return false;
    }
    leaf = leaf_read(space, va);
    if (!(leaf & LEAF_MAPPED)) {
        return false;
    }
    *phys = leaf & PTE_PHYS;
    *protection = leaf_protection(leaf);
    return true;
}

/* ----------------------------------------------------- tables given back */

/*
 * Cuts an empty table off. CPUs may have cached the way to it: this one forgets
 * it here, the others when core flushes them (hal_tlb_flush), and before that
 * nobody may write to the frame.
 */
static uint64_t table_cut(const struct hal_space *space, uint64_t *entry,
                          uint64_t *above)
{
    uint64_t phys = *entry & PTE_PHYS;

    entry_set(entry, 0);
    if (above != NULL) {
        entry_set(above, *above - COUNT_ONE);
    }
    flush(space, space->base, FLUSH_PAGES_MAX + 1);
    return phys;
}

static bool table_empty(uint64_t entry)
{
    return entry & PTE_PRESENT && (entry & COUNT_MASK) == 0;
}

/* An empty page table of the cursor's directory, else the directory if empty. */
static uint64_t directory_take(struct hal_space *space, uint64_t *entry,
                               uint64_t *above)
{
    uint64_t *table = table_of(*entry);
    uint32_t first = space->cursor % TABLE_ENTRIES;

    for (uint32_t at = first; at < TABLE_ENTRIES && !table_empty(*entry);
         at++) {
        if (table_empty(table[at])) {
            space->cursor += at - first;
            return table_cut(space, &table[at], entry);
        }
    }
    return table_empty(*entry) ? table_cut(space, entry, above) : HAL_NO_FRAME;
}

uint64_t hal_space_take(struct hal_space *space)
{
    uint64_t *above = root_entry(space);

    if (space->spares != 0) {
        return spare_take(space);
    }
    if (!(*above & PTE_PRESENT)) {
        return HAL_NO_FRAME;
    }
    while (space->cursor < WINDOW_DIRECTORIES * TABLE_ENTRIES) {
        uint64_t va = space->base + space->cursor * level_bytes(2);
        uint64_t *entry = &table_of(*above)[table_index(va, 3)];

        if (*entry & PTE_PRESENT) {
            uint64_t phys = directory_take(space, entry, above);

            if (phys != HAL_NO_FRAME) {
                return phys;
            }
        }
        space->cursor = (space->cursor / TABLE_ENTRIES + 1) * TABLE_ENTRIES;
    }
    if (table_empty(*above)) {
        return table_cut(space, above, NULL);
    }
    return HAL_NO_FRAME;
}

void hal_space_image(struct hal_space *space, const char *name, uint64_t phys,
                     uint64_t bytes, uint64_t base)
{
    /* Debuggers find images through core's own list. */
    (void)space, (void)name, (void)phys, (void)bytes, (void)base;
}
