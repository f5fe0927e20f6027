/*
 * sim_space.c - address spaces: windows, their page tables, and the host's
 * mappings beside them.
 *
 * Invariant: a page is mapped by the host exactly if the table has it, with the
 * table's protection (none, in another's window under --strict). Text may come
 * from the file of its image instead of its frames, which hold the same bytes.
 * Free windows stand in a queue, so that an address is not used again soon.
 *
 * A host has some 65,000 mappings. A program that cuts its memory into pieces
 * can use them up, and then taking a right away fails. Its space is broken in
 * that case: all that is not writable goes, text included, so that its next
 * instruction is a fault of its own. The kernel reaches it by its frames; only
 * writable memory stays where it is, for views that the kernel holds.
 */
#include "host.h"
#include "sim.h"
#include "sim_lock.h"
#include "sim_valgrind.h"
#include "sim_window.h"

static struct sim_window windows[SIM_WINDOWS_MAX];
static uint64_t window_base;
static uint64_t window_bytes;
static uint32_t window_count;
static struct sim_lock stacks_lock; /* of what Valgrind is told */
static struct sim_lock free_lock;   /* of the queue of free windows */
static uint32_t free_first;         /* SIM_WINDOWS_MAX: the queue is empty */
static uint32_t free_last;

bool hal_sim_strict;

static void window_release(uint32_t number)
{
    sim_lock_take(&free_lock);
    windows[number].next_free = SIM_WINDOWS_MAX;
    if (free_first == SIM_WINDOWS_MAX) {
        free_first = number;
    } else {
        windows[free_last].next_free = number;
    }
    free_last = number;
    sim_lock_release(&free_lock);
}

/* The window that has been free for longest; SIM_WINDOWS_MAX: none is. */
static uint32_t window_take(void)
{
    sim_lock_take(&free_lock);
    uint32_t number = free_first;

    if (number != SIM_WINDOWS_MAX) {
        free_first = windows[number].next_free;
    }
    sim_lock_release(&free_lock);
    return number;
}

void sim_space_setup(void)
{
    window_base = SIM_WINDOW_BASE;
    window_bytes = SIM_WINDOW_BYTES;
    window_count = SIM_WINDOWS_MAX;
    if (sim_valgrind_running()) {
        window_base = SIM_VALGRIND_WINDOW_BASE;
        window_bytes = SIM_VALGRIND_WINDOW_BYTES;
        window_count = SIM_VALGRIND_WINDOWS;
    }
    hal_sim_strict = sim_options.strict && !sim_valgrind_running();
    spinlock_init(&stacks_lock.spin);
    spinlock_init(&free_lock.spin);
    sim_image_setup();
    free_first = SIM_WINDOWS_MAX;
    for (uint32_t i = 0; i < window_count; i++) {
        window_release(i);
    }
}

uint64_t sim_space_low(void)
{
    return window_base;
}

uint64_t sim_space_high(void)
{
    return window_base + window_count * window_bytes;
}

uint32_t sim_space_number(const struct hal_space *space)
{
    return (uint32_t)((space->base - window_base) / window_bytes);
}

struct hal_space *sim_space_find(uint64_t va)
{
    uint64_t number = (va - window_base) / window_bytes;

    return va >= window_base && number < window_count
               ? sync_load_pointer(&windows[number].space)
               : NULL;
}

uint32_t sim_space_protection(const struct hal_space *space,
                              uint32_t protection)
{
    return hal_sim_strict && sim_space_active() != space ? 0 : protection;
}

static uint64_t page_of(const struct hal_space *space, uint64_t va)
{
    return (va - space->base) >> PAGE_SHIFT;
}

static bool inside(const struct hal_space *space, uint64_t va, uint64_t pages)
{
    return va >= space->base && (va & (PAGE_SIZE - 1)) == 0 &&
           pages <= space->size >> PAGE_SHIFT &&
           page_of(space, va) <= (space->size >> PAGE_SHIFT) - pages;
}

int32_t hal_space_init(struct hal_space *space, uint64_t root)
{
    uint32_t number = window_take();

    if (number == SIM_WINDOWS_MAX) {
        return ERR_OVERLOADED;
    }
    windows[number].broken = false;
    *space = (struct hal_space){
        .base = window_base + number * window_bytes,
        .size = window_bytes,
        .window = &windows[number],
        .root = root,
    };
    sim_table_init(&windows[number].table);
    sync_store_pointer(&windows[number].space, space);
    return 0;
}

void hal_space_fini(struct hal_space *space)
{
    struct sim_window *window = space->window;

    sim_flush_ended(space);
    sync_store_pointer(&window->space, NULL);
    host_unmap(space->base, space->size);
    sim_lock_take(&stacks_lock);
    sim_valgrind_stacks_forget(space->base, space->size);
    sim_lock_release(&stacks_lock);
    sim_image_forget(space->base, space->size);
    sim_table_fini(&window->table);
    window_release((uint32_t)(window - windows));
    space->window = NULL;
}

