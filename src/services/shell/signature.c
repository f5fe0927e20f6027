/* signature.c - see signature.h. */
#include "signature.h"

#include "fmt.h"
#include "nearest.h"
#include "text.h"

#define METHODS_MAX 64u /* of one interface, for suggestions */

static const char *const kind_names[] = {
    "Void",   "Bool",   "Int8",   "Int16",   "Int32",   "Int64", "UInt8",
    "UInt16", "UInt32", "UInt64", "Float32", "Float64", "Text",  "Data",
};

static const char *innermost(const struct schema *schema,
                             const struct schema_field *field)
{
    switch (field->kind) {
    case SCHEMA_ENUM:
        return schema->enums[field->index].name;
    case SCHEMA_STRUCT:
    case SCHEMA_GROUP:
        return schema->structs[field->index].name;
    case SCHEMA_INTERFACE:
        return schema->interfaces[field->index].name;
    case SCHEMA_ANY_POINTER:
        return "AnyPointer";
    default:
        return field->kind < sizeof(kind_names) / sizeof(kind_names[0])
                   ? kind_names[field->kind]
                   : "?";
    }
}

const char *type_name(const struct schema *schema,
                      const struct schema_field *field, uint8_t lists,
                      char buffer[TYPE_NAME_BYTES])
{
    uint32_t used = 0;

    for (uint8_t i = 0; i < lists && used < TYPE_NAME_BYTES / 2; i++) {
        used += (uint32_t)fmt_format(buffer + used, TYPE_NAME_BYTES - used,
                                     "List(");
    }
    fmt_format(buffer + used, TYPE_NAME_BYTES - used, "%s",
               innermost(schema, field));
    used = (uint32_t)text_length(buffer);
    for (uint8_t i = 0; i < lists && used < TYPE_NAME_BYTES - 1; i++) {
        buffer[used++] = ')';
        buffer[used] = '\0';
    }
    return buffer;
}

/* Defaults of numbers are told; 0 goes without saying. */
static void print_default(struct printer *printer, const struct schema *schema,
                          const struct schema_field *field)
{
    uint64_t value = field->otherwise;

    if (field->lists > 0 || value == 0 || field->text != NULL) {
        return;
    }
    if (field->kind == SCHEMA_BOOL) {
        printer_add(printer, " = true");
    } else if (field->kind == SCHEMA_ENUM &&
               value < schema->enums[field->index].count) {
        printer_add(printer, " = %s",
                    schema->enums[field->index].names[value]);
    } else if (field->kind >= SCHEMA_UINT8 && field->kind <= SCHEMA_UINT64) {
        printer_add(printer, " = %llu", (unsigned long long)value);
    }
}

static void print_fields(struct printer *printer, const struct schema *schema,
                         const struct schema_struct *type)
{
    char name[TYPE_NAME_BYTES];

    printer_put(printer, '(');
    for (uint16_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];

        printer_add(printer, "%s%s :%s", i > 0 ? ", " : "", field->name,
                    type_name(schema, field, field->lists, name));
        print_default(printer, schema, field);
    }
    printer_put(printer, ')');
}

void signature_print(struct printer *printer, const struct schema *schema,
                     const struct schema_method *method)
{
    printer_add(printer, "%s", method->name);
    print_fields(printer, schema, &schema->structs[method->params]);
    printer_add(printer, " -> ");
    print_fields(printer, schema, &schema->structs[method->results]);
}

void signature_print_all(struct printer *printer, const struct schema *schema,
                         const struct schema_interface *iface)
{
    for (uint16_t i = 0; i < iface->method_count; i++) {
        printer_add(printer, "  ");
        signature_print(printer, schema, &iface->methods[i]);
        printer_put(printer, '\n');
    }
}

int32_t signature_find(const struct schema_interface *iface, const char *name,
                       uint32_t length, const char **nearest)
{
    const char *names[METHODS_MAX];
    char word[NEAREST_LENGTH_MAX + 2];
    uint32_t count = 0;

    for (uint16_t i = 0; i < iface->method_count; i++) {
        const char *method = iface->methods[i].name;

        if (text_length(method) == length && bytes_equal(method, name, length)) {
            return i;
        }
        if (count < METHODS_MAX) {
            names[count++] = method;
        }
    }
    fmt_format(word, sizeof(word), "%.*s", (int)length, name);
    *nearest = nearest_match(word, names, count);
    return -1;
}
