/* value_scalar.c - single values of each type; see value_build.h. */
#include "fmt.h"
#include "nearest.h"
#include "text.h"
#include "value_put.h"

#define ENUM_NAMES_MAX 64u

static bool word_equal(struct span value, const char *word)
{
    return text_length(word) == span_bytes(value) &&
           bytes_equal(value.at, word, span_bytes(value));
}

bool value_bool(struct value_builder *builder, const struct value_slot *slot,
                struct span value, bool *result)
{
    *result = word_equal(value, "true");
    return *result || word_equal(value, "false") ||
           value_fail(builder, slot, value, "write true or false");
}

static void put_bits(const struct value_slot *slot, uint64_t bits)
{
    uint32_t offset = slot->offset / 8;
    uint64_t otherwise = slot->otherwise;

    switch (schema_kind_bits(slot->field->kind)) {
    case 1:
        wire_set_bool(slot->out, slot->offset, bits != 0, otherwise != 0);
        break;
    case 8:
        wire_set_u8(slot->out, offset, (uint8_t)bits, (uint8_t)otherwise);
        break;
    case 16:
        wire_set_u16(slot->out, offset, (uint16_t)bits, (uint16_t)otherwise);
        break;
    case 32:
        wire_set_u32(slot->out, offset, (uint32_t)bits, (uint32_t)otherwise);
        break;
    default:
        wire_set_u64(slot->out, offset, bits, otherwise);
        break;
    }
}

/* What the integer type holds, for a message. */
static bool range_fail(struct value_builder *builder,
                       const struct value_slot *slot, struct span value)
{
    uint32_t bits = schema_kind_bits(slot->field->kind);
    uint64_t half = 1ull << (bits - 1);
    char detail[96];

    if (slot->field->kind <= SCHEMA_INT64) {
        fmt_format(detail, sizeof(detail), "write a number from -%llu to %llu",
                   (unsigned long long)half, (unsigned long long)(half - 1));
    } else {
        fmt_format(detail, sizeof(detail), "write a number from 0 to %llu%s",
                   (unsigned long long)(half - 1 + half),
                   bits == 64 ? ", or @NAME for a capability's id" : "");
    }
    return value_fail(builder, slot, value, detail);
}

static bool put_cap_id(struct value_builder *builder,
                       const struct value_slot *slot, struct span value)
{
    uint64_t cap = builder->cap_find((struct span){value.at + 1, value.end});

    if (cap == 0) {
        return value_fail(builder, slot, value,
                          "there is no capability of that name (see caps)");
    }
    put_bits(slot, cap);
    return true;
}

static bool put_integer(struct value_builder *builder,
                        const struct value_slot *slot, struct span value)
{
    uint32_t bits = schema_kind_bits(slot->field->kind);
    bool sign = slot->field->kind <= SCHEMA_INT64;
    uint64_t most = UINT64_MAX >> (64 - bits + sign);
    uint64_t magnitude;
    bool negative;

    if (slot->field->kind == SCHEMA_UINT64 && *value.at == '@') {
        return put_cap_id(builder, slot, value);
    }
    if (!scan_number(value, &negative, &magnitude) ||
        (negative && !sign) || magnitude > most + (negative ? 1 : 0)) {
        return range_fail(builder, slot, value);
    }
    put_bits(slot, negative ? 0 - magnitude : magnitude);
    return true;
}

static bool enum_fail(struct value_builder *builder,
                      const struct value_slot *slot, struct span value)
{
    const struct schema_enum *type =
        &builder->schema->enums[slot->field->index];
    char word[NEAREST_LENGTH_MAX + 2];
    char detail[160];
    const char *nearest;
    uint32_t used = 0;

    fmt_format(word, sizeof(word), "%.*s", (int)span_bytes(value), value.at);
    nearest = nearest_match(word, type->names, type->count);
    if (nearest != NULL) {
        fmt_format(detail, sizeof(detail), "did you mean %s?", nearest);
        return value_fail(builder, slot, value, detail);
    }
    for (uint16_t i = 0; i < type->count && used < sizeof(detail) - 1; i++) {
        used += (uint32_t)fmt_format(detail + used, sizeof(detail) - used,
                                     "%s%s", i == 0 ? "write " : " or ",
                                     type->names[i]);
    }
    return value_fail(builder, slot, value, detail);
}

static bool put_enum(struct value_builder *builder,
                     const struct value_slot *slot, struct span value)
{
    const struct schema_enum *type =
        &builder->schema->enums[slot->field->index];

    for (uint16_t i = 0; i < type->count; i++) {
        if (word_equal(value, type->names[i])) {
            put_bits(slot, i);
            return true;
        }
    }
    return enum_fail(builder, slot, value);
}

/* A Text has a NUL behind it, which its length on the wire counts. */
static uint8_t *bytes_init(const struct value_slot *slot, uint32_t length)
{
    bool text = slot->field->kind == SCHEMA_TEXT;

    return wire_init_data(slot->out, slot->offset, length + text);
}

static bool put_quoted(struct value_builder *builder,
                       const struct value_slot *slot, struct span value)
{
    int32_t length = scan_unquote(value, NULL);
    uint8_t *bytes;

    if (length < 0) {
        return value_fail(builder, slot, value,
                          "a \\ is followed by n, t, r, 0, \", \\ or xHH");
    }
    bytes = bytes_init(slot, (uint32_t)length);
    if (bytes != NULL) {
        scan_unquote(value, bytes);
    }
    return true;
}

static bool put_word(struct value_builder *builder,
                     const struct value_slot *slot, struct span value)
{
    uint8_t *bytes;

    if (*value.at == '[' || *value.at == '(') {
        return value_fail(builder, slot, value, "write a word or \"TEXT\"");
    }
    bytes = bytes_init(slot, span_bytes(value));
    if (bytes != NULL) {
        __builtin_memcpy(bytes, value.at, span_bytes(value));
    }
    return true;
}

static bool put_hex(struct value_builder *builder,
                    const struct value_slot *slot, struct span value)
{
    int32_t length = scan_hex(value, NULL);
    uint8_t *bytes;

    if (length < 0) {
        return value_fail(builder, slot, value,
                          "write pairs of hexadecimal digits, or \"TEXT\"");
    }
    bytes = bytes_init(slot, (uint32_t)length);
    if (bytes != NULL) {
        scan_hex(value, bytes);
    }
    return true;
}

bool value_put(struct value_builder *builder, const struct value_slot *slot,
               struct span value)
{
    bool bit;

    if (slot->lists > 0) {
        return value_put_list(builder, slot, value);
    }
    switch (slot->field->kind) {
    case SCHEMA_VOID:
        return word_equal(value, "void") ||
               value_fail(builder, slot, value, "write void");
    case SCHEMA_BOOL:
        if (!value_bool(builder, slot, value, &bit)) {
            return false;
        }
        put_bits(slot, bit);
        return true;
    case SCHEMA_ENUM:
        return put_enum(builder, slot, value);
    case SCHEMA_TEXT:
        return *value.at == '"' ? put_quoted(builder, slot, value)
                                : put_word(builder, slot, value);
    case SCHEMA_DATA:
        return *value.at == '"' ? put_quoted(builder, slot, value)
                                : put_hex(builder, slot, value);
    case SCHEMA_STRUCT:
    case SCHEMA_GROUP:
        return value_put_struct(builder, slot, value);
    default:
        break;
    }
    if (slot->field->kind >= SCHEMA_INT8 &&
        slot->field->kind <= SCHEMA_UINT64) {
        return put_integer(builder, slot, value);
    }
    return value_fail(builder, slot, value,
                      "the shell cannot write values of that type");
}
