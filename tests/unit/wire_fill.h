/*
 * wire_fill.h - random messages of the schema wire_random.capnp.
 */
#ifndef CAPOS_TESTS_WIRE_FILL_H
#define CAPOS_TESTS_WIRE_FILL_H

#include "wire_random.gen.h"

/* A small generator of pseudo-random numbers; state must not be 0. */
struct wire_dice {
    uint64_t state;
};

uint64_t wire_dice_next(struct wire_dice *dice);

/* Fills a fresh struct through the generated builders, depth levels deep. */
void wire_fill_everything(struct wire_dice *dice, struct everything_builder b,
                          int depth);

#endif
