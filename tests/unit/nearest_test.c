/*
 * nearest_test.c - which candidate a mistyped word meant.
 */
#include "nearest.h"

#include <string.h>

#include "check_run.h"

static const char *const options[] = {"--help", "--version", "--root",
                                      "--list", "--check",   "-o"};

static const char *nearest(const char *word)
{
    return nearest_match(word, options, sizeof(options) / sizeof(options[0]));
}

START_TEST(test_nearest_finds)
{
    ck_assert_str_eq(nearest("--hepl"), "--help");
    ck_assert_str_eq(nearest("--halp"), "--help");
    ck_assert_str_eq(nearest("-help"), "--help");
    ck_assert_str_eq(nearest("--versoin"), "--version");
    ck_assert_str_eq(nearest("--lsit"), "--list");
    ck_assert_str_eq(nearest("--list"), "--list");
    ck_assert_str_eq(nearest("-p"), "-o");
}
END_TEST

START_TEST(test_nearest_refuses)
{
    char word[100];

    ck_assert_ptr_null(nearest("--frobnicate"));
    ck_assert_ptr_null(nearest(""));
    ck_assert_ptr_null(nearest("x"));
    ck_assert_ptr_null(nearest_match("ab", options, 0));
    memset(word, 'a', sizeof(word));
    word[sizeof(word) - 1] = '\0';
    ck_assert_ptr_null(nearest(word));
}
END_TEST

START_TEST(test_nearest_skips_long_candidates)
{
    char text[100];
    const char *candidates[2] = {text, "aaaa"};

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    ck_assert_str_eq(nearest_match("aaab", candidates, 2), "aaaa");
    text[NEAREST_LENGTH_MAX] = '\0';
    ck_assert_str_eq(nearest_match(text, candidates, 2), text);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_nearest_finds,
        test_nearest_refuses,
        test_nearest_skips_long_candidates,
        NULL,
    };

    return check_run("nearest", tests);
}
