/*
 * wire_text.h - messages as text, the way "capnp decode --short" prints them.
 */
#ifndef CAPOS_TESTS_WIRE_TEXT_H
#define CAPOS_TESTS_WIRE_TEXT_H

#include <stdio.h>

#include "capnp/schema.h"

/* One line, without its end. */
void wire_text_dump(FILE *file, const struct schema *schema,
                    const struct schema_struct *type, struct wire_struct s);

#endif
