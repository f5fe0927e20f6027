/* reach.h - who can reach what, through which grants. */
#ifndef CAPOS_TOOLS_GRAPH_REACH_H
#define CAPOS_TOOLS_GRAPH_REACH_H

#include <stdbool.h>
#include <stdio.h>

#include "graph.h"

/*
 * Prints each process that holds a capability to what target names (an interface
 * or an object id; a process: who can call it) with the grants it came by, then
 * those who can only ask a process that does. False: target names nothing.
 */
bool reach_print(FILE *out, const struct graph *graph, const char *target);

#endif
