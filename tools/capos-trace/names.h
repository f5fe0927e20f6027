/*
 * names.h - the names behind the numbers of a trace.
 *
 * Nothing here trusts the numbers: what is unknown has no name, or is named by
 * its number.
 */
#ifndef CAPOS_TOOLS_TRACE_NAMES_H
#define CAPOS_TOOLS_TRACE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kind of that name, "sqe" say, in *kind; false: there is none. */
bool names_find_kind(const char *name, uint16_t *kind);

/* The name of the kind that is most like name; NULL: none is near. */
const char *names_nearest_kind(const char *name);

/* NULL: unknown. */
const char *names_kind(uint16_t kind);
const char *names_opcode(uint8_t opcode);
const char *names_gate(uint64_t number);

/* Why a CPU interrupts others; an interrupt line. "?": unknown. */
const char *names_ipi(uint64_t why);
const char *names_line(uint64_t line);

/* A result as text: a count or the name of an error. Returns text. */
#define NAMES_RESULT_BYTES 32u
const char *names_result(char text[NAMES_RESULT_BYTES], int64_t result);

/* Interface.method; numbers where the schema does not know them. */
#define NAMES_METHOD_BYTES 96u
const char *names_method(char text[NAMES_METHOD_BYTES], uint64_t interface,
                         uint32_t method);

#endif
