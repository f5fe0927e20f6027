/*
 * machine_stale.c - translations that CPUs of the explorer's machine still hold.
 *
 * A CPU on which a space is active may have cached any page of it. Unmapping or
 * narrowing a page leaves a stale translation with every other such CPU, until
 * that CPU answers a flush or activates another space. None may be left when the
 * frame is freed, nor when the CPU that made them leaves the kernel.
 */
#include "engine.h"
#include "machine.h"

struct stale {
    bool valid;
    uint32_t cpu;
    uint32_t maker;
    uint32_t space;
    uint64_t phys;
};

static struct stale stale[MACHINE_STALE];
static unsigned char user_pages[MACHINE_MEMORY_BYTES / PAGE_SIZE];

void machine_stale_start(void)
{
    uint32_t offset;

    if (state_holds(stale, &offset)) {
        state_dirty(offset, sizeof(stale));
    }
    if (state_holds(user_pages, &offset)) {
        state_dirty(offset, sizeof(user_pages));
    }
}

void machine_mapped(uint64_t phys)
{
    user_pages[phys / PAGE_SIZE] = 1;
}

void machine_stale(const struct hal_space *space, uint64_t phys)
{
    for (uint32_t cpu = 0; cpu < explore_scenario->cpus; cpu++) {
        const struct hal_space *active = machine_cpus[cpu].active;
        uint32_t i = 0;

        if (cpu == explore_cpu || !active ||
            active->number != space->number) {
            continue;
        }
        while (i < MACHINE_STALE && stale[i].valid) {
            i++;
        }
        if (i == MACHINE_STALE) {
            explore_fail("explorer", "too many stale translations");
        }
        stale[i] =
            (struct stale){true, cpu, explore_cpu, space->number, phys};
    }
}

static void forget(uint32_t cpu)
{
    for (uint32_t i = 0; i < MACHINE_STALE; i++) {
        if (stale[i].cpu == cpu) {
            stale[i].valid = false;
        }
    }
}

void machine_activate(struct hal_space *space)
{
    struct machine_cpu *cpu = &machine_cpus[explore_cpu];

    if (cpu->active != space) {
        forget(explore_cpu);
        cpu->active = space;
    }
}

void machine_flushed(void)
{
    forget(explore_cpu);
}

static void find_stale(const struct stale *entry, const char *when)
{
    explore_fail("missing shootdown",
                 "%s: CPU %u still reaches frame %#llx in space %u, which "
                 "CPU %u has changed",
                 when, entry->cpu, (unsigned long long)entry->phys,
                 entry->space, entry->maker);
}

void machine_left(void)
{
    for (uint32_t i = 0; i < MACHINE_STALE; i++) {
        if (stale[i].valid && stale[i].maker == explore_cpu) {
            find_stale(&stale[i], "on the way out");
        }
    }
}

void machine_unreachable(uint64_t phys, uint64_t pages)
{
    uint64_t end = phys + pages * PAGE_SIZE;

    for (uint32_t i = 0; i < MACHINE_STALE; i++) {
        if (stale[i].valid && stale[i].phys >= phys && stale[i].phys < end) {
            find_stale(&stale[i], "frame freed");
        }
    }
    machine_check_unmapped(phys, pages);
    for (uint64_t i = 0; i < pages; i++) {
        user_pages[phys / PAGE_SIZE + i] = 0;
    }
}

bool machine_user_memory(uint32_t offset)
{
    uint32_t memory;

    return state_holds(machine_memory, &memory) && offset >= memory &&
           offset - memory < MACHINE_MEMORY_BYTES &&
           user_pages[(offset - memory) / PAGE_SIZE];
}
