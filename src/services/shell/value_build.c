/*
 * value_build.c - binds arguments to fields and builds structs and lists of
 * them; value_scalar.c puts single values (value_build.h).
 *
 * Recursion is one level per bracket, which scan.h bounds.
 */
#include "value_build.h"

#include "fmt.h"
#include "nearest.h"
#include "text.h"
#include "value_put.h"

/* The argument of each field; at is NULL: none. */
struct binding {
    struct span values[VALUE_FIELDS_MAX];
};

bool value_fail(struct value_builder *builder, const struct value_slot *slot,
                struct span value, const char *detail)
{
    char type[TYPE_NAME_BYTES];

    fmt_format(builder->error, sizeof(builder->error),
               "%s: %.*s is no %s; %s", slot->field->name,
               (int)(span_bytes(value) < 40 ? span_bytes(value) : 40),
               value.at,
               type_name(builder->schema, slot->field, slot->lists, type),
               detail);
    return false;
}

static bool wrong_argument(struct value_builder *builder, const char *wrong)
{
    fmt_format(builder->error, sizeof(builder->error), "%s", wrong);
    return false;
}

static bool unknown_field(struct value_builder *builder,
                          const struct schema_struct *type, struct span name)
{
    const char *names[VALUE_FIELDS_MAX];
    char word[NEAREST_LENGTH_MAX + 2];
    const char *nearest;

    for (uint16_t i = 0; i < type->field_count; i++) {
        names[i] = type->fields[i].name;
    }
    fmt_format(word, sizeof(word), "%.*s", (int)span_bytes(name), name.at);
    nearest = nearest_match(word, names, type->field_count);
    fmt_format(builder->error, sizeof(builder->error),
               nearest != NULL ? "there is no argument %s; did you mean %s?"
                               : "there is no argument %s%s",
               word, nearest != NULL ? nearest : "");
    return false;
}

/* The index of the field of that name; -1 if there is none. */
static int32_t field_named(const struct schema_struct *type, struct span name)
{
    for (uint16_t i = 0; i < type->field_count; i++) {
        const char *field = type->fields[i].name;

        if (text_length(field) == span_bytes(name) &&
            bytes_equal(field, name.at, span_bytes(name))) {
            return i;
        }
    }
    return -1;
}

/* The next field, from *next on, that an argument without a name takes. */
static int32_t field_next(const struct schema_struct *type, uint16_t *next)
{
    while (*next < type->field_count &&
           type->fields[*next].tag != SCHEMA_NO_TAG) {
        (*next)++; /* members of a union are always named */
    }
    return *next < type->field_count ? (*next)++ : -1;
}

static bool bind_one(struct value_builder *builder,
                     const struct schema_struct *type,
                     const struct argument *argument, uint16_t *next,
                     struct binding *binding)
{
    bool named = span_bytes(argument->name) > 0;
    int32_t index = named ? field_named(type, argument->name)
                          : field_next(type, next);

    if (index < 0 && named) {
        return unknown_field(builder, type, argument->name);
    }
    if (index < 0) {
        fmt_format(builder->error, sizeof(builder->error),
                   "%.*s is one argument too many",
                   (int)span_bytes(argument->value), argument->value.at);
        return false;
    }
    if (binding->values[index].at != NULL) {
        fmt_format(builder->error, sizeof(builder->error),
                   "the argument %s is given twice",
                   type->fields[index].name);
        return false;
    }
    binding->values[index] = argument->value;
    return true;
}

static bool bind(struct value_builder *builder,
                 const struct schema_struct *type, struct span arguments,
                 struct binding *binding)
{
    struct argument argument;
    const char *wrong = "";
    uint16_t next = 0;
    int32_t got;

    *binding = (struct binding){.values = {{NULL, NULL}}};
    if (type->field_count > VALUE_FIELDS_MAX) {
        return wrong_argument(builder, "more fields than the shell can fill");
    }
    while ((got = scan_argument(&arguments, &argument, &wrong)) > 0) {
        if (!bind_one(builder, type, &argument, &next, binding)) {
            return false;
        }
    }
    return got == 0 || wrong_argument(builder, wrong);
}

/* Marks the member of a union that was given; there can be only one. */
static bool choose(struct value_builder *builder,
                   const struct schema_struct *type,
                   const struct binding *binding,
                   struct wire_builder_struct out)
{
    const struct schema_field *chosen = NULL;

