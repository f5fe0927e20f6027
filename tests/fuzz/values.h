/*
 * values.h - what a hostile program writes into a field, and where.
 *
 * Numbers are biased to those that mean something to the kernel: capabilities that
 * the program holds or that are just beside one, addresses in its own memory and
 * at the edges of it, sizes at powers of two, nothing at all.
 */
#ifndef CAPOS_FUZZ_VALUES_H
#define CAPOS_FUZZ_VALUES_H

#include "core_fixture.h"
#include "pick.h"

/* A capability that the program holds, with its object; or one that it does not. */
uint64_t value_cap(const struct player *player, struct object **object);

/* One of that interface, if it holds any; else 0. */
uint64_t value_cap_of(const struct player *player, uint64_t interface_id);

uint64_t value_address(const struct player *player);
uint32_t value_size(void);
uint64_t value_number(const struct player *player);

/* Writes as far as the page is mapped writable. */
void value_poke(const struct player *player, uint64_t va, const void *bytes,
                size_t size);

/* Where a message of that many bytes is written: mostly where it can be. */
uint64_t value_place(const struct player *player, uint32_t bytes);

#endif
