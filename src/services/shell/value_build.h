/*
 * value_build.h - arguments as text become a message, by the schema's tables.
 *
 * Pure. Arguments without a name take the fields in their order; those with a
 * name may follow in any order; a field without an argument has its default.
 * What a value may look like is decided by the field's type:
 *
 *   Bool        true, false
 *   integers    17, -3, 0x1f; UInt64 also @NAME, the CapId of a capability
 *   enum        the name of one of its values
 *   Text        a word, or "quoted"
 *   Data        hexadecimal digits, or "quoted"
 *   List(T)     [VALUE, VALUE]
 *   struct      (ARGUMENT, ARGUMENT); of a union at most one member
 *   Void        void
 *
 * The message is built field by field in the schema's order, so its layout is
 * the canonical one however the arguments were ordered.
 */
#ifndef CAPOS_SHELL_VALUE_BUILD_H
#define CAPOS_SHELL_VALUE_BUILD_H

#include "capnp/build.h"
#include "capnp/schema.h"
#include "scan.h"

#define VALUE_FIELDS_MAX 64u
#define VALUE_ERROR_BYTES 256u

struct value_builder {
    const struct schema *schema;
    /* The CapId behind @NAME; 0: there is no capability of that name. */
    uint64_t (*cap_find)(struct span name);
    char error[VALUE_ERROR_BYTES];
};

/*
 * Fills the struct, which is empty, from the arguments. False: builder->error
 * is a sentence that says what is wrong and what was expected. That the message
 * became too large shows in the wire builder.
 */
bool value_build(struct value_builder *builder,
                 const struct schema_struct *type, struct span arguments,
                 struct wire_builder_struct out);

#endif
