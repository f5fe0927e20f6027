/*
 * scan.h - cuts the arguments of call into values.
 *
 *   arguments  argument { blank or comma argument }
 *   argument   [ name "=" ] value
 *   value      word | "quoted" | [ values ] | ( arguments )
 *
 * Pure. A value is a span of the line; what is in it is looked at only when its
 * type is known. In quotes \n, \t, \r, \0, \", \\ and \xHH stand for a byte.
 */
#ifndef CAPOS_SHELL_SCAN_H
#define CAPOS_SHELL_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_DEPTH_MAX 8u /* brackets in brackets */

struct span {
    const char *at;
    const char *end;
};

static inline uint32_t span_bytes(struct span span)
{
    return (uint32_t)(span.end - span.at);
}

/* The next thing of a list of arguments. */
struct argument {
    struct span name; /* empty: it has none */
    struct span value;
};

/*
 * Takes the next argument from *rest. 1; 0: there is no more; -1: *wrong says
 * in a few words what is wrong.
 */
int32_t scan_argument(struct span *rest, struct argument *argument,
                      const char **wrong);

/* The same for a value of a list, which has no name. */
int32_t scan_value(struct span *rest, struct span *value, const char **wrong);

/* What is between the brackets of a value that begins with open. */
bool scan_inside(struct span value, char open, struct span *inside);

/*
 * The bytes that a quoted value stands for: into bytes, if that is not NULL.
 * Returns how many, or -1: an escape that does not exist.
 */
int32_t scan_unquote(struct span value, uint8_t *bytes);

/*
 * The bytes that hexadecimal digits stand for, an optional 0x before them. -1:
 * not an even number of digits, or something else.
 */
int32_t scan_hex(struct span value, uint8_t *bytes);

/*
 * A number, decimal or 0x: its magnitude and its sign. False: it is none, or it
 * needs more than 64 bits.
 */
bool scan_number(struct span value, bool *negative, uint64_t *magnitude);

#endif
