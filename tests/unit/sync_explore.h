/*
 * sync_explore.h - threads of a test under every schedule.
 *
 * A source of libcapos that is compiled after this header has a switch point
 * before each atomic access. Threads are contexts on one host thread; a schedule
 * is a list of choices, and all schedules with at most EXPLORE_BOUND preemptions
 * are run, depth first. PARK and UNPARK (sync_park.h) are here what the kernel
 * promises: compare and wait in one step, first come, first served; a PARK with
 * a timeout may end by it at any time.
 */
#ifndef CAPOS_TESTS_SYNC_EXPLORE_H
#define CAPOS_TESTS_SYNC_EXPLORE_H

#include <stdint.h>

#define EXPLORE_BOUND 2u
#define EXPLORE_THREADS 3u

/* Others may run here. Outside of a schedule nothing happens. */
void explore_point(void);

/*
 * Runs run(0) to run(EXPLORE_THREADS - 1) as threads under every schedule, reset
 * before and after behind each. Fails the test when all wait for ever, or when
 * there is no end.
 */
void explore(const char *name, void (*run)(uint32_t number),
             void (*reset)(void), void (*after)(void));

/* In the place of sync-plain/sync_variant.h. */
#define CAPOS_ABI_SYNC_VARIANT_H
#define SYNC_POINT() explore_point()
#define SYNC_RELAX() ((void)0)

#endif
