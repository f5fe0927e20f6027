/* host_thread.h - threads of the host, signals and the system call filter. */
#ifndef SIM_HOST_THREAD_H
#define SIM_HOST_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include <signal.h>

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

/* Runs body on a new thread whose stack lies below all windows. */
bool host_thread_start(void (*body)(void));

/* Starts the timer of the calling thread, a virtual CPU. */
void host_timer_start(void);

/* Makes the virtual CPU look at what is pending; any thread. */
void host_kick(uint64_t pending);

/*
 * Turns a system call made by code in a window into SIGSYS, for all threads
 * (seccomp). False: the host does not offer it.
 */
bool host_seccomp_init(uint64_t low, uint64_t high);

#endif
