/*
 * sim_windows.h - where windows and the virtual CPUs' stacks lie under
 * ThreadSanitizer.
 *
 * It leaves programs what is below 512 GiB and what is above 0x7e8000000000;
 * Linux puts mappings without an address from 0x7eff00000000 on.
 */
#ifndef SIM_WINDOWS_H
#define SIM_WINDOWS_H

#define SIM_WINDOWS_MAX 120u
#define SIM_WINDOW_BASE 0x7e8000000000ull
#define SIM_WINDOW_BYTES (4ull << 30)
#define SIM_STACK_BASE 0x4000000000ull

#endif
