/*
 * clock.h - what time it is, without entering the kernel.
 *
 * Both read the time page (abi/time_page.h); any thread. Where the page has no
 * counter, time stands still between two entries into the kernel: a program that
 * waits for a moment sleeps (Timer.sleep), it does not spin.
 */
#ifndef CAPOS_RT_CLOCK_H
#define CAPOS_RT_CLOCK_H

#include <stdint.h>

/* Nanoseconds since boot; never goes back; equal to Timer.now. */
uint64_t clock_now(void);

/*
 * UTC in nanoseconds since 1970. Returns how the machine knows it: enum
 * wall_provenance; if that is WALL_PROVENANCE_UNSET, *now_ns is 0.
 */
uint32_t clock_utc(uint64_t *now_ns);

#endif
