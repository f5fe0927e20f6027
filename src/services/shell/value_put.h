/*
 * value_put.h - between value_build.c (structs and lists) and value_scalar.c
 * (single values). Pure.
 */
#ifndef CAPOS_SHELL_VALUE_PUT_H
#define CAPOS_SHELL_VALUE_PUT_H

#include "signature.h"
#include "value_build.h"

/* Where a value goes, and what it has to be. */
struct value_slot {
    const struct schema_field *field;
    struct wire_builder_struct out;
    uint32_t offset;    /* bits of data, or pointer index */
    uint64_t otherwise; /* default as bits */
    uint8_t lists;      /* how many List() are around the value */
};

/* Puts a value of any type; false: builder->error. So do the others. */
bool value_put(struct value_builder *builder, const struct value_slot *slot,
               struct span value);
bool value_put_list(struct value_builder *builder,
                    const struct value_slot *slot, struct span value);
bool value_put_struct(struct value_builder *builder,
                      const struct value_slot *slot, struct span value);

/* true or false. */
bool value_bool(struct value_builder *builder, const struct value_slot *slot,
                struct span value, bool *result);

/* Says that the value is not of the slot's type, and more. False. */
bool value_fail(struct value_builder *builder, const struct value_slot *slot,
                struct span value, const char *detail);

#endif
