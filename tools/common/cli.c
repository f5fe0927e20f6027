/*
 * cli.c - command lines of the host tools (cli.h).
 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"

#define OPTIONS_MAX 30u /* of one tool, with --help and --version */

struct state {
    const struct cli *cli;
    char **argv;
    int argc;
    int next;       /* index of the next argument */
    uint32_t count; /* operands so far, moved to the front of argv */
};

void cli_error(const struct cli *cli, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s: ", cli->program);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static void print_help(const struct cli *cli)
{
    printf("Usage: %s %s\n\n%s\n", cli->program, cli->usage, cli->summary);
    for (uint32_t i = 0; i < cli->option_count; i++) {
        const struct cli_option *option = &cli->options[i];
        char text[40];

        snprintf(text, sizeof(text), "%s %s", option->name,
                 option->value == NULL ? "" : option->value);
        printf("  %-18s %s\n", text, option->help);
    }
    printf("  %-18s %s\n  %-18s %s\n", "--help", "show this and exit",
           "--version", "show the version and exit");
}

static void refuse_option(const struct cli *cli, const char *argument)
{
    const char *names[OPTIONS_MAX] = {"--help", "--version"};
    uint32_t count = 2;
    const char *match;
    char name[NEAREST_LENGTH_MAX + 2];

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(argument, "="),
             argument);
    for (uint32_t i = 0; i < cli->option_count && count < OPTIONS_MAX; i++) {
        names[count++] = cli->options[i].name;
    }
    match = nearest_match(name, names, count);
    if (match != NULL) {
        cli_error(cli, "unknown option '%s'; did you mean '%s'?", name, match);
    } else {
        cli_error(cli, "unknown option '%s'; see '%s --help'", name,
                  cli->program);
    }
}

static const struct cli_option *find_option(const struct cli *cli,
                                            const char *name, size_t length)
{
    for (uint32_t i = 0; i < cli->option_count; i++) {
        if (strlen(cli->options[i].name) == length &&
            memcmp(cli->options[i].name, name, length) == 0) {
            return &cli->options[i];
        }
    }
    return NULL;
}

/* An option of the tool itself; false after a message. */
static bool take_option(struct state *state, const char *argument)
{
    const char *equals = strchr(argument, '=');
    size_t length =
        equals == NULL ? strlen(argument) : (size_t)(equals - argument);
    const struct cli_option *option =
        find_option(state->cli, argument, length);

    if (option == NULL) {
        refuse_option(state->cli, argument);
        return false;
    }
    if (option->value == NULL) {
        if (equals != NULL) {
            cli_error(state->cli, "option '%s' takes no value", option->name);
            return false;
        }
        *option->flag = true;
        return true;
    }
    if (equals == NULL && state->next == state->argc) {
        cli_error(state->cli, "option '%s' needs a value: %s", option->name,
                  option->value);
        return false;
    }
    *option->text = equals != NULL ? equals + 1 : state->argv[state->next++];
    return true;
}

/* Takes all arguments; false when the program ends with *status. */
static bool take_all(struct state *state, int *status)
{
    bool options = true;

    *status = 0;
    while (state->next < state->argc) {
        char *argument = state->argv[state->next++];

        if (!options || argument[0] != '-' || argument[1] == '\0') {
            state->argv[state->count++] = argument;
        } else if (strcmp(argument, "--") == 0) {
            options = false;
        } else if (strcmp(argument, "--help") == 0) {
            print_help(state->cli);
            return false;
        } else if (strcmp(argument, "--version") == 0) {
            printf("%s (capOS) %s\n", state->cli->program, PACKAGE_VERSION);
            return false;
        } else if (!take_option(state, argument)) {
            *status = CLI_USAGE_STATUS;
            return false;
        }
    }
    return true;
}

bool cli_parse(const struct cli *cli, int argc, char **argv, uint32_t *count,
               int *status)
{
    struct state state = {.cli = cli, .argv = argv, .argc = argc, .next = 1};

    if (!take_all(&state, status)) {
        return false;
    }
    *count = state.count;
    if (state.count < cli->operands_min || state.count > cli->operands_max) {
        cli_error(cli, "usage: %s %s; see '%s --help'", cli->program,
                  cli->usage, cli->program);
        *status = CLI_USAGE_STATUS;
        return false;
    }
    return true;
}

bool cli_number(const struct cli *cli, const char *text, const char *what,
                uint64_t max, uint64_t *number)
{
    char *end;

    errno = 0;
    *number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        *number > max) {
        cli_error(cli, "'%s' is not %s", text, what);
        return false;
    }
    return true;
}
