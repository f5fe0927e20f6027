/*
 * schema.c - lookups in generated schema tables, and the walk that checks a
 * message against them (schema.h).
 *
 * The walk recurses once per level of the schema, groups and lists included;
 * where a schema is recursive, WIRE_DEPTH_MAX bounds it. The structs that the
 * kernel takes are a few levels deep, so its small stacks can afford the walk.
 */
#include "capnp/schema.h"

const struct schema_interface *
schema_find_interface(const struct schema *schema, uint64_t id)
{
    for (uint16_t i = 0; i < schema->interface_count; i++) {
        if (schema->interfaces[i].id == id) {
            return &schema->interfaces[i];
        }
    }
    return NULL;
}

static struct wire_text schema_text(const char *name)
{
    struct wire_text text = {name, 0};

    while (name[text.length]) {
        text.length++;
    }
    return text;
}

const struct schema_struct *schema_find_struct(const struct schema *schema,
                                               struct wire_text name)
{
    for (uint16_t i = 0; i < schema->struct_count; i++) {
        if (wire_text_equal(schema_text(schema->structs[i].name), name)) {
            return &schema->structs[i];
        }
    }
    return NULL;
}

const char *schema_find_method_name(const struct schema *schema, uint64_t id,
                                    uint16_t method)
{
    const struct schema_interface *iface = schema_find_interface(schema, id);

    if (!iface || method >= iface->method_count) {
        return "?";
    }
    return iface->methods[method].name;
}

uint32_t schema_kind_bits(uint8_t kind)
{
    static const uint8_t bits[] = {0, 1, 8, 16, 32, 64, 8, 16,
                                   32, 64, 32, 64, 0, 0, 0, 16};

    return kind < sizeof(bits) ? bits[kind] : 0;
}

enum wire_element schema_field_element(const struct schema_field *field,
                                       uint8_t lists)
{
    if (lists > 1) {
        return WIRE_POINTER;
    }
    switch (schema_kind_bits(field->kind)) {
    case 1:
        return WIRE_BIT;
    case 8:
        return WIRE_BYTE;
    case 16:
        return WIRE_TWO_BYTES;
    case 32:
        return WIRE_FOUR_BYTES;
    case 64:
        return WIRE_EIGHT_BYTES;
    default:
        break;
    }
    if (field->kind == SCHEMA_STRUCT) {
        return WIRE_COMPOSITE;
    }
    return field->kind == SCHEMA_VOID ? WIRE_VOID : WIRE_POINTER;
}

uint64_t schema_get_bits(const struct schema_field *field,
                         struct wire_struct s)
{
    uint64_t otherwise = field->otherwise;
    uint32_t offset = field->offset / 8;

    switch (schema_kind_bits(field->kind)) {
    case 1:
        return wire_get_bool(s, field->offset, otherwise != 0);
    case 8:
        return wire_get_u8(s, offset, (uint8_t)otherwise);
    case 16:
        return wire_get_u16(s, offset, (uint16_t)otherwise);
    case 32:
        return wire_get_u32(s, offset, (uint32_t)otherwise);
    case 64:
        return wire_get_u64(s, offset, otherwise);
    default:
        return 0;
    }
}

bool schema_field_active(const struct schema_struct *type,
                         const struct schema_field *field,
                         struct wire_struct s)
{
    return field->tag == SCHEMA_NO_TAG ||
           field->tag == wire_get_u16(s, type->tag_offset / 8, 0);
}

/* Where data is, there is nothing that could be malformed. */
static bool schema_pointer(const struct schema_field *field)
{
    return field->lists > 0 || field->kind == SCHEMA_TEXT ||
           field->kind == SCHEMA_DATA || field->kind >= SCHEMA_STRUCT;
}

/* Reads a pointer that is field, or an element inside its lists. */
static void schema_walk_pointer(const struct schema *schema,
                                const struct schema_field *field,
                                uint8_t lists, struct wire_struct s,
                                uint32_t index);

static void schema_walk(const struct schema *schema,
                        const struct schema_struct *type, struct wire_struct s)
{
    for (uint16_t i = 0; i < type->field_count && s.message; i++) {
        const struct schema_field *field = &type->fields[i];

        if (s.message->error) {
            return;
        }
        if (!schema_field_active(type, field, s)) {
            continue;
        }
        if (field->lists == 0 && field->kind == SCHEMA_DATA) {
            wire_get_data(s, field->offset);
        } else if (field->kind == SCHEMA_GROUP) {
            schema_walk(schema, &schema->structs[field->index], s);
        } else if (schema_pointer(field)) {
            schema_walk_pointer(schema, field, field->lists, s, field->offset);
        }
    }
}

static void schema_walk_list(const struct schema *schema,
                             const struct schema_field *field, uint8_t lists,
                             struct wire_list list)
{
    bool structs = lists == 1 && field->kind == SCHEMA_STRUCT;

    if (schema_field_element(field, lists) < WIRE_POINTER) {
        return;
    }
    for (uint32_t i = 0; i < list.count && !list.message->error; i++) {
        struct wire_struct element = wire_list_struct(list, i);

        if (structs) {
            schema_walk(schema, &schema->structs[field->index], element);
        } else {
            schema_walk_pointer(schema, field, (uint8_t)(lists - 1), element,
                                0);
        }
    }
}

static void schema_walk_pointer(const struct schema *schema,
                                const struct schema_field *field,
                                uint8_t lists, struct wire_struct s,
                                uint32_t index)
{
    if (lists > 0) {
        schema_walk_list(
            schema, field, lists,
            wire_get_list(s, index, schema_field_element(field, lists)));
        return;
    }
    switch (field->kind) {
    case SCHEMA_TEXT:
        wire_get_text(s, index);
        break;
    case SCHEMA_DATA:
        wire_get_data(s, index);
        break;
    case SCHEMA_STRUCT:
        if (wire_has(s, index)) {
            schema_walk(schema, &schema->structs[field->index],
                        wire_get_struct(s, index));
        }
        break;
    case SCHEMA_INTERFACE:
        wire_get_cap(s, index);
        break;
    case SCHEMA_ANY_POINTER:
        wire_get_kind(s, index);
        break;
    default:
        break;
    }
}

bool schema_check(const struct schema *schema,
                  const struct schema_struct *type, struct wire_struct s)
{
    schema_walk(schema, type, s);
    return !s.message || !s.message->error;
}
