/*
 * check_run.h - the main function of a unit test: one suite, one test case.
 */
#ifndef CAPOS_TESTS_CHECK_RUN_H
#define CAPOS_TESTS_CHECK_RUN_H

#include <check.h>
#include <stdlib.h>

/* Runs the tests of a NULL-terminated array; returns the exit status. */
static inline int check_run(const char *name, const TTest *const *tests)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner;
    int failed;

    for (; *tests != NULL; tests++) {
        tcase_add_test(tcase, *tests);
    }
    tcase_set_timeout(tcase, 60); /* machines may be busy */
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
