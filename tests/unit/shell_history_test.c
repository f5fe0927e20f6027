/* shell_history_test.c - the lines that come back, in order and bounded. */
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "history.h"

static struct history history;

START_TEST(test_shell_history_walk)
{
    memset(&history, 0, sizeof(history));
    ck_assert_ptr_null(history_older(&history, "x"));
    ck_assert_ptr_null(history_newer(&history));
    history_add(&history, "one");
    history_add(&history, "two");
    ck_assert_str_eq(history_older(&history, "draft"), "two");
    ck_assert_str_eq(history_older(&history, "two"), "one");
    ck_assert_ptr_null(history_older(&history, "one"));
    ck_assert_str_eq(history_newer(&history), "two");
    ck_assert_str_eq(history_newer(&history), "draft");
    ck_assert_ptr_null(history_newer(&history));
}
END_TEST

START_TEST(test_shell_history_left_out)
{
    memset(&history, 0, sizeof(history));
    history_add(&history, "same");
    history_add(&history, "same");
    history_add(&history, "");
    history_add(&history, " \t ");
    ck_assert_uint_eq(history.count, 1);
    history_add(&history, "other");
    history_add(&history, "same");
    ck_assert_uint_eq(history.count, 3);
}
END_TEST

START_TEST(test_shell_history_bound)
{
    char line[16];
    uint32_t found = 0;

    memset(&history, 0, sizeof(history));
    for (int i = 0; i < 3 * (int)HISTORY_LINES; i++) {
        snprintf(line, sizeof(line), "line %d", i);
        history_add(&history, line);
    }
    for (int i = 3 * (int)HISTORY_LINES - 1; found < HISTORY_LINES; i--) {
        snprintf(line, sizeof(line), "line %d", i);
        ck_assert_str_eq(history_older(&history, ""), line);
        found++;
    }
    ck_assert_ptr_null(history_older(&history, ""));
    history_rewind(&history);
    ck_assert_ptr_null(history_newer(&history));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_shell_history_walk,
                                         test_shell_history_left_out,
                                         test_shell_history_bound, NULL};

    return check_run("shell_history", tests);
}
