/*
 * host_cross.h - what the signal handler asks of the gate.
 *
 * There are two gates, of which the build links one: gate.S with
 * host_cross_assembly.c, and host_cross_ucontext.c on glibc's calls. Everything
 * here is called by the handler, on the alternate stack, with the user's FS
 * base loaded and all signals blocked: it must not use libc. frame is the
 * ucontext_t that the host made; what is written there becomes the registers.
 */
#ifndef SIM_HOST_CROSS_H
#define SIM_HOST_CROSS_H

#include <stdbool.h>
#include <stdint.h>

struct sim_host;

/* True if a fault at the frame's instruction is the running program's. */
bool host_cross_blames_program(const struct sim_host *host, const void *frame,
                               uint64_t vector);

/* The program's fault, told in its context: enters the kernel with it. */
void host_cross_fault(struct sim_host *host, void *frame);

/* The program is in its own code and a line is raised: enters the kernel. */
void host_cross_interrupt(struct sim_host *host, void *frame);

/* A fault of the gate's that it can go on from: does so. False: it is not. */
bool host_cross_repair(void *frame);

/* True if a signal now has to go by way of host_cross_leave. */
bool host_cross_leaving(const struct sim_host *host, const void *frame);

/* On the way out of the kernel: looks at what is pending, leaves if nothing. */
void host_cross_leave(struct sim_host *host, void *frame);

/* False: programs run until they enter by themselves. */
bool host_cross_preempts(void);

#endif
