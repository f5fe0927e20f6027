/*
 * encode.h - from JSON to a message, by the tables of the schema.
 *
 * The JSON has the shape of the schema: an object for a struct or group, with
 * its fields by name; a string for Text and for an enum; an array for a list;
 * a number for an integer, or a string, which a 64-bit one above 2^53 must be.
 * Everything the schema has must be there, and nothing else may be: no field
 * defaults silently. Exceptions are listed in encode.c.
 */
#ifndef CAPOS_MKMANIFEST_ENCODE_H
#define CAPOS_MKMANIFEST_ENCODE_H

#include <jansson.h>

#include "capnp/build.h"
#include "capnp/schema.h"
#include "report.h"

/*
 * Writes value as a struct of the schema into s. Problems are reported; what
 * is written means nothing if there were any. Objects are laid out in
 * canonical order.
 */
void encode_struct(struct report *report, const struct schema *schema,
                   const struct schema_struct *type, json_t *value,
                   struct wire_builder_struct s);

#endif
