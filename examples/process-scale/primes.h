/*
 * primes.h - counting primes by trial division: work that takes time, needs
 * nothing of the system, and whose result is known.
 *
 * process-scale and thread-scale count with it, and so does the Linux program
 * that they are compared with (tests/bench/scale_linux.c).
 */
#ifndef CAPOS_EXAMPLES_PRIMES_H
#define CAPOS_EXAMPLES_PRIMES_H

#include <stdint.h>

#define PRIMES_LIMIT_MAX 100000000u /* numbers have to be below */
#define PRIMES_DIVISOR_MAX 10000u   /* the square root of that */
#define PRIMES_DIVISORS 1228u       /* odd primes below it */
#define PRIMES_PIECE 1000u          /* numbers to count at a time */

struct primes {
    uint32_t count;
    uint32_t divisors[PRIMES_DIVISORS];
};

/* Whether an odd number above 1 is one; the divisors up to its root are known. */
static inline int primes_has(const struct primes *primes, uint32_t number)
{
    for (uint32_t i = 0; i < primes->count; i++) {
        uint32_t divisor = primes->divisors[i];

        if (divisor * divisor > number) {
            break;
        }
        if (number % divisor == 0) {
            return 0;
        }
    }
    return 1;
}

/* Finds the divisors. Once, before all counting. */
static inline void primes_init(struct primes *primes)
{
    primes->count = 0;
    for (uint32_t number = 3; number < PRIMES_DIVISOR_MAX; number += 2) {
        if (primes_has(primes, number)) {
            primes->divisors[primes->count++] = number;
        }
    }
}

/* How many primes there are from first to below end, at most PRIMES_LIMIT_MAX. */
static inline uint32_t primes_count(const struct primes *primes, uint32_t first,
                                    uint32_t end)
{
    uint32_t count = first <= 2 && end > 2;

    for (uint32_t number = first | 1; number < end; number += 2) {
        count += number > 1 && primes_has(primes, number);
    }
    return count;
}

/* What is known about a limit: how many primes are below it, 0 if nothing. */
static inline uint32_t primes_known(uint32_t limit)
{
    switch (limit) {
    case 20000:
        return 2262;
    case 3000000:
        return 216816;
    case 10000000:
        return 664579;
    case 30000000:
        return 1857859;
    default:
        return 0;
    }
}

#endif
