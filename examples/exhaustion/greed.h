/*
 * greed.h - the children of exhaustion.
 */
#ifndef CAPOS_EXAMPLES_GREED_H
#define CAPOS_EXAMPLES_GREED_H

#include <stdint.h>

/* What this program is, as word 1 of its start block says; below: greedy. */
enum greed_part {
    GREED_NEIGHBOUR = 100,
    GREED_STAYS,
    GREED_ENDS,
};

/*
 * Takes of one kind of its ledger until it is refused, signals the error's number
 * as bits of the notification "full", and goes on asking. Does not return.
 */
int greed_run(uint32_t kind);

/* A child of either. */
int greed_child(uint64_t part);

/* Does a bit of everything in turn; what it saw, as one number that is not 0. */
int greed_neighbour(uint32_t rounds);

#endif
