/*
 * retire.c - freeing in batches, each when all other CPUs have passed.
 *
 * Items come into fresh. When nothing is waiting, fresh becomes waiting, with a
 * picture of the others' passes taken after the items were unlinked: who was
 * inside then (odd) has passed when its number is another one.
 */
#include "sched/retire.h"

#include <stddef.h>

#include "fail.h"
#include "sched/cpu.h"

void retire_enter(struct cpu *cpu)
{
    /* An atomic exchange: what is read after it comes after it. */
    uint32_t before = sync_add(&cpu->retirement.passes, 1);

    ASSERT(before % 2 == 0);
}

void retire_leave(struct cpu *cpu)
{
    uint32_t passes = sync_load(&cpu->retirement.passes);

    ASSERT(passes % 2 == 1);
    sync_store(&cpu->retirement.passes, passes + 1);
}

void retire(struct retired *item, void (*free)(struct retired *retired))
{
    struct retirement *retirement = &cpu_self()->retirement;

    item->free = free;
    item->next = retirement->fresh;
    retirement->fresh = item;
}

/* Takes the picture for a new batch. */
static void retire_look(struct cpu *cpu)
{
    struct retirement *retirement = &cpu->retirement;

    retirement->waiting = retirement->fresh;
    retirement->fresh = NULL;
    /* Atomic, for its order only: unlinked first, then looked. */
    (void)sync_add(&retirement->passes, 0);
    for (uint32_t i = 0; i < cpu_count(); i++) {
        retirement->seen[i] = sync_load(&cpus[i].retirement.passes);
    }
}

static bool retire_passed(const struct cpu *cpu)
{
    for (uint32_t i = 0; i < cpu_count(); i++) {
        uint32_t seen = cpu->retirement.seen[i];

        if (i != cpu->number && seen % 2 == 1 &&
            sync_load(&cpus[i].retirement.passes) == seen) {
            return false;
        }
    }
    return true;
}

static void retire_free(struct retirement *retirement)
{
    struct retired *item = retirement->waiting;

    retirement->waiting = NULL;
    while (item) {
        struct retired *next = item->next;

        item->free(item);
        item = next;
    }
}

bool retire_run(struct cpu *cpu)
{
    struct retirement *retirement = &cpu->retirement;

    while (retirement->fresh || retirement->waiting) {
        if (!retirement->waiting) {
            retire_look(cpu);
        }
        if (!retire_passed(cpu)) {
            return true;
        }
        retire_free(retirement);
    }
    return false;
}