uint64_t hal_space_gate(const struct hal_space *space)
{
    (void)space;
    return (uint64_t)sim_gate;
}

uint32_t hal_space_tables(const struct hal_space *space, uint64_t va,
                          uint64_t pages)
{
    const struct sim_table *table = &space->window->table;
    uint64_t first = page_of(space, va);
    uint64_t missing;

    if (pages == 0 || !inside(space, va, pages)) {
        return 0;
    }
    missing = sim_table_missing(table, first, first + pages);
    return missing > table->spares ? (uint32_t)(missing - table->spares) : 0;
}

void hal_space_give(struct hal_space *space, uint64_t phys)
{
    sim_table_give(&space->window->table, phys);
}

uint64_t hal_space_take(struct hal_space *space)
{
    return sim_table_take(&space->window->table);
}

int32_t hal_space_map(struct hal_space *space, uint64_t va, uint64_t phys,
                      uint64_t pages, uint32_t protection)
{
    struct sim_table *table = &space->window->table;
    uint64_t first = page_of(space, va);
    uint64_t entry = phys | protection | SIM_ENTRY_PRESENT;
    uint64_t bytes = pages << PAGE_SHIFT;

    if (!inside(space, va, pages)) {
        return ERR_INVALID;
    }
    for (uint64_t i = 0; i < pages; i++) {
        if (!sim_table_set(table, first + i, entry + (i << PAGE_SHIFT))) {
            hal_space_unmap(space, va, i);
            return ERR_OVERLOADED;
        }
    }
    if ((protection & HAL_EXECUTE) != 0 && !hal_sim_strict &&
        sim_image_keeps(va, phys, bytes)) {
        return 0;
    }
    if (space->window->broken) {
        return 0;
    }
    if (!host_map(va, phys, bytes, sim_space_protection(space, protection))) {
        hal_space_unmap(space, va, pages);
        return ERR_OVERLOADED;
    }
    sim_valgrind_defined((void *)va, bytes);
    return 0;
}

/* The host could not take [va, va + bytes) away: gives up the space. */
static void space_break(const struct hal_space *space, uint64_t va,
                        uint64_t bytes)
{
    const struct sim_table *table = &space->window->table;
    uint64_t end = space->size >> PAGE_SHIFT;

    space->window->broken = true;
    for (uint64_t page = sim_table_next(table, 0, end); page < end;
         page = sim_table_next(table, page, end)) {
        uint64_t run = sim_table_run(table, page, end);

        if ((sim_table_get(table, page) & HAL_WRITE) == 0) {
            host_unmap(space->base + (page << PAGE_SHIFT), run << PAGE_SHIFT);
        }
        page += run;
    }
    host_unmap(va, bytes); /* if even now it fails: nothing can run there */
}

bool sim_space_by_frames(const struct hal_space *space)
{
    return hal_sim_strict || space->window->broken;
}

/* Maps what the table has in a range again, from frames. */
static void remap(const struct hal_space *space, uint64_t va, uint64_t end)
{
    const struct sim_table *table = &space->window->table;

    for (; va < end; va += PAGE_SIZE) {
        uint64_t entry = sim_table_get(table, page_of(space, va));

        if (entry != 0 && !host_map(va, entry & SIM_ENTRY_PHYS, PAGE_SIZE,
                                    sim_space_protection(
                                        space, entry & SIM_ENTRY_PROTECTION))) {
            space_break(space, va, PAGE_SIZE);
            return;
        }
    }
}

/* Text in the range is no longer what its file says. */
static void leave_file(const struct hal_space *space, uint64_t va,
                       uint64_t bytes)
{
    uint64_t low;
    uint64_t high;

    while (sim_image_drop(va, bytes, &low, &high)) {
        if (va > low || va + bytes < high) {
            remap(space, low, high);
        }
    }
}

/* An entry changes: other CPUs may know it as it was. */
static void note_stale(struct hal_space *space, uint64_t page, uint64_t entry,
                       uint32_t protection)
{
    if ((entry & SIM_ENTRY_PROTECTION & ~(uint64_t)protection) != 0) {
        sim_flush_stale(space, space->base + (page << PAGE_SHIFT));
    }
}

void hal_space_unmap(struct hal_space *space, uint64_t va, uint64_t pages)
{
    struct sim_table *table = &space->window->table;
    uint64_t first = page_of(space, va);
    uint64_t end = first + pages;

    if (pages == 0 || !inside(space, va, pages)) {
        return;
    }
    leave_file(space, va, pages << PAGE_SHIFT);
    for (uint64_t page = sim_table_next(table, first, end); page < end;
         page = sim_table_next(table, page + 1, end)) {
        note_stale(space, page, sim_table_get(table, page), 0);
        sim_table_clear(table, page);
    }
    if (!host_unmap(va, pages << PAGE_SHIFT)) {
        space_break(space, va, pages << PAGE_SHIFT);
    }
}

