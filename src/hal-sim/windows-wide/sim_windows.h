/*
 * sim_windows.h - where windows and the virtual CPUs' stacks lie.
 *
 * With 64 GiB each the windows fill 0x200000000000 to 0x390000000000, which the
 * kernel, gdb and AddressSanitizer all leave alone. Stacks lie below them:
 * gdb takes a caller's frame at a lower address for a corrupt stack.
 */
#ifndef SIM_WINDOWS_H
#define SIM_WINDOWS_H

#define SIM_WINDOWS_MAX 400u
#define SIM_WINDOW_BASE 0x200000000000ull
#define SIM_WINDOW_BYTES (64ull << 30)
#define SIM_STACK_BASE 0x1f0000000000ull

#endif
