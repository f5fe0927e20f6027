/* work.c - the CPU's queue of long work. */
#include "sched/work.h"

#include "sched/cpu.h"

void work_start(struct work *work)
{
    list_push_back(&cpu_self()->work, &work->link);
}

void work_run(struct cpu *cpu)
{
    struct list_node *first;

    while ((first = list_first(&cpu->work)) && !hal_irq_pending()) {
        struct work *work = container_of(first, struct work, link);

        list_remove(first);
        if (!work->step(work)) {
            list_push_front(&cpu->work, first);
        }
    }
}
