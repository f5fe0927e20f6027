/*
 * scalar.c - values without pointers (scalar.h).
 *
 * JSON numbers pass through programs that keep them as doubles (the evaluator
 * of CUE is one), so beyond 2^53 a number may already be another one: there a
 * string is asked for.
 */
#include "scalar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"

#define EXACT_MAX (INT64_C(1) << 53)
#define NAMES_MAX 128u

static bool kind_signed(uint8_t kind)
{
    return kind >= SCHEMA_INT8 && kind <= SCHEMA_INT64;
}

static bool kind_integer(uint8_t kind)
{
    return kind >= SCHEMA_INT8 && kind <= SCHEMA_UINT64;
}

/* A whole string as a number: decimal, or hexadecimal with 0x. */
static bool text_number(const char *text, bool negative, uint64_t *number)
{
    const char *digits = text + (text[0] == '-');
    int base = digits[0] == '0' && digits[1] == 'x' ? 16 : 10;
    const char *set =
        base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
    char *end;

    digits += base == 16 ? 2 : 0;
    if (digits[0] == '\0' || strspn(digits, set) != strlen(digits) ||
        (text[0] == '-' && !negative)) {
        return false;
    }
    errno = 0;
    *number = strtoull(digits, &end, base);
    if (errno != 0) {
        return false;
    }
    if (text[0] == '-') {
        *number = 0 - *number;
        return (int64_t)*number <= 0;
    }
    return !negative || *number <= INT64_MAX;
}

static bool number_fits(const struct schema_field *field, uint64_t number)
{
    uint32_t bits = schema_kind_bits(field->kind);
    int64_t value = (int64_t)number;

    if (bits == 64) {
        return true;
    }
    if (kind_signed(field->kind)) {
        return value >= -(INT64_C(1) << (bits - 1)) &&
               value < INT64_C(1) << (bits - 1);
    }
    return number < UINT64_C(1) << bits;
}

static bool read_interface(struct report *report, const struct schema *schema,
                           const char *text, uint64_t *id)
{
    const char *names[NAMES_MAX];
    uint32_t count = 0;
    const char *match;

    for (; count < schema->interface_count && count < NAMES_MAX; count++) {
        names[count] = schema->interfaces[count].name;
        if (strcmp(names[count], text) == 0) {
            *id = schema->interfaces[count].id;
            return true;
        }
    }
    match = nearest_match(text, names, count);
    report_problem(report,
                   "'%s' is neither an interface of the schema nor a number"
                   "%s%s%s",
                   text, match == NULL ? "" : ": did you mean '",
                   match == NULL ? "" : match, match == NULL ? "" : "'?");
    return false;
}

static bool read_integer_text(struct report *report,
                              const struct schema *schema,
                              const struct schema_field *field,
                              const char *text, uint64_t *bits)
{
    if (text_number(text, kind_signed(field->kind), bits)) {
        return true;
    }
    if (strcmp(field->name, "interfaceId") == 0) {
        return read_interface(report, schema, text, bits);
    }
    report_problem(report, "'%s' is not a %s integer of 64 bits", text,
                   kind_signed(field->kind) ? "signed" : "non-negative");
    return false;
}

static bool read_integer(struct report *report, const struct schema *schema,
                         const struct schema_field *field, json_t *value,
                         uint64_t *bits)
{
    if (json_is_string(value)) {
        if (!read_integer_text(report, schema, field,
                               json_string_value(value), bits)) {
            return false;
        }
    } else if (!json_is_integer(value)) {
        report_problem(report, "must be an integer");
        return false;
    } else {
        json_int_t number = json_integer_value(value);

        if (number > EXACT_MAX || number < -EXACT_MAX) {
            report_problem(report,
                           "%" JSON_INTEGER_FORMAT
                           " is beyond 2^53 and may have been rounded: "
                           "write it as a string",
                           number);
            return false;
        }
        if (number < 0 && !kind_signed(field->kind)) {
            report_problem(report, "must not be negative");
            return false;
        }
        *bits = (uint64_t)number;
    }
    if (!number_fits(field, *bits)) {
        report_problem(report, "does not fit %" PRIu32 " bits",
                       schema_kind_bits(field->kind));
        return false;
    }
    return true;
}

static bool read_enum(struct report *report, const struct schema_enum *type,
                      json_t *value, uint64_t *bits)
{
    const char *text = json_string_value(value);
    const char *match;

    for (uint16_t i = 0; text != NULL && i < type->count; i++) {
        if (strcmp(text, type->names[i]) == 0) {
            *bits = i;
            return true;
        }
    }
    match = text == NULL ? NULL
                         : nearest_match(text, type->names, type->count);
    report_problem(report, "must be a name of %s, such as \"%s\"", type->name,
                   match == NULL ? type->names[0] : match);
    return false;
}

bool scalar_read(struct report *report, const struct schema *schema,
                 const struct schema_field *field, json_t *value,
                 uint64_t *bits)
{
    if (field->kind == SCHEMA_BOOL) {
        if (!json_is_boolean(value)) {
            report_problem(report, "must be true or false");
            return false;
        }
        *bits = json_is_true(value);
        return true;
    }
    if (field->kind == SCHEMA_ENUM) {
        return read_enum(report, &schema->enums[field->index], value, bits);
    }
    if (kind_integer(field->kind)) {
        return read_integer(report, schema, field, value, bits);
    }
    report_problem(report, "the schema has a type here that no manifest has");
    return false;
}

void scalar_store(const struct schema_field *field, uint64_t bits,
                  struct wire_builder_struct s)
{
    uint32_t offset = field->offset / 8;
    uint64_t otherwise = field->otherwise;

    switch (schema_kind_bits(field->kind)) {
    case 1:
        wire_set_bool(s, field->offset, bits != 0, otherwise != 0);
        break;
    case 8:
        wire_set_u8(s, offset, (uint8_t)bits, (uint8_t)otherwise);
        break;
    case 16:
        wire_set_u16(s, offset, (uint16_t)bits, (uint16_t)otherwise);
        break;
    case 32:
        wire_set_u32(s, offset, (uint32_t)bits, (uint32_t)otherwise);
        break;
    default:
        wire_set_u64(s, offset, bits, otherwise);
        break;
    }
}
