/*
 * schema.h - the schema at run time: tables that tools/capnpc-capos generates
 * and what can be done with them.
 *
 * Everything is constant and refers to its own tables by index. Kinds have the
 * numbers of schema.capnp's Type. No locks.
 */
#ifndef CAPOS_CAPNP_SCHEMA_H
#define CAPOS_CAPNP_SCHEMA_H

#include "capnp/wire.h"

enum schema_kind {
    SCHEMA_VOID = 0,
    SCHEMA_BOOL = 1,
    SCHEMA_INT8 = 2,
    SCHEMA_INT16 = 3,
    SCHEMA_INT32 = 4,
    SCHEMA_INT64 = 5,
    SCHEMA_UINT8 = 6,
    SCHEMA_UINT16 = 7,
    SCHEMA_UINT32 = 8,
    SCHEMA_UINT64 = 9,
    SCHEMA_FLOAT32 = 10,
    SCHEMA_FLOAT64 = 11,
    SCHEMA_TEXT = 12,
    SCHEMA_DATA = 13,
    SCHEMA_ENUM = 15,
    SCHEMA_STRUCT = 16,
    SCHEMA_INTERFACE = 17,
    SCHEMA_ANY_POINTER = 18,
    SCHEMA_GROUP = 19, /* a struct that shares its parent's sections */
};

#define SCHEMA_NO_TAG 0xffffu   /* not a member of a union */
#define SCHEMA_NO_INDEX 0xffffu /* type has no table entry */

struct schema_field {
    const char *name;
    const char *text;   /* default of Text and Data, or NULL */
    uint64_t otherwise; /* default as bits; length of text */
    uint32_t offset;    /* bits in the data section, or pointer index */
    uint16_t tag;       /* value of the union's tag, or SCHEMA_NO_TAG */
    uint16_t index;     /* of the enum, struct or interface */
    uint8_t kind;       /* enum schema_kind, of the innermost element */
    uint8_t lists;      /* how many List() are around it */
};

struct schema_struct {
    const char *name;
    uint64_t id;
    const struct schema_field *fields;
    uint32_t tag_offset; /* bits; where the union's tag is */
    uint16_t field_count;
    uint16_t tag_count; /* members of the union; 0: none */
    uint16_t data_words;
    uint16_t pointers;
};

struct schema_enum {
    const char *name;
    uint64_t id;
    const char *const *names;
    uint16_t count;
};

struct schema_method {
    const char *name;
    uint16_t params; /* structs */
    uint16_t results;
    uint16_t flags; /* RING_INLINE, RING_RINLINE */
};

struct schema_interface {
    const char *name;
    uint64_t id;
    const struct schema_method *methods;
    uint16_t method_count;
};

struct schema {
    const struct schema_interface *interfaces;
    const struct schema_struct *structs;
    const struct schema_enum *enums;
    uint16_t interface_count;
    uint16_t struct_count;
    uint16_t enum_count;
};

/* The interface with that id; NULL if unknown. */
const struct schema_interface *
schema_find_interface(const struct schema *schema, uint64_t id);

/* The struct of that name, as in "BootEntry"; NULL if unknown. */
const struct schema_struct *schema_find_struct(const struct schema *schema,
                                               struct wire_text name);

/* The name of a method, or "?" if interface or method are unknown. */
const char *schema_find_method_name(const struct schema *schema, uint64_t id,
                                    uint16_t method);

/* Bits of one element of that kind; 0 for pointers and void. */
uint32_t schema_kind_bits(uint8_t kind);

/* The list element code of a field whose type is a list. */
enum wire_element schema_field_element(const struct schema_field *field,
                                       uint8_t lists);

/* The raw bits of a data field (not a list), default applied. */
uint64_t schema_get_bits(const struct schema_field *field,
                         struct wire_struct s);

/* True if the field exists in s: not in a union, or the active member. */
bool schema_field_active(const struct schema_struct *type,
                         const struct schema_field *field,
                         struct wire_struct s);

/*
 * Reads everything that the schema knows of s and says whether all of it was
 * well-formed. Costs budget like any reading.
 */
bool schema_check(const struct schema *schema,
                  const struct schema_struct *type, struct wire_struct s);

#endif
