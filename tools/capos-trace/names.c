/*
 * names.c - names from the lists of the headers (trace.h, errors.h) and from
 * the schema; only the opcodes of the ring and the gate are named here.
 */
#include "names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "capos.schema.gen.h"
#include "errors.h"
#include "nearest.h"
#include "ring.h"
#include "start.h"
#include "trace.h"

#define KIND_NAME(id, value, name) [value] = name,
static const char *const kinds[] = {TRACE_KINDS(KIND_NAME)};
#undef KIND_NAME

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char *const opcodes[] = {
    [RING_NOP] = "NOP",         [RING_CALL] = "CALL",
    [RING_RECV] = "RECV",       [RING_RETURN] = "RETURN",
    [RING_RELEASE] = "RELEASE", [RING_CANCEL] = "CANCEL",
    [RING_PARK] = "PARK",       [RING_UNPARK] = "UNPARK",
    [RING_CALLER_INFO] = "CALLER_INFO",
};

bool names_find_kind(const char *name, uint16_t *kind)
{
    for (uint16_t i = 0; i < KINDS; i++) {
        if (kinds[i] != NULL && strcmp(kinds[i], name) == 0) {
            *kind = i;
            return true;
        }
    }
    return false;
}

const char *names_nearest_kind(const char *name)
{
    const char *names[KINDS];
    uint32_t count = 0;

    for (uint32_t i = 0; i < KINDS; i++) {
        if (kinds[i] != NULL) {
            names[count++] = kinds[i];
        }
    }
    return nearest_match(name, names, count);
}

const char *names_kind(uint16_t kind)
{
    return kind < KINDS ? kinds[kind] : NULL;
}

const char *names_opcode(uint8_t opcode)
{
    return opcode < sizeof(opcodes) / sizeof(opcodes[0]) ? opcodes[opcode]
                                                         : NULL;
}

const char *names_gate(uint64_t number)
{
    switch (number) {
    case GATE_ENTER:
        return "cap_enter";
    case GATE_EXIT:
        return "exit";
    default:
        return NULL;
    }
}

const char *names_ipi(uint64_t why)
{
    switch (why) {
    case TRACE_IPI_ATTENTION:
        return "attention";
    case TRACE_IPI_FLUSH:
        return "flush";
    default:
        return "?";
    }
}

const char *names_line(uint64_t line)
{
    switch (line) {
    case TRACE_LINE_TERMINAL:
        return "terminal";
    case TRACE_LINE_ATTENTION:
        return "attention";
    default:
        return "?";
    }
}

const char *names_result(char text[NAMES_RESULT_BYTES], int64_t result)
{
    switch (result) {
#define ERROR_CASE(name, number, sentence, remedy)                             \
    case number:                                                               \
        snprintf(text, NAMES_RESULT_BYTES, "%s", #name);                       \
        return text;
        CAPOS_ERRORS(ERROR_CASE)
#undef ERROR_CASE
    default:
        snprintf(text, NAMES_RESULT_BYTES, "%" PRId64, result);
        return text;
    }
}

const char *names_method(char text[NAMES_METHOD_BYTES], uint64_t interface,
                         uint32_t method)
{
    const struct schema_interface *known = capos_schema_interface(interface);

    if (known == NULL) {
        snprintf(text, NAMES_METHOD_BYTES,
                 "interface %" PRIx64 " method %" PRIu32, interface, method);
    } else if (method >= known->method_count) {
        snprintf(text, NAMES_METHOD_BYTES, "%s.%" PRIu32, known->name, method);
    } else {
        snprintf(text, NAMES_METHOD_BYTES, "%s.%s", known->name,
                 known->methods[method].name);
    }
    return text;
}
