/*
 * sim_time.h - what things cost on the simulated clock.
 *
 * Time stands still while user code or the kernel runs, except for these
 * amounts. They are near what the x86 back end takes, so that time limits mean
 * about the same on both machines. SIM_WORK_NS (hal_machine.h) is the third.
 */
#ifndef SIM_TIME_H
#define SIM_TIME_H

/* One entry into the kernel: gate, interrupt or fault. */
#define SIM_ENTRY_NS 500u

/* To which the seed adds 0 to this many, a power of two less one. */
#define SIM_ENTRY_JITTER_NS 63u

#endif
