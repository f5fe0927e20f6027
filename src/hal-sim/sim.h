/*
 * sim.h - what the parts of the simulated machine know of each other.
 *
 * Layers, each using only those below it:
 *   sim_cpu      entries from gate.S, lines to core, idling
 *   sim_space    windows, page tables, images, user memory
 *   sim_time, sim_console, sim_trace, sim_random
 *   host.h       the services of the host process
 * Everything here runs on a virtual CPU, in kernel mode, unless said otherwise.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "hal.h"
#include "sim_options.h"

/*
 * Where windows lie. With 64 GiB each they fill 0x200000000000 to
 * 0x390000000000, which the kernel, gdb and AddressSanitizer all leave alone;
 * under Valgrind they must stay below its own memory at 64 GiB.
 */
#define SIM_WINDOWS_MAX 400u
#define SIM_WINDOW_BASE 0x200000000000ull
#define SIM_WINDOW_BYTES (64ull << 30)
#define SIM_VALGRIND_WINDOWS 15u
#define SIM_VALGRIND_WINDOW_BASE (4ull << 30)
#define SIM_VALGRIND_WINDOW_BYTES (4ull << 30)

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

/* Starts the machine on this host thread's stack; never returns. */
_Noreturn void sim_boot(uint64_t package_phys, uint64_t package_bytes);

/* Sets bits of enum sim_pending; any thread of the host. */
void sim_pending_set(struct sim_host *host, uint64_t bits);

/* ----------------------------------------------------------------- sim_time */

/* The clock goes on by what an entry into the kernel costs. */
void sim_time_entry(void);

/* Sets the clock to time_ns unless it is later already. */
void sim_time_reach(uint64_t time_ns);

/* --until: stops here, in the debugger if there is one. */
void sim_until(void);

/* ---------------------------------------------------------------- sim_space */

/* Where windows lie, by what the host is. */
void sim_space_setup(void);

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

/* ---------------------------------------------------------------- sim_trace */

/* Writes out what is buffered. */
void sim_trace_flush(void);
void sim_trace_start(uint64_t seed);

/* ----------------------------------------------------------------- sim_stop */

/* gate.S: the kernel itself faulted at rip, with this frame pointer. */
_Noreturn void sim_kernel_fault(uint64_t rip, uint64_t rbp);

/* Ends with a message about why nothing can happen any more. */
_Noreturn void sim_deadlock(void);

#endif
