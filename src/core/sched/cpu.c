/* cpu.c - making a CPU's books. */
#include "sched/cpu.h"

#include "fail.h"
#include "mem/heap.h"
#include "sched/run.h"
#include "sched/timer.h"

struct cpu cpus[LIMIT_CPUS];

void cpu_init(uint32_t number)
{
    struct cpu *cpu = &cpus[number];

    lock_init(&cpu->lock, LOCK_RUN);
    cpu->number = number;
    run_queue_init(cpu);
    timer_queue_init(cpu);
    list_init(&cpu->work);
    cpu->armed_ns = UINT64_MAX;
    cpu->params = heap_alloc(KERNEL_MESSAGE_BYTES_MAX);
    cpu->results = heap_alloc(KERNEL_MESSAGE_BYTES_MAX);
    ASSERT(cpu->params && cpu->results);
}
