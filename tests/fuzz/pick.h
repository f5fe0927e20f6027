/*
 * pick.h - an input as decisions.
 *
 * The bytes of an input are cut into records, one for each turn of a program.
 * A turn's decisions come from its record, byte after byte, and when that is used
 * up from a generator seeded with it. So a turn depends on its own record alone: a
 * fuzzer that changes, inserts or removes one leaves the others what they were.
 */
#ifndef CAPOS_FUZZ_PICK_H
#define CAPOS_FUZZ_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PICK_RECORD_BYTES 24u

/* Begins with an input, which must stay. */
void pick_start(const uint8_t *bytes, size_t size);

/* Goes on to the next record; false: there is none. */
bool pick_next(void);

/* A number below that; of 0 or 1 always 0, at no cost. */
uint32_t pick(uint32_t below);

/* True once in so many times. */
static inline bool pick_once_in(uint32_t times)
{
    return pick(times) == times - 1;
}

/* Any 64 bits. */
uint64_t pick_bits(void);

#endif
