/* label.h - what processes, objects and edges are called in print. */
#ifndef CAPOS_TOOLS_GRAPH_LABEL_H
#define CAPOS_TOOLS_GRAPH_LABEL_H

#include <stdbool.h>
#include <stdint.h>

#include "graph.h"

#define LABEL_BYTES 96u

/* "shell (2)". Returns text, as the others do. */
const char *label_process(char text[LABEL_BYTES], const struct graph *graph,
                          uint64_t id);

/* "Echo 17", "ProcessHandle 12 of hello (3)", "Echo 17 of ipc-server (2)". */
const char *label_object(char text[LABEL_BYTES], const struct graph *graph,
                         const struct graph_object *object);

/* Only the interface: "Echo", or its number in hexadecimal. */
const char *label_interface(char text[LABEL_BYTES], uint64_t interface);

/* CapId as slot.generation. */
const char *label_cap(char text[LABEL_BYTES], uint64_t cap);

/* "copy", "move" ...; "kernel", "spawn grant" ...; "?": unknown. */
const char *label_mode(uint8_t mode);
const char *label_origin(uint8_t origin);

/*
 * True if word names it: an id, or its name, which for an object is that of its
 * interface.
 */
bool label_names_process(const char *word, const struct graph_process *process);
bool label_names_object(const char *word, const struct graph_object *object);

#endif
