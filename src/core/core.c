/*
 * core.c - the calls into the kernel: every way in, and its way out.
 */
#include "boot.h"
#include "check/authority_check.h"
#include "check/inject.h"
#include "fail.h"
#include "hal.h"
#include "ipc/fast.h"
#include "log.h"
#include "obj/methods.h"
#include "proc/process.h"
#include "ring/complete.h"
#include "ring/enter.h"
#include "ring/short.h"
#include "sched/hand_over.h"
#include "start.h"

#define CORE_TIMERS_PER_TICK 64u

static void core_trace_entry(enum trace_kind kind, uint64_t a, uint64_t b)
{
    const struct thread *current = cpu_self()->current;

    hal_trace(kind, current ? (uint32_t)current->id : 0, a, b);
}

static inline void core_trace(enum trace_kind kind, uint64_t a, uint64_t b)
{
    if (hal_trace_enabled()) {
        core_trace_entry(kind, a, b);
    }
}

/* In debug builds, after the way out. */
static inline void core_check(struct cpu *cpu)
{
    if (VARIANT_CHECKS) {
        authority_leave();
    }
    if (VARIANT_CHECKS && inject_on) {
        inject_leave(cpu);
    }
}

static void core_leave(struct cpu *cpu)
{
    run_leave(cpu);
    core_check(cpu);
}

void core_on_boot(const struct hal_boot *boot)
{
    retire_enter(&cpu_self()->retirement);
    boot_start(boot);
    core_leave(cpu_self());
}

void core_on_cpu(void)
{
    struct cpu *cpu = cpu_self();

    retire_enter(&cpu->retirement);
    core_trace(TRACE_CPU, cpu->number, 0);
    core_leave(cpu);
}

/* Kept apart, so that the short way through saves no registers for it. */
static __attribute__((noinline)) void core_call(struct cpu *cpu,
                                                uint64_t number, uint64_t a0,
                                                uint64_t a1)
{
    struct thread *thread = cpu->current;

    core_trace(TRACE_SYSCALL, number, a0);
    switch (number) {
    case GATE_ENTER:
        ring_enter(thread, a0, a1);
        break;
    case GATE_EXIT:
        process_end(thread->process, END_EXITED, (int64_t)a0);
        break;
    default:
        hal_context_result(&thread->context,
                           FAIL(ERR_BAD_CALL, "unknown gate number"));
    }
    core_leave(cpu);
}

/* A cap_enter that would wait without end, apart for the same reason. */
static __attribute__((noinline)) void core_enter(struct cpu *cpu,
                                                 uint64_t min_complete)
{
    if (fast_enter(cpu, min_complete)) {
        core_check(cpu);
    } else {
        core_call(cpu, GATE_ENTER, min_complete, TIMEOUT_NEVER);
    }
}

/* A NOP that is to be completed, likewise. */
static __attribute__((noinline)) void core_complete(struct cpu *cpu,
                                                    uint64_t user_data)
{
    complete_plain(cpu->current, user_data, 0);
    ring_use_spare(&cpu->current->queue);
    run_go_on(cpu);
    core_check(cpu);
}

/* A cap_enter that does not wait, likewise: often there is a NOP alone. */
static __attribute__((noinline)) void core_poll(struct cpu *cpu,
                                                uint64_t min_complete)
{
    struct thread *thread = cpu->current;
    struct short_nop nop;

    if (!short_take(thread, &nop)) {
        core_call(cpu, GATE_ENTER, min_complete, TIMEOUT_POLL);
        return;
    }
    if (nop.head & SHORT_YIELD) {
        run_yield(cpu);
    }
    if (!(nop.head & SHORT_QUIET)) {
        hal_context_result(&thread->context, nop.available + 1);
        core_complete(cpu, nop.user_data);
    } else {
        hal_context_result(&thread->context, nop.available);
        run_go_on(cpu);
        core_check(cpu);
    }
}

void core_on_syscall(uint64_t number, uint64_t a0, uint64_t a1)
{
    struct cpu *cpu = cpu_self();

    retire_enter(&cpu->retirement);
    if (number != GATE_ENTER || !fast_allowed()) {
        core_call(cpu, number, a0, a1);
    } else if (a1 == TIMEOUT_NEVER) {
        core_enter(cpu, a0);
    } else if (ring_enter_idle(cpu->current, a0, a1)) {
        run_go_on(cpu);
    } else if (a1 == TIMEOUT_POLL) {
        core_poll(cpu, a0);
    } else {
        core_call(cpu, number, a0, a1);
    }
}

void core_on_tick(void)
{
    struct cpu *cpu = cpu_self();
    uint64_t now_ns = hal_time_now();

    retire_enter(&cpu->retirement);
    core_trace(TRACE_TICK, 0, 0);
    cpu->armed_ns = UINT64_MAX;
    timer_expire(cpu, now_ns, CORE_TIMERS_PER_TICK);
    run_tick(cpu, now_ns);
    core_leave(cpu);
}

void core_on_irq(enum hal_irq line)
{
    struct cpu *cpu = cpu_self();

    retire_enter(&cpu->retirement);
    core_trace(TRACE_IRQ, line, 0);
    if (line == HAL_IRQ_TERMINAL) {
        console_input();
    } else if (line == HAL_IRQ_ATTENTION) {
        run_attend(cpu);
    }
    core_leave(cpu);
}

void core_on_fault(const struct hal_fault *fault)
{
    struct cpu *cpu = cpu_self();
    struct thread *thread = cpu->current;
    struct process *process = thread->process;
    uint64_t base = hal_space_base(&process->space.hal);

    retire_enter(&cpu->retirement);
    core_trace(TRACE_FAULT, fault->vector, fault->ip - base);
    log_warning("process %llu (%s), thread %llu: fault %u (error %u) at "
                "image + 0x%llx, address window + 0x%llx",
                (unsigned long long)process->id, process->name,
                (unsigned long long)thread->id, fault->vector, fault->error,
                (unsigned long long)(fault->ip - process->image_base),
                (unsigned long long)(fault->address - base));
    process_fault(process, fault->ip - process->image_base, fault->vector);
    core_leave(cpu);
}
