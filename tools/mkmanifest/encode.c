/*
 * encode.c - from JSON to a message (encode.h).
 *
 * A struct is encoded in three walks: its shape (which fields are there), its
 * data section, and its pointer section in the order of the pointers, which is
 * what makes the layout canonical. Groups share the sections of the struct
 * around them, so every walk goes into them.
 */
#include "encode.h"

#include <string.h>

#include "nearest.h"
#include "scalar.h"

#define NAMES_MAX 64u
#define NAMES_BYTES 512u

/* Fields that only some values of their struct have: check.c says which. */
static const struct {
    const char *type;
    const char *field;
} optional_fields[] = {
    {"ServiceCap", "interfaceId"},
    {"ServiceCap", "tag"},
    {"ServiceCap", "export"},
    {"Service", "needs"},
    {"Service", "exports"},
    {"Service", "ready"},
    {"Service", "restart"},
    {"ProcessLimits", "tables"},
    {"ProcessLimits", "virtual"},
    {"ProcessLimits", "rings"},
    {"ProcessLimits", "calls"},
    {"ProcessLimits", "objects"},
    {"ProcessLimits", "scratch"},
    {"ProcessLimits", "logBytes"},
    {"ProcessLimits", "weight"},
};

struct encoder {
    struct report *report;
    const struct schema *schema;
};

static bool field_optional(const struct schema_struct *type,
                           const struct schema_field *field)
{
    for (size_t i = 0;
         i < sizeof(optional_fields) / sizeof(optional_fields[0]); i++) {
        if (strcmp(type->name, optional_fields[i].type) == 0 &&
            strcmp(field->name, optional_fields[i].field) == 0) {
            return true;
        }
    }
    return false;
}

static bool field_pointer(const struct schema_field *field)
{
    return field->lists > 0 || field->kind == SCHEMA_TEXT ||
           field->kind == SCHEMA_STRUCT;
}

/* "a, b, c and d", for messages. */
static const char *field_names(const struct schema_struct *type, char *text,
                               size_t size)
{
    size_t length = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < type->field_count && length < size; i++) {
        const char *between = i == 0                       ? ""
                              : i + 1 == type->field_count ? " and "
                                                           : ", ";

        length += (size_t)snprintf(text + length, size - length, "%s%s",
                                   between, type->fields[i].name);
    }
    return text;
}

static const char *field_nearest(const struct schema_struct *type,
                                 const char *name)
{
    const char *names[NAMES_MAX];
    uint32_t count = 0;

    for (; count < type->field_count && count < NAMES_MAX; count++) {
        names[count] = type->fields[count].name;
    }
    return nearest_match(name, names, count);
}

/* ------------------------------------------------------------------ shape */

static void check_key(struct encoder *encoder,
                      const struct schema_struct *type, const char *key)
{
    char names[NAMES_BYTES];
    const char *match;

    for (uint32_t i = 0; i < type->field_count; i++) {
        if (strcmp(type->fields[i].name, key) == 0) {
            return;
        }
    }
    match = field_nearest(type, key);
    report_problem(encoder->report,
                   "unknown field '%s'%s%s%s; the fields of %s are %s", key,
                   match == NULL ? "" : ": did you mean '",
                   match == NULL ? "" : match, match == NULL ? "" : "'?",
                   type->name, field_names(type, names, sizeof(names)));
}

static void check_fields(struct encoder *encoder,
                         const struct schema_struct *type, json_t *value)
{
    char names[NAMES_BYTES];
    uint32_t members = 0;

    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];
        bool present = json_object_get(value, field->name) != NULL;

        if (field->tag != SCHEMA_NO_TAG) {
            members += present;
        } else if (!present && !field_optional(type, field)) {
            report_problem(
                encoder->report,
                "field '%s' is missing; the fields of %s are %s", field->name,
                type->name, field_names(type, names, sizeof(names)));
        }
    }
    if (type->tag_count > 0 && members != 1) {
        report_problem(encoder->report,
                       "%u of its fields are given, not exactly one; the "
                       "choices of %s are %s",
                       members, type->name,
                       field_names(type, names, sizeof(names)));
    }
}

/* True if the value is an object that has exactly the type's fields. */
static bool check_shape(struct encoder *encoder,
                        const struct schema_struct *type, json_t *value)
{
    uint32_t before = encoder->report->problems;
    char names[NAMES_BYTES];
    const char *key;
    json_t *member;

    if (!json_is_object(value)) {
        report_problem(encoder->report,
                       "must be an object with the fields %s",
                       field_names(type, names, sizeof(names)));
        return false;
    }
    json_object_foreach(value, key, member)
    {
        check_key(encoder, type, key);
    }
    check_fields(encoder, type, value);
    return encoder->report->problems == before;
}

/* ----------------------------------------------------------- data section */

static void encode_data(struct encoder *encoder,
                        const struct schema_struct *type, json_t *value,
                        struct wire_builder_struct s);

