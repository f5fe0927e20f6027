/*
 * sim_cpu.c - the virtual CPU: what gate.S calls, on the CPU's stack.
 *
 * Each function returns to gate.S, which then resumes the current context,
 * delivers the next pending line or idles. In lockstep every entry and every
 * line happens at a place that depends on the seed and the programs alone,
 * except for a preemption by the host's timer, which the trace tells.
 *
 * A CPU counts as inside the kernel from the start to the return of a
 * core_on_*; just before and just after it others may run, and it answers them.
 */
#include "host.h"
#include "sim.h"
#include "sim_replay.h"
#include "sim_valgrind.h"

struct sim_cpu hal_sim_cpus[SIM_CPUS_MAX];
uint32_t hal_sim_cpu_count = 1;

void sim_pending_set(struct sim_cpu *cpu, uint64_t bits)
{
    sync_or64(&cpu->pending, bits);
}

void hal_cpu_interrupt(uint32_t cpu)
{
    uint64_t before =
        sync_or64(&hal_sim_cpus[cpu].pending, SIM_PENDING_ATTENTION);

    /* Whoever set the bit before kicks. */
    if (sim_options.parallel && (before & SIM_PENDING_ATTENTION) == 0) {
        host_kick(cpu);
    }
}

bool hal_sim_lockstep(void)
{
    return !sim_options.parallel;
}

void hal_sim_relax(void)
{
    sim_flush_answer();
    if (sim_options.parallel) {
        host_relax();
    } else {
        sim_lockstep_relax();
        sim_flush_answer();
    }
}

void sim_outside(void)
{
    sim_flush_answer();
    if (!sim_options.parallel) {
        sim_lockstep_progress();
        sim_lockstep_switch();
        sim_flush_answer();
    }
}

static void enter(void)
{
    sim_outside();
    sim_time_entry();
    sim_cpu_self()->inside = true;
}

static void leave(void)
{
    sim_time_leave();
    sim_cpu_self()->inside = false;
    sim_flush_check();
    sim_outside();
}

/* Takes one pending bit; false if it is not set. */
static bool take(uint64_t bit)
{
    return (sync_and64(&sim_cpu_self()->pending, ~bit) & bit) != 0;
}

/*
 * What was seen pending always leads to a core_on_*, even when the deadline was
 * moved meanwhile: the core may have put work off because of it.
 */
static void tick(void)
{
    take(SIM_PENDING_TICK); /* a preemption brings it along */
    if (hal_time_now() >= sim_cpu_self()->deadline_ns) {
        hal_time_disarm();
    }
    core_on_tick();
}

/* Somebody waits for the CPU, or for input that has come. */
static bool wanted(void)
{
    return sim_options.realtime || sim_time_earliest() != UINT64_MAX ||
           sim_lockstep_others() != SIM_OTHERS_NONE || sim_console_waiting();
}

/* The host's timer found a program that does not enter by itself. */
static void preempt(void)
{
    struct sim_cpu *cpu = sim_cpu_self();

    if (sim_options.realtime) {
        return; /* the clock says it by itself */
    }
    hal_trace(TRACE_PREEMPTED, 0, 0, 0);
    host_record(REPLAY_PREEMPTED, 0, 0, NULL);
    cpu->hogs = true;
    if (sim_lockstep_others() == SIM_OTHERS_READY) {
        host_preempt_often();
        return; /* they come first, and time goes on with them */
    }
    if (sim_time_earliest() == UINT64_MAX) {
        return; /* for the input: its line follows */
    }
    sim_time_reach(sim_time_earliest());
    host_preempt_often();
    if (hal_time_now() >= cpu->deadline_ns) {
        tick();
    }
}

/* Delivers one line that is pending. */
static void deliver(void)
{
    if (take(SIM_PENDING_TERMINAL)) {
        /*
         * Before ticks: the core puts work off while a line is pending, by
         * asking for a tick at once, and would do so for ever.
         */
        sim_console_take();
        core_on_irq(HAL_IRQ_TERMINAL);
    } else if (take(SIM_PENDING_ATTENTION)) {
        core_on_irq(HAL_IRQ_ATTENTION);
    } else if (take(SIM_PENDING_TICK)) {
        tick();
    }
}

void sim_interrupts(void)
{
    if (take(SIM_PENDING_STOP)) {
        host_stop_asked();
    }
    bool preempted = take(SIM_PENDING_PREEMPT);

    take(SIM_PENDING_INPUT); /* an entry looks at the input anyway */
    if (preempted && !wanted()) {
        return; /* it goes on as if nobody had looked */
    }
    enter();
    if (preempted) {
        preempt();
    } else {
        deliver();
    }
    leave();
}

void sim_syscall(uint64_t number, uint64_t a0, uint64_t a1)
{
    sim_cpu_self()->hogs = false;
    enter();
    core_on_syscall(number, a0, a1);
    leave();
}

void sim_trap(struct hal_context *context)
{
    if (context->vector == SIM_VECTOR_LINE) {
        /* Valgrind counts by host thread, and the program may go on another. */
        if (sim_options.parallel) {
            sim_valgrind_errors_shown();
        }
        sim_interrupts();
        return;
    }
    /* The host points behind a system call that it refused. */
    uint64_t ip = context->rip - (context->vector == HAL_FAULT_GATE ? 2 : 0);
    struct hal_fault fault = {
        .vector = context->vector,
        .error = (uint32_t)context->error,
        .ip = ip,
        .address = context->vector == 14 ? context->address : 0,
    };

    sim_valgrind_errors_shown();
    enter();
    core_on_fault(&fault);
    leave();
}

void sim_idle(void)
{
    if (sim_options.parallel) {
        sim_parallel_idle();
    } else {
        sim_lockstep_idle();
    }
    sim_flush_answer();
}

_Noreturn void sim_cpu_start(void)
{
    sync_store(&sim_cpu_self()->started, 1);
    enter();
    core_on_cpu();
    leave();
    sim_enter();
}

_Noreturn void sim_boot(uint64_t package_phys, uint64_t package_bytes)
{
    /* The first frames stay unused, so that a zero is no frame by accident. */
    static const uint64_t low_bytes = 64 * 1024;
    struct hal_boot boot = {
        .version = HAL_VERSION,
        .cpus = sim_options.cpus,
        .machine = "capos-sim, a Linux process",
        .ranges = 1,
        .memory = {{.phys = low_bytes, .bytes = package_phys - low_bytes}},
        .package = {.phys = package_phys, .bytes = package_bytes},
        .inject = sim_options.inject,
    };

    struct sim_cpu *self = sim_cpu_self();

    sim_random_seed(sim_options.seed);
    sim_schedule_start();
    sim_console_setup();
    sim_trace_start();
    sync_store(&self->started, 1);
    self->inside = true;
    core_on_boot(&boot);
    self->inside = false;
    if (sim_options.parallel) {
        sim_parallel_start();
    } else {
        sim_lockstep_start();
    }
    sim_enter();
}
