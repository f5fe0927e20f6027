/*
 * check.h - for programs that check something and say so: examples, tests.
 *
 * Every check prints one line, "  ok: WHAT" or "  FAILED: WHAT"; main ends with
 * `return check_status();`. Any thread.
 */
#ifndef CAPOS_RT_CHECK_H
#define CAPOS_RT_CHECK_H

#include <stdbool.h>

/* Prints the line and remembers a failure. Returns good. */
bool check(bool good, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The exit code: 0, or 1 if any check failed. */
int check_status(void);

#endif
