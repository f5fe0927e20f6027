/*
 * signature.h - types and methods in words, out of the schema's tables.
 *
 * Pure. Written as in the schema: "allocate(pages :UInt32) -> (memory
 * :MemoryObject)".
 */
#ifndef CAPOS_SHELL_SIGNATURE_H
#define CAPOS_SHELL_SIGNATURE_H

#include "capnp/schema.h"
#include "printer.h"

#define TYPE_NAME_BYTES 80u

/* The type of a field with so many List() around it. Returns buffer. */
const char *type_name(const struct schema *schema,
                      const struct schema_field *field, uint8_t lists,
                      char buffer[TYPE_NAME_BYTES]);

/* A method in one line, without a line end. */
void signature_print(struct printer *printer, const struct schema *schema,
                     const struct schema_method *method);

/* All methods of an interface, one in a line, indented. */
void signature_print_all(struct printer *printer, const struct schema *schema,
                         const struct schema_interface *iface);

/*
 * The index of the method of that name, of length bytes; -1 if there is none,
 * then *nearest is what was probably meant, or NULL.
 */
int32_t signature_find(const struct schema_interface *iface, const char *name,
                       uint32_t length, const char **nearest);

#endif
