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

void retire(struct retired *item, void (*free)(struct retired *retired))
{
    struct cpu *cpu = cpu_self();

    item->free = free;
    item->next = cpu->retirement.fresh;
    cpu->retirement.fresh = item;
    cpu->pending |= CPU_PENDING_RETIRED;
}

void retire_pass_begin(struct retire_pass *pass)
{
    /* Atomic, for its order only: unlinked first, then looked. */
    (void)sync_add(&cpu_self()->retirement.passes, 0);
    for (uint32_t i = 0; i < cpu_count(); i++) {
        pass->seen[i] = sync_load(&cpus[i].retirement.passes);
    }
}

bool retire_pass_over(const struct retire_pass *pass)
{
    for (uint32_t i = 0; i < cpu_count(); i++) {
        uint32_t seen = pass->seen[i];

        if (i != hal_cpu_self() && seen % 2 == 1 &&
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

void retire_all(void)
{
    for (uint32_t i = 0; i < cpu_count(); i++) {
        struct retirement *retirement = &cpus[i].retirement;

        retire_free(retirement);
        retirement->waiting = retirement->fresh;
        retirement->fresh = NULL;
        retire_free(retirement);
    }
}

bool retire_run(struct cpu *cpu)
{
    struct retirement *retirement = &cpu->retirement;

    while (retirement->fresh || retirement->waiting) {
        if (!retirement->waiting) {
            retirement->waiting = retirement->fresh;
            retirement->fresh = NULL;
            retire_pass_begin(&retirement->pass);
        }
        if (!retire_pass_over(&retirement->pass)) {
            return true;
        }
        retire_free(retirement);
    }
    cpu->pending &= ~CPU_PENDING_RETIRED;
    return false;
}
