/* fake_hal.c - the machine of hal_machine.h: CPUs, memory, spaces, rules checked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "container.h"
#include "hal.h"
#include "mem/frames.h"
#include "mem/heap.h"
#include "mem/space.h"
#include "sched/cpu.h"

#define REQUIRE(condition)                                                     \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: the core broke: %s\n", __FILE__, __LINE__, \
                    #condition);                                               \
            abort();                                                           \
        }                                                                      \
    } while (0)

#define TABLE_MARK 0x656c6261745f7369ull

unsigned char *fake_memory;
struct fake_cpu fake_cpus[FAKE_CPUS_MAX];
struct fake_cpu *fake = &fake_cpus[0];
uint64_t fake_now_ns;
uint32_t fake_cpu_count = 1;
uint32_t fake_relaxes;
uint32_t fake_flushes;
uint64_t fake_flushed;
const char *const *fake_orders;

/* A frame that CPUs still reach through a space, at va or as a table. */
struct stale {
    const struct hal_space *space;
    uint64_t phys;
    uint64_t cpus;
};

static struct stale *stale;
static uint32_t stale_count;
static uint32_t stale_room;

static uint64_t fake_maps = UINT64_MAX;
static uint64_t fake_windows = 1;
static struct hal_boot fake_boot_info;
static struct fake_page *fake_spare_pages;

static void cpus_start(void)
{
    REQUIRE(fake_cpu_count >= 1 && fake_cpu_count <= FAKE_CPUS_MAX);
    for (uint32_t i = 0; i < FAKE_CPUS_MAX; i++) {
        fake_cpus[i] = (struct fake_cpu){.number = i, .armed_ns = UINT64_MAX};
    }
    stale_count = 0;
    fake_on(0);
}

void fake_on(uint32_t cpu)
{
    REQUIRE(cpu < fake_cpu_count);
    fake = &fake_cpus[cpu];
}

void fake_retire(void)
{
    struct fake_cpu *self = fake;

    for (uint32_t cpu = 0; cpu < fake_cpu_count; cpu++) {
        fake_on(cpu);
        REQUIRE(!retire_run(cpu_self()));
    }
    fake = self;
}

void hal_cpu_interrupt(uint32_t cpu)
{
    REQUIRE(cpu < fake_cpu_count && cpu != fake->number);
    fake_cpus[cpu].attention = true;
}

void fake_boot(struct hal_boot *boot, const struct hal_range *ranges,
               uint32_t count)
{
    /* Not of the heap, whose blocks would hide the core's in reports. */
    if (!fake_memory) {
        fake_memory = mmap(NULL, FAKE_MEMORY_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    REQUIRE(fake_memory != MAP_FAILED && count <= HAL_RANGES_MAX);
    cpus_start();
    memset(boot, 0, sizeof(*boot));
    boot->version = HAL_VERSION;
    boot->cpus = fake_cpu_count;
    boot->machine = "fake";
    boot->ranges = count;
    memcpy(boot->memory, ranges, count * sizeof(ranges[0]));
    fake_boot_info = *boot;
}

void fake_start(void)
{
    static const struct hal_range ranges[] = {
        {0x1000, 0x9000},
        {0x100000, 0x300000},
        {0x800000, 0x2000000},
    };

    struct hal_boot boot;

    fake_boot(&boot, ranges, 3);
    frames_init(&boot);
    heap_init();
}

void fake_package(struct hal_boot *boot, uint64_t phys, uint64_t bytes)
{
    boot->package = (struct hal_range){phys, bytes};
    fake_boot_info = *boot;
}

void fake_refuse_map(uint64_t maps)
{
    fake_maps = maps;
}

_Noreturn void hal_stop(const char *reason)
{
    fprintf(stderr, "stop: %s\n", reason);
    abort();
}

void hal_console_write(enum hal_port port, const void *bytes, size_t size)
{
    (void)port, (void)bytes, (void)size;
}

uint64_t hal_time_now(void)
{
    return fake_now_ns;
}

bool fake_trace_on;
uint32_t fake_trace_count;
struct trace_record fake_trace[FAKE_TRACE_RECORDS];

int32_t hal_trace_start(const char *name)
{
    if (strcmp(name, FAKE_TRACE_BAD) == 0) {
        return ERR_INVALID;
    }
    hal_trace_stop();
    if (strcmp(name, FAKE_TRACE_NOWHERE) == 0) {
        return ERR_NOT_FOUND;
    }
    fake_trace_on = true;
    fake_trace_count = 0;
    return 0;
}

void hal_trace_stop(void)
{
    fake_trace_on = false;
}

void hal_trace(enum trace_kind kind, uint32_t thread, uint64_t a, uint64_t b)
{
    if (fake_trace_on && fake_trace_count < FAKE_TRACE_RECORDS) {
        fake_trace[fake_trace_count++] = (struct trace_record){
            .time_ns = hal_time_now(), .kind = (uint16_t)kind,
            .cpu = (uint16_t)hal_cpu_self(), .thread = thread, .a = a, .b = b};
    }
}

static bool range_holds(const struct hal_range *range, uint64_t phys,
                        uint64_t pages)
{
    return phys >= range->phys && phys < range->phys + range->bytes &&
           pages * PAGE_SIZE <= range->phys + range->bytes - phys;
}

static bool frame_known(uint64_t phys, uint64_t pages)
{
    for (uint32_t i = 0; i < fake_boot_info.ranges; i++) {
        if (range_holds(&fake_boot_info.memory[i], phys, pages)) {
            return true;
        }
    }
    return range_holds(&fake_boot_info.package, phys, pages);
}

/* ------------------------------------------------------------------ tables */

static void table_mark(uint64_t phys)
{
    uint64_t *words = hal_phys_pointer(phys);

    for (uint32_t i = 0; i < PAGE_SIZE / 8; i++) {
        words[i] = TABLE_MARK ^ i;
    }
}

static void table_check(uint64_t phys)
{
    const uint64_t *words = hal_phys_pointer(phys);

    for (uint32_t i = 0; i < PAGE_SIZE / 8; i++) {
        REQUIRE(words[i] == (TABLE_MARK ^ i));
    }
}

/* -------------------------------------------------------------------- TLBs */

uint32_t fake_stale(void)
{
    return stale_count;
}

/* What this CPU takes away others remember, where the space is active. */
static void stale_add(const struct hal_space *space, uint64_t phys)
{
    uint64_t cpus = 0;

    for (uint32_t i = 0; i < fake_cpu_count; i++) {
        if (i != fake->number && fake_cpus[i].active == space) {
            cpus |= 1ull << i;
        }
    }
    if (cpus == 0) {
        return;
    }
    if (stale_count == stale_room) {
        stale_room = stale_room * 2 + 64;
        stale = realloc(stale, stale_room * sizeof(*stale));
        REQUIRE(stale);
    }
    stale[stale_count++] = (struct stale){space, phys, cpus};
}

static void stale_drop(const struct hal_space *space, uint64_t cpus)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < stale_count; i++) {
        struct stale entry = stale[i];

        if (entry.space == space) {
            entry.cpus &= ~cpus;
        }
        if (entry.cpus != 0) {
            stale[kept++] = entry;
        }
    }
    stale_count = kept;
}

