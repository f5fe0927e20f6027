/*
 * host.h - what the simulated machine asks of Linux.
 *
 * The host_*.c files implement it and are the only ones that include the host's
 * headers. A user program may have another FS base loaded than the host's
 * thread-local storage: every function here that uses libc loads the host's
 * first (sim_fs_host). Nothing here is called from the signal handler.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_cpu;

/* ------------------------------------------------------------------- memory */

/* Makes the physical memory: one memfd, mapped at hal_sim_memory. */
bool host_memory_init(uint64_t bytes);

/*
 * Maps phys of the memfd at va with enum hal_protection. False: the host has no
 * mapping left.
 */
bool host_map(uint64_t va, uint64_t phys, uint64_t bytes, uint32_t protection);

/* The same for zeroed memory of the host's own, instead of what is there. */
bool host_map_zero(uint64_t va, uint64_t bytes, uint32_t protection);

/* False: the host cannot split a mapping any further. */
bool host_unmap(uint64_t va, uint64_t bytes);
bool host_protect(uint64_t va, uint64_t bytes, uint32_t protection);

/* Zeroed memory of the simulator itself; NULL: none left. */
void *host_alloc(size_t bytes);
void host_free(void *memory);

/* ------------------------------------------------------------ input, output */

void host_terminal_write(const void *bytes, size_t size);
void host_log_write(const void *bytes, size_t size); /* --log, --verbose */
void host_error_write(const void *bytes, size_t size);

/* Lockstep: waits for a byte of standard input. -1: end; -2: interrupted. */
int host_terminal_byte(void);

/* Live input: received bytes, without waiting. 0: none; -1: end. */
int64_t host_live_read(void *bytes, size_t max);
bool host_live_ready(void);

/* The same as host_live_ready, but cheap, and perhaps a little later. */
bool host_live_waiting(void);

/* Waits until input comes (if wanted), a kick, or timeout_ns have passed. */
void host_live_wait(bool input, uint64_t timeout_ns);

/*
 * A trace file of that name in the current directory, in the place of one that
 * was there; ends the one that is open. False: cannot be made, or something
 * else has that name; then nothing changes.
 */
bool host_trace_open(const char *name);
void host_trace_close(void);

/* Appends to the trace file, if one is open. */
void host_trace_write(const void *bytes, size_t size);

/* ------------------------------------------------------------------- others */

/* Entries into the kernel so far, of all CPUs; any thread. */
uint64_t host_steps(void);

/* A debugger watches this process. */
bool host_traced(void);

/* Nanoseconds since the simulator started, by the host's clock. */
uint64_t host_clock_ns(void);

/* The host's UTC, in nanoseconds since 1970. */
uint64_t host_wall_ns(void);

/* Randomness that no seed repeats (--realtime). */
void host_entropy(void *bytes, size_t size);

/* --parallel: starts the host thread of a CPU; false: the host gives none. */
bool host_cpu_start(struct sim_cpu *cpu);

/* Makes a CPU look at what is pending, if it has started; any thread. */
void host_kick(uint32_t cpu);

/* --parallel: one round of a spin. */
void host_relax(void);

/* From now on a program that does not enter is preempted often. */
void host_preempt_often(void);

/* Cleans up and ends the process. */
_Noreturn void host_exit(int status);

/* Cleans up and ends the process by SIGABRT, for debuggers and core files. */
_Noreturn void host_abort(void);

/* Another thread is about to end the process. */
_Noreturn void host_stand_still(void);

/* Cleans up and runs the simulator again, with the same arguments. */
_Noreturn void host_restart(void);

/* Ends as whoever set SIM_PENDING_STOP wanted. */
_Noreturn void host_stop_asked(void);

/*
 * HAL_PORT_ORDERS, in lockstep: lines from standard input, which must be a socket,
 * and is the programs' input no more. "go WORDS": the words, for this machine.
 * "copy SAID LOG WORDS": the same for a copy of the process, whose terminal and log
 * are those files; how it ended is written back. The end of input ends the machine.
 * Returns how many bytes the words have, at most max; -1: there is no control.
 */
int64_t host_orders(char *words, size_t max);

/* ----------------------------------------------- virtual CPUs in lockstep */

/* Gives a CPU a stack on which start will run, once it is switched to. */
bool host_fiber_create(struct sim_cpu *cpu, void (*start)(void));

/* From one CPU's stack to another's; returns when this one's turn comes. */
void host_fiber_switch(struct sim_cpu *from, struct sim_cpu *to);

/* To be called first of all on a new stack. */
void host_fiber_entered(void);

/* ------------------------------------------------------------------- images */

/*
 * A file that holds these bytes, made on first use and known by name and phys;
 * NULL: none could be made.
 */
const char *host_image_file(const char *name, uint64_t phys, const void *bytes,
                            uint64_t size);

/* Opens a fresh link to the file, so that it looks like another; -1: failed. */
int host_image_open(const char *path);
void host_image_close(int file);

/* Maps part of the file privately at va; false: the host refused. */
bool host_image_map(int file, uint64_t va, uint64_t offset, uint64_t bytes,
                    uint32_t protection);

/*
 * Finds the function of an ELF file that contains address (relative to its
 * base): copies its name, returns the offset in it, or -1.
 */
int64_t host_symbol(const char *path, uint64_t address, char *name,
                    size_t name_bytes);

/* The simulator's own file, and where it is loaded. */
const char *host_self_path(void);
uint64_t host_self_base(void);

#endif
