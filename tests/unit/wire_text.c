/*
 * wire_text.c - prints messages through the schema tables (wire_text.h).
 *
 * Knows nothing of any schema: what it prints right, the tables say right.
 */
#include "wire_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void dump_bytes(FILE *file, const uint8_t *bytes, uint32_t length,
                       bool binary)
{
    static const char names[] = "abtnvfr";

    fputc('"', file);
    for (uint32_t i = 0; i < length; i++) {
        uint8_t c = bytes[i];

        if (c == '"' || c == '\'' || c == '\\') {
            fprintf(file, "\\%c", c);
        } else if (c >= 7 && c <= 13) {
            fprintf(file, "\\%c", names[c - 7]);
        } else if (c < 0x20 || c == 0x7f || (binary && c > 0x7f)) {
            fprintf(file, "\\%03o", c);
        } else {
            fputc(c, file);
        }
    }
    fputc('"', file);
}

/* The shortest of two precisions that reads back as the same number. */
static void dump_number(FILE *file, double value, int digits, int more,
                        bool single)
{
    char text[40];
    char *plus;

    snprintf(text, sizeof(text), "%.*g", digits, value);
    if (single ? strtof(text, NULL) != (float)value
               : strtod(text, NULL) != value) {
        snprintf(text, sizeof(text), "%.*g", more, value);
    }
    plus = strchr(text, '+');
    if (plus) {
        memmove(plus, plus + 1, strlen(plus));
    }
    fputs(isnan(value) ? "nan" : text, file);
}

static void dump_float(FILE *file, const struct schema_field *field,
                       uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    double number;
    float single;

    if (field->kind == SCHEMA_FLOAT32) {
        memcpy(&single, &low, sizeof(single));
        dump_number(file, (double)single, 6, 8, true);
    } else {
        memcpy(&number, &bits, sizeof(number));
        dump_number(file, number, 15, 17, false);
    }
}

static void dump_data(FILE *file, const struct schema *schema,
                      const struct schema_field *field, uint64_t bits)
{
    switch (field->kind) {
    case SCHEMA_VOID:
        fputs("void", file);
        break;
    case SCHEMA_BOOL:
        fputs(bits ? "true" : "false", file);
        break;
    case SCHEMA_INT8:
        fprintf(file, "%d", (int8_t)bits);
        break;
    case SCHEMA_INT16:
        fprintf(file, "%d", (int16_t)bits);
        break;
    case SCHEMA_INT32:
        fprintf(file, "%d", (int32_t)bits);
        break;
    case SCHEMA_INT64:
        fprintf(file, "%lld", (long long)bits);
        break;
    case SCHEMA_FLOAT32:
    case SCHEMA_FLOAT64:
        dump_float(file, field, bits);
        break;
    case SCHEMA_ENUM:
        if (bits < schema->enums[field->index].count) {
            fputs(schema->enums[field->index].names[bits], file);
            break;
        }
        fprintf(file, "(%llu)", (unsigned long long)bits);
        break;
    default:
        fprintf(file, "%llu", (unsigned long long)bits);
        break;
    }
}

static void dump_pointer(FILE *file, const struct schema *schema,
                         const struct schema_field *field, uint8_t lists,
                         struct wire_struct s, uint32_t index);

static void dump_list(FILE *file, const struct schema *schema,
                      const struct schema_field *field, uint8_t lists,
                      struct wire_list list)
{
    struct schema_field one = *field;

    one.offset = 0;
    one.otherwise = 0;
    fputc('[', file);
    for (uint32_t i = 0; i < list.count; i++) {
        struct wire_struct element = wire_list_struct(list, i);

        fputs(i ? ", " : "", file);
        if (lists == 1 && field->kind == SCHEMA_STRUCT) {
            wire_text_dump(file, schema, &schema->structs[field->index],
                           element);
        } else if (schema_field_element(field, lists) == WIRE_POINTER) {
            dump_pointer(file, schema, field, (uint8_t)(lists - 1), element, 0);
        } else if (field->kind == SCHEMA_BOOL) {
            dump_data(file, schema, field, wire_list_bool(list, i));
        } else {
            dump_data(file, schema, field, schema_get_bits(&one, element));
        }
    }
    fputc(']', file);
}

static void dump_pointer(FILE *file, const struct schema *schema,
                         const struct schema_field *field, uint8_t lists,
                         struct wire_struct s, uint32_t index)
{
    if (lists) {
        dump_list(file, schema, field, lists,
                  wire_get_list(s, index, schema_field_element(field, lists)));
    } else if (field->kind == SCHEMA_TEXT) {
        struct wire_text text = wire_get_text(s, index);

        dump_bytes(file, (const uint8_t *)text.bytes, text.length, false);
    } else if (field->kind == SCHEMA_DATA) {
        struct wire_data data = wire_get_data(s, index);

        dump_bytes(file, data.bytes, data.length, true);
    } else if (field->kind == SCHEMA_STRUCT) {
        wire_text_dump(file, schema, &schema->structs[field->index],
                       wire_get_struct(s, index));
    }
}

static bool is_data(const struct schema_field *field)
{
    return field->lists == 0 && (field->kind == SCHEMA_VOID ||
                                 schema_kind_bits(field->kind) != 0);
}

void wire_text_dump(FILE *file, const struct schema *schema,
                    const struct schema_struct *type, struct wire_struct s)
{
    const char *comma = "";

    fputc('(', file);
    for (uint16_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];
        bool group = field->kind == SCHEMA_GROUP;

        if (!schema_field_active(type, field, s) ||
            (!group && !is_data(field) && !wire_has(s, field->offset))) {
            continue;
        }
        fprintf(file, "%s%s = ", comma, field->name);
        comma = ", ";
        if (group) {
            wire_text_dump(file, schema, &schema->structs[field->index], s);
        } else if (is_data(field)) {
            dump_data(file, schema, field, schema_get_bits(field, s));
        } else {
            dump_pointer(file, schema, field, field->lists, s, field->offset);
        }
    }
    fputc(')', file);
}
