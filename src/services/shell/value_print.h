/*
 * value_print.h - a message as text, by the schema's tables.
 *
 * Pure. Each field of the outermost struct takes a line "name = value"; a list
 * of structs takes a line for each; the rest is written as value_build.h reads
 * it. Large numbers, which are addresses and ids, come in both forms. The
 * message may be hostile: the reader's limits hold, and the caller asks for its
 * error afterwards.
 */
#ifndef CAPOS_SHELL_VALUE_PRINT_H
#define CAPOS_SHELL_VALUE_PRINT_H

#include "capnp/schema.h"
#include "printer.h"

#define VALUE_DATA_SHOWN 1024u /* bytes of one Data */

struct value_printer {
    struct printer *printer;
    const struct schema *schema;
    /* Prints the index-th capability of the message. */
    void (*cap_print)(struct value_printer *values,
                      const struct schema_field *field, uint32_t index);
    void *context;
};

/* Prints the fields, each line with indent blanks before it. */
void value_print(struct value_printer *values,
                 const struct schema_struct *type, struct wire_struct s,
                 uint32_t indent);

#endif