    for (uint16_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];

        if (field->tag == SCHEMA_NO_TAG || binding->values[i].at == NULL) {
            continue;
        }
        if (chosen != NULL) {
            fmt_format(builder->error, sizeof(builder->error),
                       "%s and %s exclude each other; give one of them",
                       chosen->name, field->name);
            return false;
        }
        chosen = field;
        wire_set_u16(out, type->tag_offset / 8, field->tag, 0);
    }
    return true;
}

bool value_build(struct value_builder *builder,
                 const struct schema_struct *type, struct span arguments,
                 struct wire_builder_struct out)
{
    struct binding binding;

    if (!bind(builder, type, arguments, &binding) ||
        !choose(builder, type, &binding, out)) {
        return false;
    }
    for (uint16_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];
        struct value_slot slot = {.field = field,
                                  .lists = field->lists,
                                  .out = out,
                                  .offset = field->offset,
                                  .otherwise = field->otherwise};

        if (binding.values[i].at != NULL &&
            !value_put(builder, &slot, binding.values[i])) {
            return false;
        }
    }
    return true;
}

/* How many values a list has; -1: *wrong. */
static int32_t list_count(struct span inside, const char **wrong)
{
    struct span value;
    int32_t count = 0;
    int32_t got;

    while ((got = scan_value(&inside, &value, wrong)) > 0) {
        count++;
    }
    return got < 0 ? -1 : count;
}

static struct wire_builder_list list_init(struct value_builder *builder,
                                          const struct value_slot *slot,
                                          uint32_t count)
{
    const struct schema_field *field = slot->field;
    enum wire_element element = schema_field_element(field, slot->lists);

    if (element == WIRE_COMPOSITE) {
        const struct schema_struct *type =
            &builder->schema->structs[field->index];

        return wire_init_structs(slot->out, slot->offset, count,
                                 type->data_words, type->pointers);
    }
    return wire_init_list(slot->out, slot->offset, element, count);
}

static bool list_put(struct value_builder *builder,
                     const struct value_slot *slot,
                     struct wire_builder_list list, uint32_t i,
                     struct span value)
{
    struct value_slot one = {.field = slot->field,
                             .lists = (uint8_t)(slot->lists - 1)};
    struct span inside;

    if (list.element == WIRE_BIT) {
        bool bit = false;

        if (!value_bool(builder, &one, value, &bit)) {
            return false;
        }
        wire_put_bool(list, i, bit);
        return true;
    }
    one.out = wire_builder_element(list, i);
    if (list.element != WIRE_COMPOSITE) {
        return value_put(builder, &one, value);
    }
    if (!scan_inside(value, '(', &inside)) {
        return value_fail(builder, &one, value, "write (NAME=VALUE, ...)");
    }
    return value_build(builder, &builder->schema->structs[slot->field->index],
                       inside, one.out);
}

bool value_put_list(struct value_builder *builder,
                    const struct value_slot *slot, struct span value)
{
    struct wire_builder_list list;
    const char *wrong = "";
    struct span inside;
    struct span one;
    int32_t count;

    if (!scan_inside(value, '[', &inside)) {
        return value_fail(builder, slot, value, "write [VALUE, ...]");
    }
    count = list_count(inside, &wrong);
    if (count < 0) {
        return value_fail(builder, slot, value, wrong);
    }
    list = list_init(builder, slot, (uint32_t)count);
    for (uint32_t i = 0; i < (uint32_t)count && !slot->out.builder->error;
         i++) {
        scan_value(&inside, &one, &wrong);
        if (!list_put(builder, slot, list, i, one)) {
            return false;
        }
    }
    return true;
}

bool value_put_struct(struct value_builder *builder,
                      const struct value_slot *slot, struct span value)
{
    const struct schema_struct *type =
        &builder->schema->structs[slot->field->index];
    struct wire_builder_struct out = slot->out;
    struct span inside;

    if (!scan_inside(value, '(', &inside)) {
        return value_fail(builder, slot, value, "write (NAME=VALUE, ...)");
    }
    if (slot->field->kind == SCHEMA_STRUCT) {
        out = wire_init_struct(slot->out, slot->offset, type->data_words,
                               type->pointers);
    }
    return value_build(builder, type, inside, out);
}