/* True if the core knows that the space is active on this CPU. */
static bool active_known(const struct hal_space *hal)
{
    return !hal || (cpu_mask_of(container_of_const(hal, struct space, hal)) >>
                        fake->number & 1);
}

/* The core must know of a space before this CPU uses it, and until it does not. */
void fake_activate(struct hal_space *space)
{
    REQUIRE(active_known(space) && active_known(fake->active));
    if (fake->active != space) {
        stale_drop(fake->active, 1ull << fake->number);
    }
    fake->active = space;
}

void hal_tlb_flush(struct hal_space *space, uint64_t cpus)
{
    REQUIRE(cpus != 0 && !(cpus >> fake->number & 1));
    REQUIRE(cpus >> fake_cpu_count == 0);
    fake_flushes++;
    fake_flushed = cpus;
    stale_drop(space, cpus);
}

void fake_frame_freed(const void *frame)
{
    uint64_t phys = (uint64_t)((const unsigned char *)frame - fake_memory);

    for (uint32_t i = 0; i < stale_count; i++) {
        REQUIRE(stale[i].phys != phys);
    }
}

/* ------------------------------------------------------------------ spaces */

int32_t hal_space_init(struct hal_space *space, uint64_t root)
{
    REQUIRE(frame_known(root, 1));
    if (fake_maps == 0) {
        return ERR_OVERLOADED;
    }
    memset(space, 0, sizeof(*space));
    space->base = FAKE_WINDOW_BYTES * fake_windows++;
    space->root = root;
    /* What a space leaves behind has no page mapped: as good as new. */
    space->pages = fake_spare_pages;
    fake_spare_pages = NULL;
    if (!space->pages) {
        space->pages = calloc(FAKE_WINDOW_PAGES, sizeof(struct fake_page));
    }
    REQUIRE(space->pages);
    table_mark(root);
    return 0;
}

void hal_space_fini(struct hal_space *space)
{
    for (uint32_t i = 0; i < fake_cpu_count; i++) {
        REQUIRE(fake_cpus[i].active != space);
    }
    REQUIRE(space->mapped == 0 && space->spare_count == 0);
    REQUIRE(hal_space_take(space) == HAL_NO_FRAME);
    table_check(space->root);
    free(fake_spare_pages);
    fake_spare_pages = space->pages;
    space->pages = NULL;
}

static uint64_t page_index(const struct hal_space *space, uint64_t va,
                           uint64_t pages)
{
    uint64_t index = (va - space->base) / PAGE_SIZE;

    REQUIRE(va >= space->base && va % PAGE_SIZE == 0);
    REQUIRE(index != 0 && pages != 0 && index < FAKE_WINDOW_PAGES);
    REQUIRE(pages <= FAKE_WINDOW_PAGES - index);
    return index;
}

