/*
 * check_run.h - the main function of a unit test: one suite, one test case.
 */
#ifndef CAPOS_TESTS_CHECK_RUN_H
#define CAPOS_TESTS_CHECK_RUN_H

#include <check.h>
#include <stdlib.h>

#define CHECK_TIMEOUT_S 60 /* for a test: machines may be busy */

/* Runs a case that has its tests; 0: no timeout. Returns the exit status. */
static inline int check_run_case(const char *name, TCase *tcase,
                                 double timeout_s)
{
    Suite *suite = suite_create(name);
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, timeout_s);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Adds the tests of a NULL-terminated array to a case. */
static inline void check_add(TCase *tcase, const TTest *const *tests)
{
    for (; *tests != NULL; tests++) {
        tcase_add_test(tcase, *tests);
    }
}

/* Runs the tests of a NULL-terminated array; returns the exit status. */
static inline int check_run(const char *name, const TTest *const *tests)
{
    TCase *tcase = tcase_create(name);

    check_add(tcase, tests);
    return check_run_case(name, tcase, CHECK_TIMEOUT_S);
}

#endif