static void encode_data_field(struct encoder *encoder,
                              const struct schema_field *field, json_t *value,
                              struct wire_builder_struct s)
{
    const struct schema_struct *group;
    uint64_t bits;

    if (field->kind == SCHEMA_GROUP) {
        group = &encoder->schema->structs[field->index];
        if (check_shape(encoder, group, value)) {
            encode_data(encoder, group, value, s);
        }
    } else if (scalar_read(encoder->report, encoder->schema, field, value,
                           &bits)) {
        scalar_store(field, bits, s);
    }
}

/* Everything but pointers. The shape must have been checked. */
static void encode_data(struct encoder *encoder,
                        const struct schema_struct *type, json_t *value,
                        struct wire_builder_struct s)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];
        json_t *member = json_object_get(value, field->name);
        uint32_t mark;

        if (member == NULL) {
            continue;
        }
        if (field->tag != SCHEMA_NO_TAG) {
            wire_set_u16(s, type->tag_offset / 8, field->tag, 0);
        }
        if (!field_pointer(field)) {
            mark = report_enter(encoder->report, field->name);
            encode_data_field(encoder, field, member, s);
            report_leave(encoder->report, mark);
        }
    }
}

/* -------------------------------------------------------- pointer section */

static void encode_text(struct encoder *encoder, json_t *value,
                        struct wire_builder_struct s, uint32_t index)
{
    struct wire_text text;

    if (!json_is_string(value)) {
        report_problem(encoder->report, "must be a string");
        return;
    }
    text.bytes = json_string_value(value);
    text.length = (uint32_t)json_string_length(value);
    wire_set_text(s, index, text);
}

static void encode_element(struct encoder *encoder,
                           const struct schema_field *field, json_t *value,
                           struct wire_builder_struct element)
{
    uint64_t bits;

    if (field->kind == SCHEMA_STRUCT) {
        encode_struct(encoder->report, encoder->schema,
                      &encoder->schema->structs[field->index], value,
                      element);
    } else if (field->kind == SCHEMA_TEXT) {
        encode_text(encoder, value, element, 0);
    } else if (scalar_read(encoder->report, encoder->schema, field, value,
                           &bits)) {
        struct schema_field first = *field;

        first.offset = 0;
        first.otherwise = 0;
        scalar_store(&first, bits, element);
    }
}

static void encode_list(struct encoder *encoder,
                        const struct schema_field *field, json_t *value,
                        struct wire_builder_struct s)
{
    const struct schema_struct *type;
    struct wire_builder_list list;
    uint32_t count;

    if (!json_is_array(value) || field->lists > 1 ||
        field->kind == SCHEMA_BOOL) {
        report_problem(encoder->report, "must be an array");
        return;
    }
    count = (uint32_t)json_array_size(value);
    if (field->kind == SCHEMA_STRUCT) {
        type = &encoder->schema->structs[field->index];
        list = wire_init_structs(s, field->offset, count, type->data_words,
                                 type->pointers);
    } else {
        list = wire_init_list(s, field->offset,
                              schema_field_element(field, 1), count);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t mark = report_enter_index(encoder->report, i);

        encode_element(encoder, field, json_array_get(value, i),
                       wire_builder_element(list, i));
        report_leave(encoder->report, mark);
    }
}

static void encode_pointer(struct encoder *encoder,
                           const struct schema_field *field, json_t *value,
                           struct wire_builder_struct s)
{
    const struct schema_struct *type;

    if (field->lists > 0) {
        encode_list(encoder, field, value, s);
    } else if (field->kind == SCHEMA_TEXT) {
        encode_text(encoder, value, s, field->offset);
    } else {
        type = &encoder->schema->structs[field->index];
        encode_struct(encoder->report, encoder->schema, type, value,
                      wire_init_struct(s, field->offset, type->data_words,
                                       type->pointers));
    }
}

/* The one pointer of that index, in the struct or a group of it. */
static void encode_pointer_at(struct encoder *encoder,
                              const struct schema_struct *type, json_t *value,
                              struct wire_builder_struct s, uint32_t index)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];
        json_t *member = json_object_get(value, field->name);
        uint32_t mark;

        if (member == NULL) {
            continue;
        }
        mark = report_enter(encoder->report, field->name);
        if (field->kind == SCHEMA_GROUP) {
            encode_pointer_at(encoder,
                              &encoder->schema->structs[field->index], member,
                              s, index);
        } else if (field_pointer(field) && field->offset == index) {
            encode_pointer(encoder, field, member, s);
        }
        report_leave(encoder->report, mark);
    }
}

void encode_struct(struct report *report, const struct schema *schema,
                   const struct schema_struct *type, json_t *value,
                   struct wire_builder_struct s)
{
    struct encoder encoder = {.report = report, .schema = schema};

    /* What has the wrong shape is reported; the fields are looked at too. */
    check_shape(&encoder, type, value);
    encode_data(&encoder, type, value, s);
    for (uint32_t i = 0; i < type->pointers; i++) {
        encode_pointer_at(&encoder, type, value, s, i);
    }
}
