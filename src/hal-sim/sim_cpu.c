/*
 * sim_cpu.c - the virtual CPU: what gate.S calls, on the CPU's stack.
 *
 * Each function returns to gate.S, which then resumes the current context,
 * delivers the next pending line or idles. In lockstep every entry and every
 * line happens at a place that depends on the seed and the programs alone,
 * except for a preemption by the host's timer, which the trace tells.
 */
#include "host.h"
#include "sim.h"
#include "sim_replay.h"
#include "sim_valgrind.h"

void sim_pending_set(struct sim_host *host, uint64_t bits)
{
    __atomic_fetch_or(&host->pending, bits, __ATOMIC_SEQ_CST);
}

/* Takes one pending bit; false if it is not set. */
static bool take(uint64_t bit)
{
    return (__atomic_fetch_and(&sim_host_self()->pending, ~bit,
                               __ATOMIC_SEQ_CST) &
            bit) != 0;
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
    return sim_cpu_self()->deadline_ns != UINT64_MAX ||
           sim_options.realtime || sim_console_waiting();
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
    if (cpu->deadline_ns == UINT64_MAX) {
        return; /* for the input: its line follows */
    }
    sim_time_reach(cpu->deadline_ns);
    host_preempt_often();
    tick();
}

void sim_interrupts(void)
{
    if (take(SIM_PENDING_STOP)) {
        host_stop_asked();
    }
    bool preempted = take(SIM_PENDING_PREEMPT);

    if (preempted && !wanted()) {
        return; /* it goes on as if nobody had looked */
    }
    sim_time_entry();
    if (preempted) {
        preempt();
    } else if (take(SIM_PENDING_TERMINAL)) {
        /*
         * Before ticks: the core puts work off while a line is pending, by
         * asking for a tick at once, and would do so for ever.
         */
        sim_console_take();
        core_on_irq(HAL_IRQ_TERMINAL);
    } else if (take(SIM_PENDING_TICK)) {
        tick();
    }
}

void sim_syscall(uint64_t number, uint64_t a0, uint64_t a1)
{
    sim_time_entry();
    core_on_syscall(number, a0, a1);
}

void sim_trap(struct hal_context *context)
{
    if (context->vector == SIM_VECTOR_LINE) {
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
    sim_time_entry();
    core_on_fault(&fault);
}

/* Waits on the host's clock for input or the deadline. */
static void idle_live(void)
{
    uint64_t deadline_ns = sim_cpu_self()->deadline_ns;
    uint64_t wait_ns = UINT64_MAX;
    uint64_t before_ns = host_clock_ns();

    if (deadline_ns != UINT64_MAX) {
        wait_ns = deadline_ns - hal_time_now();
    }
    host_live_wait(sim_console_awaited(), wait_ns);

    uint64_t passed_ns = host_clock_ns() - before_ns;

    hal_sim_time_advance(passed_ns < wait_ns ? passed_ns : wait_ns);
    if (sim_console_awaited() && host_live_ready()) {
        sim_console_live();
    }
}

/* Goes on as the recording says. */
static void idle_replay(void)
{
    uint64_t deadline_ns = sim_cpu_self()->deadline_ns;
    bool awaited = sim_console_awaited();
    const struct replay_event *event = host_replay_idle(host_steps());

    if (event != NULL) {
        sim_time_reach(event->time_ns);
        sim_console_replay(event);
    } else if (deadline_ns == UINT64_MAX || (awaited && !host_replay_live())) {
        host_replay_over();
    } else {
        sim_time_reach(deadline_ns);
    }
}

void sim_idle(void)
{
    uint64_t deadline_ns = sim_cpu_self()->deadline_ns;

    if (deadline_ns == UINT64_MAX && !sim_console_awaited()) {
        sim_deadlock();
    }
    if (sim_console_awaited() && sim_console_ended()) {
        return;
    }
    if (sim_options.replay_path != NULL) {
        idle_replay();
    } else if (sim_options.live) {
        idle_live();
    } else if (sim_console_awaited()) {
        sim_console_fetch();
    } else {
        sim_time_reach(deadline_ns);
    }
}

_Noreturn void sim_boot(uint64_t package_phys, uint64_t package_bytes)
{
    /* The first frames stay unused, so that a zero is no frame by accident. */
    static const uint64_t low_bytes = 64 * 1024;
    struct hal_boot boot = {
        .version = HAL_VERSION,
        .cpus = 1,
        .machine = "capos-sim, a Linux process",
        .ranges = 1,
        .memory = {{.phys = low_bytes, .bytes = package_phys - low_bytes}},
        .package = {.phys = package_phys, .bytes = package_bytes},
    };

    sim_cpu_self()->deadline_ns = UINT64_MAX;
    sim_random_seed(sim_options.seed);
    sim_trace_start(sim_options.seed);
    sim_space_setup();
    core_on_boot(&boot);
    sim_enter();
}