void hal_space_protect(struct hal_space *space, uint64_t va, uint64_t pages,
                       uint32_t protection)
{
    struct sim_table *table = &space->window->table;
    uint64_t page = page_of(space, va);
    uint64_t end = page + pages;

    if (!inside(space, va, pages)) {
        return;
    }
    leave_file(space, va, pages << PAGE_SHIFT);
    for (page = sim_table_next(table, page, end); page < end;
         page = sim_table_next(table, page, end)) {
        uint64_t run = sim_table_run(table, page, end);
        uint64_t at = space->base + (page << PAGE_SHIFT);

        if (!space->window->broken &&
            !host_protect(at, run << PAGE_SHIFT,
                          sim_space_protection(space, protection))) {
            space_break(space, at, run << PAGE_SHIFT);
        }
        for (; run > 0; run--, page++) {
            uint64_t entry = sim_table_get(table, page);

            note_stale(space, page, entry, protection);
            sim_table_set(table, page,
                          (entry & ~SIM_ENTRY_PROTECTION) | protection);
        }
    }
}

/*
 * The pages get zeroed memory of the host's, not the frame: one mapping instead of
 * one for each page, of which the host has not so many. The table says the frame,
 * which a broken space is read from.
 */
void hal_space_cover(struct hal_space *space, uint64_t va, uint64_t pages,
                     uint64_t phys)
{
    struct sim_table *table = &space->window->table;
    uint64_t page = page_of(space, va);
    uint64_t end = page + pages;

    if (!inside(space, va, pages)) {
        return;
    }
    leave_file(space, va, pages << PAGE_SHIFT);
    while ((page = sim_table_next(table, page, end)) < end) {
        uint64_t run = sim_table_run(table, page, end);
        uint64_t at = space->base + (page << PAGE_SHIFT);
        uint32_t protection = sim_table_get(table, page) & SIM_ENTRY_PROTECTION;

        if (!space->window->broken &&
            !host_map_zero(at, run << PAGE_SHIFT,
                           sim_space_protection(space, protection))) {
            space_break(space, at, run << PAGE_SHIFT);
        }
        for (; run > 0; run--, page++) {
            note_stale(space, page, sim_table_get(table, page), 0);
            sim_table_set(table, page, phys | protection | SIM_ENTRY_PRESENT);
        }
    }
}

bool hal_space_query(const struct hal_space *space, uint64_t va, uint64_t *phys,
                     uint32_t *protection)
{
    uint64_t entry = 0;

    if (va >= space->base && va - space->base < space->size) {
        entry = sim_table_get(&space->window->table, page_of(space, va));
    }
    *phys = entry & SIM_ENTRY_PHYS;
    *protection = entry & SIM_ENTRY_PROTECTION;
    return entry != 0;
}

/* Makes all of a window as accessible as its table says, or not at all. */
static void window_show(const struct hal_space *space, bool shown)
{
    const struct sim_table *table = &space->window->table;
    uint64_t end = space->size >> PAGE_SHIFT;

    for (uint64_t page = sim_table_next(table, 0, end); page < end;
         page = sim_table_next(table, page, end)) {
        uint64_t run = sim_table_run(table, page, end);
        uint32_t protection = sim_table_get(table, page) & SIM_ENTRY_PROTECTION;

        if (!host_protect(space->base + (page << PAGE_SHIFT), run << PAGE_SHIFT,
                          shown ? protection : 0)) {
            space_break(space, space->base, space->size);
            return;
        }
        page += run;
    }
}

void hal_sim_space_switch(struct hal_space *from, struct hal_space *to)
{
    if (from != NULL && from->window != NULL && !from->window->broken) {
        window_show(from, false);
    }
    if (to != NULL && !to->window->broken) {
        window_show(to, true);
    }
}

uint64_t sim_space_reach(const struct hal_space *space, uint64_t va,
                         uint32_t access, uint64_t max)
{
    uint64_t reach = 0;

    if (va < space->base || va - space->base >= space->size) {
        return 0;
    }
    const struct sim_table *table = &space->window->table;
    uint64_t page = page_of(space, va);

    while (reach < max) {
        if ((sim_table_get(table, page) & access) != access) {
            break;
        }
        reach += PAGE_SIZE - ((va + reach) & (PAGE_SIZE - 1));
        page++;
    }
    return reach < max ? reach : max;
}

void sim_space_stack(uint64_t top)
{
    const struct hal_space *space = sim_space_find(top - 1);

    if (!sim_valgrind_running() || space == NULL) {
        return;
    }
    const struct sim_table *table = &space->window->table;
    uint64_t high = page_of(space, top - 1) + 1;
    uint64_t low = high;

    while (low > 0 && (sim_table_get(table, low - 1) & HAL_WRITE) != 0) {
        low--;
    }
    if (low < high) {
        sim_lock_take(&stacks_lock);
        sim_valgrind_stack(space->base + (low << PAGE_SHIFT),
                           space->base + (high << PAGE_SHIFT));
        sim_lock_release(&stacks_lock);
    }
}
