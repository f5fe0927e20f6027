/*
 * sim.h - what the parts of the simulated machine know of each other.
 *
 * Layers, each using only those below it:
 *   sim_cpu      entries from gate.S, lines to core, the start of CPUs
 *   sim_idle     nobody runs
 *   sim_lockstep, sim_parallel   how the CPUs share the host's threads
 *   sim_flush    what CPUs ask of each other
 *   sim_space    windows, page tables, images, user memory
 *   sim_time, sim_console, sim_trace, sim_random
 *   host.h       the services of the host process
 * Everything here runs on a virtual CPU, in kernel mode, unless said otherwise.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "hal.h"
#include "sim_options.h"
#include "sim_windows.h"

/* Under Valgrind windows must stay below its own memory at 64 GiB. */
#define SIM_VALGRIND_WINDOWS 15u
#define SIM_VALGRIND_WINDOW_BASE (4ull << 30)
#define SIM_VALGRIND_WINDOW_BYTES (4ull << 30)
#define SIM_VALGRIND_STACK_BASE 0xc0000000ull

/* --------------------------------------------------- the gate, and edge.S */

/* What user code calls (gate_fn in abi/start.h); its address only. */
int64_t sim_gate(uint64_t number, uint64_t a0, uint64_t a1);

/* Runs what is current on this virtual CPU from now on, on this stack. */
_Noreturn void sim_enter(void);

extern const char sim_copy_begin[], sim_copy_end[], sim_copy_fail[];
extern const char sim_kernel_fault_entry[], sim_sigreturn[];

/* Loads the host's FS base if another is loaded; any other one. */
void sim_fs_host(void);
void sim_fs_load(uint64_t base);
int64_t sim_copy(void *to, const void *from, uint64_t bytes);

/* ------------------------------------------------------------------ sim_cpu */

/* Called by gate.S. */
void sim_syscall(uint64_t number, uint64_t a0, uint64_t a1);
void sim_trap(struct hal_context *context);
void sim_interrupts(void);
void sim_idle(void);

/* Starts the machine on this host thread's stack, as CPU 0; never returns. */
_Noreturn void sim_boot(uint64_t package_phys, uint64_t package_bytes);

/* Starts another CPU, on its own stack; never returns. */
_Noreturn void sim_cpu_start(void);

/*
 * This CPU is outside of core_on_*: others may run first, and those that wait
 * for it are answered.
 */
void sim_outside(void);

/* Sets bits of a CPU's enum sim_pending; any thread of the host. */
void sim_pending_set(struct sim_cpu *cpu, uint64_t bits);

/* ----------------------------------------------------------------- sim_idle */

/*
 * In lockstep: all CPUs idle, and nothing is pending. Lets time pass, or takes
 * input; something is pending then, or the host wants to be heard.
 */
void sim_idle_machine(void);

/* ------------------------------------------------------------- sim_lockstep */

/* Gives every CPU but this one a stack to start on. */
void sim_lockstep_start(void);

/* Another CPU may run now, or not. */
void sim_lockstep_switch(void);

/* The same, but this CPU has nothing to do until another one did something. */
void sim_lockstep_relax(void);

/* Until something is pending for this CPU, or a flush is asked of it. */
void sim_lockstep_idle(void);

/* Which other CPUs could run. */
enum sim_others {
    SIM_OTHERS_NONE,
    SIM_OTHERS_HOG, /* only such whose programs do not enter by themselves */
    SIM_OTHERS_READY,
};
enum sim_others sim_lockstep_others(void);

/* What a CPU that spins may see has changed. */
void sim_lockstep_progress(void);

/* ------------------------------------------------------------- sim_schedule */

/* Starts the choices of the run, with the seed. */
void sim_schedule_start(void);

/* One of these CPUs, of which there is at least one; spins: not self again. */
struct sim_cpu *sim_schedule_choose(struct sim_cpu *const *ready,
                                    uint32_t count);

/* This CPU spins: others are to come before it. */
void sim_schedule_spins(struct sim_cpu *cpu);

/* In the kernel, before an access to what is shared: true if others may run. */
bool sim_schedule_point(struct sim_cpu *cpu);

/* ------------------------------------------------------------- sim_parallel */

