/*
 * choose.h - what is chosen where there is a choice (engine.mode says how).
 */
#ifndef CAPOS_EXPLORE_CHOOSE_H
#define CAPOS_EXPLORE_CHOOSE_H

#include "engine.h"

/* A new schedule begins. */
void choose_start(void);

/*
 * One of `count` actors, the first being the default. when names this choice
 * among those of the actor that runs.
 */
uint32_t choose(const uint32_t *to, uint32_t count, uint64_t when);

/* The choice just made, for `next`, was at a point: before self's access. */
void choose_at_point(struct actor *self, uint32_t next);

/* While that actor is preempted, another one does this. */
void choose_met(const struct actor *actor, uint32_t offset, uint32_t bytes,
                uint32_t how);

/* The next schedule in depth-first order; false: that was the last one. */
bool choose_next(void);

/* Forgets where the depth-first search is. */
void choose_restart(void);

/* Draws priorities, and `changes` points among about `points` to change them. */
void choose_draw(uint64_t seed, uint32_t changes, uint32_t points);

#endif
