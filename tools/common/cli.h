/*
 * cli.h - command lines of the host tools: --help, --version, options with or
 * without a value, and a "did you mean" for what is unknown.
 *
 * Options may stand anywhere; "--" ends them. A value follows its option or an
 * equals sign (--root DIR, --root=DIR, -o FILE).
 */
#ifndef CAPOS_TOOLS_CLI_H
#define CAPOS_TOOLS_CLI_H

#include <stdbool.h>
#include <stdint.h>

#define CLI_USAGE_STATUS 2 /* exit status of a wrong command line */

struct cli_option {
    const char *name;   /* "--root" or "-o" */
    const char *value;  /* what the help calls its value; NULL: takes none */
    const char *help;   /* one line */
    const char **text;  /* where the value goes */
    bool *flag;         /* or, without a value, what becomes true */
};

struct cli {
    const char *program;
    const char *usage;   /* after the program's name */
    const char *summary; /* a paragraph, ending in a newline */
    const struct cli_option *options;
    uint32_t option_count;
    uint32_t operands_min;
    uint32_t operands_max;
};

/*
 * Reads a command line. Returns true when the program shall go on: the first
 * *count of argv[] are then the operands. Returns false when it shall end with
 * *status: 0 after --help or --version, CLI_USAGE_STATUS after a message on
 * stderr.
 */
bool cli_parse(const struct cli *cli, int argc, char **argv, uint32_t *count,
               int *status);

/*
 * A decimal number up to max. False, and a message that text is not `what`, for
 * anything else.
 */
bool cli_number(const struct cli *cli, const char *text, const char *what,
                uint64_t max, uint64_t *number);

/* Says on stderr: PROGRAM: message. */
void cli_error(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
