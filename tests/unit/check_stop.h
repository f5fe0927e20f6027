/*
 * check_stop.h - the main function of a unit test some of whose tests must end
 * in a stop of the kernel, which is an abort here.
 */
#ifndef CAPOS_TESTS_CHECK_STOP_H
#define CAPOS_TESTS_CHECK_STOP_H

#include <signal.h>

#include "check_run.h"

/*
 * Runs the tests of two NULL-terminated arrays, those of the second with the
 * expectation that each aborts; returns the exit status.
 */
static inline int check_run_stops(const char *name, const TTest *const *tests,
                                  const TTest *const *stops)
{
    TCase *tcase = tcase_create(name);

    check_add(tcase, tests);
    for (; *stops != NULL; stops++) {
        tcase_add_test_raise_signal(tcase, *stops, SIGABRT);
    }
    return check_run_case(name, tcase, CHECK_TIMEOUT_S);
}

#endif
