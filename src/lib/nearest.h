/*
 * nearest.h - "did you mean ...?" for tools and shell.
 */
#ifndef CAPOS_LIB_NEAREST_H
#define CAPOS_LIB_NEAREST_H

#include <stdint.h>

#define NEAREST_LENGTH_MAX 63u /* longer words match nothing */

/*
 * The candidate that a mistyped word most likely meant: the one with the
 * fewest insertions, deletions, replacements and swaps of neighbours, the
 * first of equals. NULL if none is near: more than a third of the word (at
 * least one, for words of two letters or more) would have to change. Pure;
 * safe in any context.
 */
const char *nearest_match(const char *word, const char *const *candidates,
                          uint32_t count);

#endif
