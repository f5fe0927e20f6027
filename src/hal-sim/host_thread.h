/* host_thread.h - threads of the host, signals and the system call filter. */
#ifndef SIM_HOST_THREAD_H
#define SIM_HOST_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include <signal.h>
#include <sys/types.h>

#define HOST_SIGNAL_TIMER SIGALRM /* looks for programs that do not enter */
#define HOST_SIGNAL_KICK SIGUSR1  /* something is pending: look */

/* Installs the handlers, by raw system calls that no sanitizer intercepts. */
void host_signal_init(void);

/*
 * Gives the calling thread its struct sim_host (at %gs) and an alternate signal
 * stack. cpu is the virtual CPU that it will run, or NULL.
 */
struct sim_cpu;
struct sim_host;
void host_thread_init(struct sim_host *host, struct sim_cpu *cpu);

/* A stack with a guard page for the CPU, below all windows if the host can. */
bool host_stack_map(struct sim_cpu *cpu);

/* Runs body(cpu) on a new thread with such a stack. */
bool host_thread_start(struct sim_cpu *cpu, void *(*body)(void *));

/* Starts the timer of the calling thread, which runs virtual CPUs. */
void host_timer_start(void);

/* Sets bits of all CPUs' pending and makes them look at it; any thread. */
void host_kick_all(uint64_t pending);

/* Sends a signal to a thread of this process, without libc. */
void host_signal_send(pid_t thread, int signal_number);

/*
 * Turns a system call made by code in a window into SIGSYS, for all threads
 * (seccomp). False: the host does not offer it.
 */
bool host_seccomp_init(uint64_t low, uint64_t high);

#endif
