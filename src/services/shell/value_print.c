/* value_print.c - see value_print.h. */
#include "value_print.h"

static void print_struct(struct value_printer *values,
                         const struct schema_struct *type,
                         struct wire_struct s);
static void print_value(struct value_printer *values,
                        const struct schema_field *field, uint8_t lists,
                        struct wire_struct s, uint32_t offset, uint64_t bits);

static void print_signed(struct printer *printer, uint64_t value,
                         uint32_t bits)
{
    int64_t number = (int64_t)(value << (64 - bits)) >> (64 - bits);

    printer_add(printer, "%lld", (long long)number);
}

static void print_bits(struct value_printer *values,
                       const struct schema_field *field, uint64_t value)
{
    struct printer *printer = values->printer;
    const struct schema_enum *type;

    switch (field->kind) {
    case SCHEMA_VOID:
        printer_add(printer, "void");
        return;
    case SCHEMA_BOOL:
        printer_add(printer, "%s", value != 0 ? "true" : "false");
        return;
    case SCHEMA_ENUM:
        type = &values->schema->enums[field->index];
        if (value < type->count) {
            printer_add(printer, "%s", type->names[value]);
        } else {
            printer_add(printer, "%llu", (unsigned long long)value);
        }
        return;
    case SCHEMA_FLOAT32:
    case SCHEMA_FLOAT64:
        printer_add(printer, "bits 0x%llx", (unsigned long long)value);
        return;
    default:
        break;
    }
    if (field->kind <= SCHEMA_INT64) {
        print_signed(printer, value, schema_kind_bits(field->kind));
        return;
    }
    printer_add(printer, "%llu", (unsigned long long)value);
    if (value > UINT32_MAX) {
        printer_add(printer, " (0x%llx)", (unsigned long long)value);
    }
}

static bool readable(struct wire_data data)
{
    for (uint32_t i = 0; i < data.length; i++) {
        if ((data.bytes[i] < ' ' && data.bytes[i] != '\n' &&
             data.bytes[i] != '\t' && data.bytes[i] != '\r') ||
            data.bytes[i] >= 0x7f) {
            return false;
        }
    }
    return true;
}

static void print_data(struct printer *printer, struct wire_data data)
{
    uint32_t shown =
        data.length < VALUE_DATA_SHOWN ? data.length : VALUE_DATA_SHOWN;

    if (readable(data)) {
        printer_quote(printer, (const char *)data.bytes, shown);
    } else {
        printer_add(printer, "0x");
        for (uint32_t i = 0; i < shown; i++) {
            printer_add(printer, "%02x", (unsigned int)data.bytes[i]);
        }
    }
    if (shown < data.length) {
        printer_add(printer, "... (%u bytes)", data.length);
    }
}

static void print_list(struct value_printer *values,
                       const struct schema_field *field, uint8_t lists,
                       struct wire_list list)
{
    printer_put(values->printer, '[');
    for (uint32_t i = 0; i < list.count; i++) {
        struct wire_struct one = wire_list_struct(list, i);

        if (i > 0) {
            printer_add(values->printer, ", ");
        }
        if (list.element == WIRE_BIT) {
            print_bits(values, field, wire_list_bool(list, i));
        } else if (lists == 1 && field->kind == SCHEMA_STRUCT) {
            print_struct(values, &values->schema->structs[field->index], one);
        } else {
            struct schema_field element = *field;

            element.offset = 0;
            element.otherwise = 0;
            print_value(values, field, (uint8_t)(lists - 1), one, 0,
                        schema_get_bits(&element, one));
        }
    }
    printer_put(values->printer, ']');
}

/* Structs in a list, each on a line of its own. */
static void print_rows(struct value_printer *values,
                       const struct schema_field *field, struct wire_list list,
                       uint32_t indent)
{
    printer_add(values->printer, "[\n");
    for (uint32_t i = 0; i < list.count; i++) {
        printer_add(values->printer, "%*s", (int)indent + 2, "");
        print_struct(values, &values->schema->structs[field->index],
                     wire_list_struct(list, i));
        printer_put(values->printer, '\n');
    }
    printer_add(values->printer, "%*s]", (int)indent, "");
}

static void print_cap(struct value_printer *values,
                      const struct schema_field *field, uint32_t index)
{
    if (index == WIRE_NO_CAP) {
        printer_add(values->printer, "<no capability>");
    } else {
        values->cap_print(values, field, index);
    }
}

static void print_value(struct value_printer *values,
                        const struct schema_field *field, uint8_t lists,
                        struct wire_struct s, uint32_t offset, uint64_t bits)
{
    const char *otherwise = field->text != NULL ? field->text : "";
    uint32_t length = field->text != NULL ? (uint32_t)field->otherwise : 0;
    struct wire_text text;

    if (lists > 0) {
        print_list(values, field, lists,
                   wire_get_list(s, offset,
                                 schema_field_element(field, lists)));
        return;
    }
    switch (field->kind) {
    case SCHEMA_TEXT:
        text = wire_get_text_or(s, offset,
                                (struct wire_text){otherwise, length});
        printer_quote(values->printer, text.bytes, text.length);
        break;
    case SCHEMA_DATA:
        print_data(values->printer,
                   wire_get_data_or(s, offset,
                                    (struct wire_data){
                                        (const uint8_t *)otherwise, length}));
        break;
    case SCHEMA_STRUCT:
        print_struct(values, &values->schema->structs[field->index],
                     wire_get_struct(s, offset));
        break;
    case SCHEMA_GROUP:
        print_struct(values, &values->schema->structs[field->index], s);
        break;
    case SCHEMA_INTERFACE:
    case SCHEMA_ANY_POINTER:
        print_cap(values, field, wire_get_cap(s, offset));
        break;
    default:
        print_bits(values, field, bits);
        break;
    }
}

static void print_field(struct value_printer *values,
                        const struct schema_field *field, struct wire_struct s)
{
    printer_add(values->printer, "%s = ", field->name);
    print_value(values, field, field->lists, s, field->offset,
                schema_get_bits(field, s));
}

/* A struct that is a recursive field may be nested as deep as wire.h allows. */
static void print_struct(struct value_printer *values,
                         const struct schema_struct *type,
                         struct wire_struct s)
{
    const char *comma = "";

    printer_put(values->printer, '(');
    for (uint16_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];

        if (!schema_field_active(type, field, s) ||
            (field->kind == SCHEMA_STRUCT && !wire_has(s, field->offset))) {
            continue; /* an absent struct would print all its defaults */
        }
        printer_add(values->printer, "%s", comma);
        print_field(values, field, s);
        comma = ", ";
    }
    printer_put(values->printer, ')');
}

void value_print(struct value_printer *values,
                 const struct schema_struct *type, struct wire_struct s,
                 uint32_t indent)
{
    for (uint16_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];
        bool rows = field->lists == 1 && field->kind == SCHEMA_STRUCT;

        if (!schema_field_active(type, field, s)) {
            continue;
        }
        printer_add(values->printer, "%*s", (int)indent, "");
        if (rows && wire_has(s, field->offset)) {
            printer_add(values->printer, "%s = ", field->name);
            print_rows(values, field,
                       wire_get_list(s, field->offset, WIRE_COMPOSITE),
                       indent);
        } else {
            print_field(values, field, s);
        }
        printer_put(values->printer, '\n');
    }
}
