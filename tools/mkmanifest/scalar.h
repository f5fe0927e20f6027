/*
 * scalar.h - JSON values of booleans, integers, enums and interface ids.
 */
#ifndef CAPOS_MKMANIFEST_SCALAR_H
#define CAPOS_MKMANIFEST_SCALAR_H

#include <jansson.h>

#include "capnp/build.h"
#include "capnp/schema.h"
#include "report.h"

/*
 * Reads a value for a field that is no pointer, as the bits that it has in a
 * message before its default is applied. False after a report: wrong type, out
 * of range, not exact, unknown name.
 */
bool scalar_read(struct report *report, const struct schema *schema,
                 const struct schema_field *field, json_t *value,
                 uint64_t *bits);

/* Stores what scalar_read read. */
void scalar_store(const struct schema_field *field, uint64_t bits,
                  struct wire_builder_struct s);

#endif
