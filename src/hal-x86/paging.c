/*
 * paging.c - the kernel's half of the address space.
 *
 * Layers: frames come off the ends of free ranges; table_walk makes tables;
 * map_range maps with the largest pages that fit. The direct map leaves the
 * kernel image out, so that text and rodata have no writable alias; nothing in
 * it is executable. Everything happens before core runs: afterwards the kernel
 * half never changes.
 */
#include "paging.h"

#include "x86.h"

#define EARLY_LIMIT (UINT64_C(1) << 32)
#define DIRECT_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_GLOBAL | PTE_NX)
#define DEVICE_FLAGS (DIRECT_FLAGS | PTE_UNCACHED | PTE_WRITE_THROUGH)
#define LOW_BYTES UINT64_C(0x100000)
#define BOOT_PHYS UINT64_C(0x200000)

uint64_t hal_x86_kernel_root;
uint64_t x86_gate_table;

static struct x86_ranges *frames;

/* A cleared frame below 4 GiB, where the early tables reach. */
static uint64_t frame_take(void)
{
    for (uint32_t i = frames->count; i-- > 0;) {
        struct x86_range *range = &frames->range[i];
        uint64_t end = range->phys + range->bytes;

        if (end <= EARLY_LIMIT && range->bytes >= 2 * PAGE_SIZE) {
            range->bytes -= PAGE_SIZE;
            memset(hal_phys_pointer(end - PAGE_SIZE), 0, PAGE_SIZE);
            return end - PAGE_SIZE;
        }
    }
    hal_stop("no memory for page tables");
}

/*
 * The entry for va at a level, tables made on the way. NULL: a larger page is
 * mapped there.
 */
static uint64_t *table_walk(uint64_t va, uint32_t level)
{
    uint64_t *table = hal_phys_pointer(hal_x86_kernel_root);

    for (uint32_t at = 4; at > level; at--) {
        uint64_t *entry = &table[table_index(va, at)];

        if (!(*entry & PTE_PRESENT)) {
            *entry = frame_take() | PTE_PRESENT | PTE_WRITE;
        } else if (*entry & PTE_LARGE) {
            return NULL;
        }
        table = table_of(*entry);
    }
    return &table[table_index(va, level)];
}

static uint32_t level_for(uint64_t va, uint64_t phys, uint64_t bytes)
{
    for (uint32_t level = x86_features.gigabyte_pages ? 3 : 2; level > 1;
         level--) {
        uint64_t size = level_bytes(level);

        if (((va | phys) & (size - 1)) == 0 && bytes >= size) {
            return level;
        }
    }
    return 1;
}

/* Maps whole pages; what is mapped already stays as it is. */
static void map_range(uint64_t va, uint64_t phys, uint64_t bytes,
                      uint64_t flags)
{
    while (bytes != 0) {
        uint32_t level = level_for(va, phys, bytes);
        uint64_t size = level_bytes(level);
        uint64_t *entry = table_walk(va, level);

        if (entry != NULL && !(*entry & PTE_PRESENT)) {
            *entry = phys | flags | (level > 1 ? PTE_LARGE : 0);
        } else if (entry != NULL && level > 1 && !(*entry & PTE_LARGE)) {
            /* A table is there: fill its holes a page at a time. */
            size = PAGE_SIZE;
            entry = table_walk(va, 1);
            if (entry != NULL && !(*entry & PTE_PRESENT)) {
                *entry = phys | flags;
            }
        }
        va += size;
        phys += size;
        bytes -= size;
    }
}

static void map_pages_around(uint64_t phys, uint64_t bytes, uint64_t flags)
{
    uint64_t start = phys & ~(uint64_t)(PAGE_SIZE - 1);
    uint64_t end = (phys + bytes + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);

    map_range(X86_DIRECT_BASE + start, start, end - start, flags);
}

static uint64_t image_phys(const void *address)
{
    return (uint64_t)address - X86_KERNEL_BASE;
}

static void map_image(void)
{
    const struct {
        const char *start, *end;
        uint64_t flags;
    } parts[] = {
        {x86_text_start, x86_text_end, 0},
        {x86_rodata_start, x86_rodata_end, PTE_NX},
        {x86_data_start, x86_image_end, PTE_NX | PTE_WRITE},
    };

    for (uint32_t i = 0; i < 3; i++) {
        for (const char *at = parts[i].start; at < parts[i].end;
             at += PAGE_SIZE) {
            *table_walk((uint64_t)at, 1) =
                image_phys(at) | PTE_PRESENT | PTE_GLOBAL | parts[i].flags;
        }
    }
}

static void map_gate(void)
{
    uint64_t tables[3]; /* levels 3, 2, 1 */

    for (uint32_t i = 0; i < 3; i++) {
        tables[i] = frame_take();
    }
    for (uint32_t i = 0; i < 3; i++) {
        uint64_t *table = hal_phys_pointer(tables[i]);
        uint64_t target = i < 2 ? tables[i + 1] : image_phys(x86_gate_page);

        table[table_index(X86_GATE, 3 - i)] = target | PTE_PRESENT | PTE_USER;
    }
    x86_gate_table = tables[0];
}

void x86_paging_init(struct x86_ranges *free, const struct x86_ranges *usable,
                     const struct x86_boot_info *info)
{
    uint64_t image = image_phys(x86_image_start);
    struct x86_ranges direct = *usable;

    frames = free;
    (void)x86_ranges_remove(free, 0, LOW_BYTES);
    (void)x86_ranges_remove(free, BOOT_PHYS,
                            image_phys(x86_image_end) - BOOT_PHYS);
    if (info->package_bytes != 0) {
        uint64_t start = info->package_phys & ~(uint64_t)(PAGE_SIZE - 1);
        uint64_t end = info->package_phys + info->package_bytes;

        end = (end + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
        (void)x86_ranges_remove(free, start, end - start);
    }
    hal_x86_kernel_root = frame_take();
    (void)x86_ranges_remove(&direct, image, image_phys(x86_image_end) - image);
    for (uint32_t i = 0; i < direct.count; i++) {
        map_range(X86_DIRECT_BASE + direct.range[i].phys, direct.range[i].phys,
                  direct.range[i].bytes, DIRECT_FLAGS);
    }
    map_pages_around(info->package_phys, info->package_bytes, DIRECT_FLAGS);
    map_image();
    map_gate();
    x86_write_cr3(hal_x86_kernel_root);
}

void x86_paging_boot_free(void)
{
    (void)x86_ranges_add(frames, BOOT_PHYS,
                         image_phys(x86_image_start) - BOOT_PHYS);
}

void x86_paging_stacks(uint32_t cpu)
{
    for (uint32_t stack = 0; stack < X86_STACKS; stack++) {
        for (uint64_t va = x86_stack_low(cpu, stack);
             va < x86_stack_top(cpu, stack); va += PAGE_SIZE) {
            uint64_t *entry = table_walk(va, 1);

            if (!(*entry & PTE_PRESENT)) {
                *entry = frame_take() | DIRECT_FLAGS;
            }
        }
    }
}

const void *x86_paging_firmware(uint64_t phys, uint64_t bytes)
{
    map_pages_around(phys, bytes, DIRECT_FLAGS & ~PTE_WRITE);
    return hal_phys_pointer(phys);
}

volatile void *x86_paging_device(uint64_t phys, uint64_t bytes)
{
    map_pages_around(phys, bytes, DEVICE_FLAGS);
    return hal_phys_pointer(phys);
}

void x86_paging_lapic(uint64_t phys)
{
    *table_walk(X86_LAPIC_BASE, 1) = phys | DEVICE_FLAGS;
}
