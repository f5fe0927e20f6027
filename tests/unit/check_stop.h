/*
 * check_stop.h - the main function of a unit test some of whose tests must end
 * in a stop of the kernel, which is an abort here.
 */
#ifndef CAPOS_TESTS_CHECK_STOP_H
#define CAPOS_TESTS_CHECK_STOP_H

#include <check.h>
#include <signal.h>
#include <stdlib.h>

/*
 * Runs the tests of two NULL-terminated arrays, those of the second with the
 * expectation that each aborts; returns the exit status.
 */
static inline int check_run_stops(const char *name, const TTest *const *tests,
                                  const TTest *const *stops)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner;
    int failed;

    for (; *tests != NULL; tests++) {
        tcase_add_test(tcase, *tests);
    }
    for (; *stops != NULL; stops++) {
        tcase_add_test_raise_signal(tcase, *stops, SIGABRT);
    }
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
