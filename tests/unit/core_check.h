/*
 * core_check.h - what must be true of the kernel between two entries.
 */
#ifndef CAPOS_TESTS_CORE_CHECK_H
#define CAPOS_TESTS_CORE_CHECK_H

/* Stops the test at the first thing that is not so. */
void core_check(void);

#endif
