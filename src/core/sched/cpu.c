/* cpu.c - making the CPUs' books, and interrupting other CPUs. */
#include "sched/cpu.h"

#include "check/inject.h"
#include "fail.h"
#include "mem/heap.h"
#include "proc/thread.h"
#include "sched/run.h"
#include "sched/timer.h"

struct cpu cpus[LIMIT_CPUS];

static uint32_t cpu_number;
static sync_u32 cpu_looks;

static bool cpu_init_one(uint32_t number)
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
    return cpu->params && cpu->results;
}

int32_t cpu_init(uint32_t count)
{
    bool made = true;

    ASSERT(count > 0 && count <= LIMIT_CPUS);
    cpu_number = count;
    for (uint32_t i = 0; i < count && made; i++) {
        made = cpu_init_one(i);
    }
    return made ? 0 : FAIL(ERR_NO_MEMORY, "no memory for a CPU's messages");
}

uint32_t cpu_count(void)
{
    return cpu_number;
}

uint64_t cpu_mask_of(const struct space *space)
{
    uint64_t mask = 0;

    /* A full barrier: the change of the tables, and then the look. */
    (void)sync_add(&cpu_looks, 1);
    for (uint32_t i = 0; i < cpu_number; i++) {
        if (sync_load_pointer(&cpus[i].space) == space ||
            sync_load_pointer(&cpus[i].space_before) == space) {
            mask |= 1ull << i;
        }
    }
    return mask;
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
        uint32_t number = (uint32_t)__builtin_ctzll(mask);

        if (inject_refuses(INJECT_IPI)) {
            inject_late(number);
        } else {
            hal_cpu_interrupt(number);
        }
    }
}
