/*
 * needs.h - who needs whom, and whether that can be put in an order.
 *
 * Things are numbered from 0 on; struct needs says which others one of them
 * needs. No memory is allocated and nothing is locked.
 */
#ifndef CAPOS_LIB_NEEDS_H
#define CAPOS_LIB_NEEDS_H

#include <stdbool.h>
#include <stdint.h>

#define NEEDS_MAX 16u

struct needs {
    uint16_t on[NEEDS_MAX];
    uint16_t count;
};

/* Adds a need; one that is there already stays one. False: NEEDS_MAX are. */
bool needs_add(struct needs *needs, uint16_t on);

/*
 * The first of count things that no order can begin with, because it is in a
 * circle of needs or behind one; count if there is none. met is memory for
 * count values. All needs must be numbers below count.
 */
uint32_t needs_circle(const struct needs *all, bool *met, uint32_t count);

#endif
