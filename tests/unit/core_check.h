/*
 * core_check.h - what must be true of the kernel between two entries.
 */
#ifndef CAPOS_TESTS_CORE_CHECK_H
#define CAPOS_TESTS_CORE_CHECK_H

#include <stdint.h>

/* Stops the test at the first thing that is not so. */
void core_check(void);

/*
 * So many calls of core_check make one; 1, unless a test that would take too long
 * says otherwise.
 */
extern uint32_t core_check_every;

/* Its parts about who runs, in core_check_sched.c. The list of processes locked. */
struct thread;
void core_check_runs(const struct thread *thread);
void core_check_cpus(void);

/* ck_assert writes to a pipe each time; this runs millions of times. */
#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            ck_abort_msg("%s:%d: %s", __FILE__, __LINE__, #condition);         \
        }                                                                      \
    } while (0)

#endif