/* Starts the host threads of all other CPUs. */
void sim_parallel_start(void);

/* This CPU has nothing to do: its host thread sleeps. */
void sim_parallel_idle(void);

/* ---------------------------------------------------------------- sim_flush */

/* Answers the CPUs that wait for this one. */
void sim_flush_answer(void);

/* Access to pages from va on was taken away. */
void sim_flush_stale(struct hal_space *space, uint64_t va);

/* Before core_on_* is over: everything taken away must have been flushed. */
void sim_flush_check(void);

/* The space ends: it must be active nowhere. */
void sim_flush_ended(const struct hal_space *space);

/* ----------------------------------------------------------------- sim_time */

/* The clock goes on by what an entry into the kernel costs. */
void sim_time_entry(void);

/* Sets the clock to time_ns unless it is later already. */
void sim_time_reach(uint64_t time_ns);

/* The earliest deadline of all CPUs; UINT64_MAX: none is armed. */
uint64_t sim_time_earliest(void);

/* The kernel is left: programs are to read the time that it is. */
void sim_time_leave(void);

/* --until: stops here, in the debugger if there is one. */
void sim_until(void);

/* ---------------------------------------------------------------- sim_space */

/* Decides where windows lie, by what the host is: in [low, high). */
void sim_space_setup(void);
uint64_t sim_space_low(void);
uint64_t sim_space_high(void);

/* The number of the space's window, for messages. */
uint32_t sim_space_number(const struct hal_space *space);

/* The space whose window contains va; NULL: none. */
struct hal_space *sim_space_find(uint64_t va);

/* Bytes of space readable or writable from va on, at most max. */
uint64_t sim_space_reach(const struct hal_space *space, uint64_t va,
                         uint32_t access, uint64_t max);

/* True if the kernel must not use the space's own addresses. */
bool sim_space_by_frames(const struct hal_space *space);

/* The protection that the host is told for a mapping of space. */
uint32_t sim_space_protection(const struct hal_space *space,
                              uint32_t protection);

/* A context will run on the stack that ends at top (for Valgrind). */
void sim_space_stack(uint64_t top);

/* -------------------------------------------------------------- sim_console */

/* At most so much input is taken at once. */
#define SIM_INPUT_BYTES 4096u

void sim_console_setup(void);

/* True if input or its end could still raise HAL_IRQ_TERMINAL. */
bool sim_console_awaited(void);

/* True if live input is awaited and there. */
bool sim_console_waiting(void);

/* Ends the wait: the line is about to be raised. */
void sim_console_take(void);

/* At an entry into the kernel: takes what came meanwhile. */
void sim_console_entry(void);

/* Raises the line again if the end of input was seen; false: it was not. */
bool sim_console_ended(void);

/* Waits for a line of the pipe's input, which is awaited. */
void sim_console_fetch(void);

/* Takes live input that came while the machine idled. */
void sim_console_live(void);

/* Takes recorded input. */
struct replay_event;
void sim_console_replay(const struct replay_event *event);

/* Prints the kept log where the person can see it, if it was not before. */
void sim_console_log_show(void);

/* --------------------------------------------------------------- sim_random */

/* The next number of the run's seeded sequence. */
uint64_t sim_random(void);
void sim_random_seed(uint64_t seed);

/* The next number of a sequence of one's own, which is its state. */
uint64_t sim_random_next(uint64_t *state);

/* ---------------------------------------------------------------- sim_trace */

/* Longest name of a trace that hal_trace_start begins, with its NUL. */
#define SIM_TRACE_NAME_BYTES 128u

/* Writes out what is buffered. */
void sim_trace_flush(void);

/* Begins the trace of --trace. */
void sim_trace_start(void);

/* ----------------------------------------------------------------- sim_stop */

/* gate.S: the kernel itself faulted at rip, with this frame pointer. */
_Noreturn void sim_kernel_fault(uint64_t rip, uint64_t rbp);

/* Ends with a message about why nothing can happen any more. */
_Noreturn void sim_deadlock(void);

/* Stops because of the kernel's doing; printf's format, see lib/fmt.h. */
__attribute__((format(printf, 1, 2))) _Noreturn void
sim_stop_because(const char *format, ...);

#endif
