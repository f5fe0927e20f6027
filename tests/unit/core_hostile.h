/*
 * core_hostile.h - submission entries at random, half sensible and half not, on
 * whatever capabilities a player holds. One seed gives one sequence.
 */
#ifndef CAPOS_TESTS_CORE_HOSTILE_H
#define CAPOS_TESTS_CORE_HOSTILE_H

#include "core_fixture.h"

void hostile_seed(uint64_t seed);

/* A number below that. */
uint32_t any(uint32_t below);

/* Somebody was given this call: somebody may RETURN it. */
void hostile_remember(uint64_t call_id);

/* An entry for the player to push; may write to its scratch memory. */
struct sqe hostile_entry(const struct player *player);

#endif