uint32_t hal_space_tables(const struct hal_space *space, uint64_t va,
                          uint64_t pages)
{
    uint64_t first = page_index(space, va, pages) / FAKE_LEAF_PAGES;
    uint64_t last = (page_index(space, va, pages) + pages - 1) /
                    FAKE_LEAF_PAGES;
    uint32_t needed = 0;

    for (uint64_t i = first; i <= last; i++) {
        needed += space->leaves[i].phys == 0;
    }
    for (uint64_t i = first / 512; i <= last / 512; i++) {
        needed += space->directories[i].phys == 0;
    }
    return needed > space->spare_count ? needed - space->spare_count : 0;
}

void hal_space_give(struct hal_space *space, uint64_t phys)
{
    REQUIRE(space->spare_count < FAKE_SPARES_MAX && frame_known(phys, 1));
    table_mark(phys);
    space->spares[space->spare_count++] = phys;
}

static uint64_t table_remove(const struct hal_space *space,
                             struct fake_table *table)
{
    uint64_t phys = table->phys;

    table->phys = 0;
    table_check(phys);
    stale_add(space, phys);
    return phys;
}

uint64_t hal_space_take(struct hal_space *space)
{
    if (space->spare_count != 0) {
        table_check(space->spares[space->spare_count - 1]);
        return space->spares[--space->spare_count];
    }
    for (uint32_t i = 0; i < FAKE_LEAVES; i++) {
        if (space->leaves[i].phys != 0 && space->leaves[i].used == 0) {
            space->directories[i / 512].used--;
            return table_remove(space, &space->leaves[i]);
        }
    }
    for (uint32_t i = 0; i < FAKE_DIRECTORIES; i++) {
        if (space->directories[i].phys != 0 &&
            space->directories[i].used == 0) {
            return table_remove(space, &space->directories[i]);
        }
    }
    return HAL_NO_FRAME;
}

static void table_use(struct hal_space *space, struct fake_table *table)
{
    if (table->phys == 0) {
        REQUIRE(space->spare_count != 0);
        table->phys = space->spares[--space->spare_count];
    }
}

/* ---------------------------------------------------------------- mappings */

int32_t hal_space_map(struct hal_space *space, uint64_t va, uint64_t phys,
                      uint64_t pages, uint32_t protection)
{
    uint64_t index = page_index(space, va, pages);

    REQUIRE((protection & 6) != 6 && frame_known(phys, pages));
    REQUIRE(hal_space_tables(space, va, pages) == 0);
    if (fake_maps == 0) {
        return ERR_OVERLOADED;
    }
    fake_maps -= fake_maps != UINT64_MAX;
    for (uint64_t i = index; i < index + pages; i++, phys += PAGE_SIZE) {
        struct fake_table *leaf = &space->leaves[i / FAKE_LEAF_PAGES];
        struct fake_table *directory =
            &space->directories[i / FAKE_LEAF_PAGES / 512];

        REQUIRE(!space->pages[i].mapped);
        table_use(space, directory);
        if (leaf->phys == 0) {
            directory->used++;
        }
        table_use(space, leaf);
        leaf->used++;
        space->pages[i] = (struct fake_page){phys, protection, true};
        space->mapped++;
    }
    return 0;
}

void hal_space_unmap(struct hal_space *space, uint64_t va, uint64_t pages)
{
    uint64_t index = page_index(space, va, pages);

    for (uint64_t i = index; i < index + pages; i++) {
        if (space->pages[i].mapped) {
            stale_add(space, space->pages[i].phys);
            space->pages[i].mapped = false;
            space->leaves[i / FAKE_LEAF_PAGES].used--;
            space->mapped--;
        }
    }
}

void hal_space_protect(struct hal_space *space, uint64_t va, uint64_t pages,
                       uint32_t protection)
{
    uint64_t index = page_index(space, va, pages);

    REQUIRE((protection & 6) != 6);
    for (uint64_t i = index; i < index + pages; i++) {
        /* Pages without any right are in no TLB. */
        if (space->pages[i].mapped && space->pages[i].protection != 0 &&
            space->pages[i].protection != protection) {
            stale_add(space, space->pages[i].phys);
        }
        space->pages[i].protection = protection;
    }
}

void hal_space_cover(struct hal_space *space, uint64_t va, uint64_t pages,
                     uint64_t phys)
{
    uint64_t index = page_index(space, va, pages);

    REQUIRE(frame_known(phys, 1));
    for (uint64_t i = index; i < index + pages; i++) {
        REQUIRE(space->pages[i].mapped);
        stale_add(space, space->pages[i].phys);
        space->pages[i].phys = phys;
    }
}

bool hal_space_query(const struct hal_space *space, uint64_t va,
                     uint64_t *phys, uint32_t *protection)
{
    uint64_t index = (va - space->base) / PAGE_SIZE;

    if (va < space->base || index >= FAKE_WINDOW_PAGES ||
        !space->pages[index].mapped) {
        return false;
    }
    *phys = space->pages[index].phys;
    *protection = space->pages[index].protection;
    return true;
}
