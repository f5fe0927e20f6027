/*
 * cli_test.c - command lines of the host tools.
 */
#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "check_run.h"

#define ARGS_MAX 8

static const char *root;
static bool list;

static const struct cli_option options[] = {
    {"--root", "DIR", "where to begin", &root, NULL},
    {"--list", NULL, "show", NULL, &list},
};

static const struct cli cli = {
    .program = "tool",
    .usage = "[--root DIR] FILE...",
    .summary = "Does nothing.\n",
    .options = options,
    .option_count = 2,
    .operands_min = 1,
    .operands_max = 2,
};

/* What one command line came to. */
struct outcome {
    bool go_on;
    int status;
    uint32_t count;
    char *argv[ARGS_MAX];
    char said[500];
};

/* Runs cli_parse over words separated by spaces. */
static void run(struct outcome *outcome, const char *line)
{
    static char words[200];
    FILE *standard = stderr;
    char *next = words;
    int argc = 1;

    root = NULL;
    list = false;
    memset(outcome, 0, sizeof(*outcome));
    outcome->argv[0] = "tool";
    snprintf(words, sizeof(words), "%s", line);
    while (argc < ARGS_MAX && next != NULL && *next != '\0') {
        outcome->argv[argc++] = strsep(&next, " ");
    }
    stderr = fmemopen(outcome->said, sizeof(outcome->said), "w");
    ck_assert_ptr_nonnull(stderr);
    outcome->go_on = cli_parse(&cli, argc, outcome->argv, &outcome->count,
                               &outcome->status);
    fclose(stderr);
    stderr = standard;
}

START_TEST(test_cli_accepts)
{
    struct outcome outcome;

    run(&outcome, "a --list --root here b");
    ck_assert(outcome.go_on && list);
    ck_assert_str_eq(root, "here");
    ck_assert_uint_eq(outcome.count, 2);
    ck_assert_str_eq(outcome.argv[0], "a");
    ck_assert_str_eq(outcome.argv[1], "b");
    run(&outcome, "--root=there -- --list");
    ck_assert(outcome.go_on && !list);
    ck_assert_str_eq(root, "there");
    ck_assert_str_eq(outcome.argv[0], "--list");
    run(&outcome, "--root= -");
    ck_assert(outcome.go_on);
    ck_assert_str_eq(root, "");
    ck_assert_str_eq(outcome.argv[0], "-");
}
END_TEST

static void check_refused(const char *line, const char *said)
{
    struct outcome outcome;

    run(&outcome, line);
    ck_assert(!outcome.go_on);
    ck_assert_int_eq(outcome.status, CLI_USAGE_STATUS);
    ck_assert_msg(strstr(outcome.said, said) != NULL, "%s: %s", line,
                  outcome.said);
}

START_TEST(test_cli_refuses)
{
    check_refused("--rot x f", "tool: unknown option '--rot'; did you mean "
                               "'--root'?");
    check_refused("--lsit=3 f", "'--lsit'; did you mean '--list'?");
    check_refused("--hepl", "did you mean '--help'?");
    check_refused("--frobnicate f", "see 'tool --help'");
    check_refused("-x f", "unknown option '-x'");
    check_refused("--list=yes f", "takes no value");
    check_refused("f --root", "needs a value: DIR");
    check_refused("", "usage: tool");
    check_refused("a b c", "usage: tool");
}
END_TEST

/* What a command line that asks for something prints on stdout. */
static void check_answer(const char *line, const char *expected)
{
    FILE *standard = stdout;
    struct outcome outcome;
    char text[1000] = "";

    stdout = fmemopen(text, sizeof(text), "w");
    ck_assert_ptr_nonnull(stdout);
    run(&outcome, line);
    fclose(stdout);
    stdout = standard;
    ck_assert(!outcome.go_on);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_msg(strstr(text, expected) != NULL, "%s", text);
}

START_TEST(test_cli_help_and_version)
{
    check_answer("--list --help --rot", "Usage: tool [--root DIR] FILE...");
    check_answer("--help", "  --root DIR         where to begin");
    check_answer("--version", "tool (capOS) " PACKAGE_VERSION);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_cli_accepts,
        test_cli_refuses,
        test_cli_help_and_version,
        NULL,
    };

    return check_run("cli", tests);
}
