/* cpu.c - making the CPUs' books, and interrupting other CPUs. */
#include "sched/cpu.h"

#include "fail.h"
#include "mem/heap.h"
#include "proc/thread.h"
#include "sched/run.h"
#include "sched/timer.h"

struct cpu cpus[LIMIT_CPUS];

static uint32_t cpu_number;

static void cpu_init_one(uint32_t number)
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

void cpu_init(uint32_t count)
{
    ASSERT(count > 0 && count <= LIMIT_CPUS);
    cpu_number = count;
    for (uint32_t i = 0; i < count; i++) {
        cpu_init_one(i);
    }
}

uint32_t cpu_count(void)
{
    return cpu_number;
}

void cpu_interrupt(uint64_t mask)
{
    const struct thread *current = cpu_self()->current;

    if (!mask) {
        return;
    }
    if (hal_trace_enabled()) {
        hal_trace(TRACE_IPI, current ? (uint32_t)current->id : 0, mask,
                  TRACE_IPI_ATTENTION);
    }
    for (; mask; mask &= mask - 1) {
        hal_cpu_interrupt((uint32_t)__builtin_ctzll(mask));
    }
}
