/*
 * clock.h - what time it is, for programs: the time page (abi/time_page.h) and
 * the time of day.
 *
 * Both are settled at boot and never change; no locks.
 */
#ifndef CAPOS_CORE_CLOCK_H
#define CAPOS_CORE_CLOCK_H

#include <stdint.h>

#include "hal.h"

struct memory;

/* Makes the page. Once, at boot. ERR_NO_MEMORY. */
int32_t clock_init(void);

/* The memory that every window shows; the clock keeps its reference. */
struct memory *clock_page(void);

/*
 * How the machine knows the time of day; *now_ns is UTC in nanoseconds since
 * 1970, 0 if unset.
 */
enum hal_wall clock_wall(uint64_t *now_ns);

#endif
