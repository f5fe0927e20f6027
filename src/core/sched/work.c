/* work.c - the CPU's queue of long work. */
#include "sched/work.h"

#include "sched/cpu.h"

/* Steps in a row that got nowhere, after which the CPU leaves the kernel. */
#define WORK_WAITS_MAX 64u

void work_start(struct work *work)
{
    struct cpu *cpu = cpu_self();

    list_push_back(&cpu->work, &work->link);
    cpu->pending |= CPU_PENDING_WORK;
}

void work_run(struct cpu *cpu)
{
    uint32_t waits = 0;
    struct list_node *first;

    while (waits < WORK_WAITS_MAX && (first = list_first(&cpu->work)) &&
           !hal_irq_pending()) {
        struct work *work = container_of(first, struct work, link);
        enum work_status status;

        list_remove(first);
        status = work->step(work);
        if (status == WORK_MORE) {
            list_push_front(&cpu->work, first);
            waits = 0;
        } else if (status == WORK_WAIT) {
            list_push_back(&cpu->work, first);
            waits++;
            hal_cpu_relax();
        }
    }
    if (list_empty(&cpu->work)) {
        cpu->pending &= ~CPU_PENDING_WORK;
    }
}
