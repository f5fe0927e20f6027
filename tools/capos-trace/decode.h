/*
 * decode.h - one record of a trace as a line of text.
 *
 * Nothing here trusts the record: an unknown kind, opcode, error or interface
 * is shown as its number.
 */
#ifndef CAPOS_TOOLS_TRACE_DECODE_H
#define CAPOS_TOOLS_TRACE_DECODE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "trace.h"

/* The kind of that name, "sqe" say, in *kind; false: there is none. */
bool decode_kind(const char *name, uint16_t *kind);

/* The name of the kind that is most like name; NULL: none is near. */
const char *decode_kind_nearest(const char *name);

/* Prints the record as one line. */
void decode_print(FILE *out, const struct trace_record *record);

#endif
