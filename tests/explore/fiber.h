/*
 * fiber.h - stacks of their own on one host thread.
 *
 * All stacks lie in one array, so that a snapshot of the machine can have a copy
 * of what is on them, at the same addresses.
 */
#ifndef CAPOS_EXPLORE_FIBER_H
#define CAPOS_EXPLORE_FIBER_H

#include <stddef.h>
#include <stdint.h>

#define FIBER_STACK_BYTES (64u * 1024)
#define FIBERS_MAX 20u

/* Leaves this stack, its pointer in *save, for the one that load points into. */
void fiber_switch(void **save, void *load);

/* Makes the stacks. Once. */
void fiber_init(void);

/* Where to go for run() to begin on a stack; it must not return. */
void *fiber_make(uint32_t number, void (*run)(void));

/* Copies of what is on a stack whose pointer is at, and back again. */
struct fiber_copy {
    uint32_t number;
    size_t bytes;
    char *content;
};
struct fiber_copy fiber_save(const void *at);
void fiber_restore(const struct fiber_copy *copy);

#endif
