/*
 * image.h - copying parts of this process into the window of an empty one, at the
 * same offsets.
 */
#ifndef CAPOS_EXAMPLES_IMAGE_H
#define CAPOS_EXAMPLES_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "calls.h"
#include "spawn.h"

/*
 * Copies pages from an offset in the window on: into a memory object that is then
 * mapped into the other window. False: something was refused.
 */
bool image_copy(const struct spawn_parts *parts, uint64_t offset,
                uint64_t pages, enum protection protection);

/* Copies all segments of the program, with the protection of each. */
bool image_copy_program(const struct spawn_parts *parts);

/* Copies the main stack, as far as it is in use: below there is nothing to read. */
bool image_copy_stack(const struct spawn_parts *parts);

/* Where the program begins, relative to its image. */
uint64_t image_entry(void);

#endif
