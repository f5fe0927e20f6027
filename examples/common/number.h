/*
 * number.h - numbers among a program's arguments, for the examples that can be run
 * longer or shorter.
 */
#ifndef CAPOS_EXAMPLES_NUMBER_H
#define CAPOS_EXAMPLES_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/*
 * What argument `index` says, at most most; usual if it is not there, 0, or begins
 * with no digit.
 */
static inline uint64_t number_argument(int argc, char **argv, int index,
                                       uint64_t usual, uint64_t most)
{
    const char *text = index < argc ? argv[index] : "";
    uint64_t value = 0;

    for (; *text >= '0' && *text <= '9' && value < most; text++) {
        value = value * 10 + (uint64_t)(*text - '0');
    }
    if (value == 0) {
        return usual;
    }
    return value < most ? value : most;
}

#endif
