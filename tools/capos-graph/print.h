/* print.h - the graph as text and as DOT. */
#ifndef CAPOS_TOOLS_GRAPH_PRINT_H
#define CAPOS_TOOLS_GRAPH_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "graph.h"

/* A paragraph for each living process, a line for each of its capabilities. */
void print_text(FILE *out, const struct graph *graph);

/*
 * For graphviz: processes as boxes, objects that more than one process holds, or
 * that a process serves, as ellipses; what only its holder has is listed in the
 * holder's box, unless all is wanted.
 */
void print_dot(FILE *out, const struct graph *graph, bool all);

#endif
