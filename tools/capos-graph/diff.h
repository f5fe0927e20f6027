/* diff.h - what authority came and went between two graphs. */
#ifndef CAPOS_TOOLS_GRAPH_DIFF_H
#define CAPOS_TOOLS_GRAPH_DIFF_H

#include <stdint.h>
#include <stdio.h>

#include "graph.h"

/*
 * Prints a line for each capability that one has and the other has not: "-" the
 * first, "+" the second. Capabilities are the same if their holders are (by
 * name, and the number of its kind) and their objects (by interface and
 * subject's name), so two runs can be compared; ids may differ. Returns how many
 * lines.
 */
uint32_t diff_print(FILE *out, const struct graph *first,
                    const struct graph *second);

#endif
