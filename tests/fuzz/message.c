/* message.c - params of any method (message.h). */
#include "message.h"

#include <string.h>
#include <strings.h>

#include "capos.schema.gen.h"

#define STRUCTS_MAX 64u
#define TEXT_MAX 400u

/* What fields of these names mean, so that most calls get further than a check. */
enum hint {
    HINT_IMAGE,
    HINT_ENTRY,
    HINT_STACK_LOW,
    HINT_STACK_HIGH,
    HINT_ADDRESS,
    HINT_HELD,
    HINT_NONE,
};

static const struct {
    const char *name;
    enum hint hint;
} hints[] = {
    {"image", HINT_IMAGE},          {"entry", HINT_ENTRY},
    {"stackLow", HINT_STACK_LOW},   {"stackHigh", HINT_STACK_HIGH},
    {"address", HINT_ADDRESS},      {"clear", HINT_ADDRESS},
    {"cap", HINT_HELD},
};

static bool wild(const struct message *message)
{
    static const uint32_t times[] = {0, 24, 6, 2};

    return message->wildness && pick_once_in(times[message->wildness]);
}

/* ------------------------------------------------------------------ numbers */

static enum hint hint_of(const char *name)
{
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if (strcmp(name, hints[i].name) == 0) {
            return hints[i].hint;
        }
    }
    return HINT_NONE;
}

/* The interface that the field is named after; NULL: it is not. */
static const struct schema_interface *named_after(const char *field)
{
    size_t length = strlen(field);

    for (uint32_t i = 0; i < capos_schema.interface_count; i++) {
        const struct schema_interface *iface = &capos_schema.interfaces[i];
        size_t name = strlen(iface->name);

        if (name >= length &&
            strcasecmp(iface->name + name - length, field) == 0) {
            return iface;
        }
    }
    return NULL;
}

static uint64_t usual_address(const struct player *player)
{
    switch (pick(4)) {
    case 0:
        return 0;
    case 1:
        return hal_space_base(&player->process->space.hal) + (1ull << 30) +
               ((uint64_t)pick(64) << PAGE_SHIFT);
    default:
        return player->scratch + ((uint64_t)pick(16) << PAGE_SHIFT);
    }
}

/* What a program would write. */
static uint64_t usual(const struct message *message, const char *field,
                      uint32_t bits)
{
    const struct player *player = message->player;
    const struct schema_interface *iface;
    struct object *object;

    switch (hint_of(field)) {
    case HINT_IMAGE:
        return pick(2) ? value_cap_of(player, MEMORY_OBJECT_INTERFACE_ID) : 0;
    case HINT_ENTRY:
        return player->process->image_base + PAGE_SIZE;
    case HINT_STACK_LOW:
        return player->scratch;
    case HINT_STACK_HIGH:
        return player->scratch + SCRATCH_BYTES;
    case HINT_ADDRESS:
        return usual_address(player);
    case HINT_HELD:
        return value_cap(player, &object);
    default:
        break;
    }
    iface = bits == 64 ? named_after(field) : NULL;
    if (iface) {
        return pick(2) ? value_cap_of(player, iface->id) : 0;
    }
    return pick(4) ? 0 : 1u << pick(bits < 7 ? bits : 7);
}

static uint64_t number(const struct message *message, const char *field,
                       uint32_t bits)
{
    return wild(message) ? value_number(message->player)
                         : usual(message, field, bits);
}

static void put_bits(struct wire_builder_struct s,
                     const struct schema_field *field, uint64_t value)
{
    uint32_t bits = schema_kind_bits(field->kind);

    if (bits == 1) {
        wire_set_bool(s, field->offset, value & 1, false);
    } else if (bits) {
        memcpy(s.data + field->offset / 8, &value, bits / 8);
    }
}

static uint64_t field_bits(const struct message *message,
                           const struct schema_field *field)
{
    if (field->kind == SCHEMA_ENUM && !wild(message)) {
        return pick(capos_schema.enums[field->index].count);
    }
    if (field->otherwise && !wild(message)) {
        return 0;
    }
    return number(message, field->name, schema_kind_bits(field->kind));
}

/* ----------------------------------------------------------- texts and data */

static struct wire_data some_bytes(const struct message *message)
{
    static uint8_t bytes[TEXT_MAX + 1];
    static const char *const known[] = {"init", "manifest", "kernel", "a",
                                        "self-memory", "trace"};
    struct wire_data data = {bytes, 1 + pick(8)};

    if (pick(3) == 0) {
        const char *name = known[pick(6)];

        return (struct wire_data){(const uint8_t *)name,
                                  (uint32_t)strlen(name)};
    }
    if (wild(message)) {
        data.length = pick(TEXT_MAX);
    }
    for (uint32_t i = 0; i < data.length; i++) {
        bytes[i] = (uint8_t)(wild(message) ? pick(256) : 'a' + pick(26));
    }
    return data;
}

static struct wire_text some_text(const struct message *message)
{
    struct wire_data data = some_bytes(message);

    return (struct wire_text){(const char *)data.bytes, data.length};
}

/* ------------------------------------------------------------ capabilities */

struct ring_xfer message_xfer(struct message *message)
{
    struct object *object;
    struct ring_xfer xfer = {.cap = value_cap(message->player, &object)};

    xfer.mode = pick(6) ? pick(2) : 0;
    xfer.flags = pick(6) ? 0 : pick(4);
    if (message->ncaps && pick_once_in(16)) {
        xfer.cap = message->xfers[pick(message->ncaps)].cap;
    }
    if (wild(message)) {
        xfer.mode = value_size();
        xfer.flags = value_size();
    }
    return xfer;
}

/* The index of a capability that comes along. */
static uint32_t some_cap(struct message *message)
{
    if (wild(message)) {
        return value_size();
    }
    if (message->ncaps == MESSAGE_CAPS_ROOM ||
        (message->ncaps == MESSAGE_CAPS_MAX && message->wildness < 3)) {
        return pick(message->ncaps);
    }
    message->xfers[message->ncaps] = message_xfer(message);
    return message->ncaps++;
}

/* -------------------------------------------------------------------- lists */

static void fill_list(struct message *message, struct wire_builder_struct s,
                      uint32_t pointer, const struct schema_field *field,
                      uint8_t lists);

static void fill_structs(struct message *message, struct wire_builder_struct s,
                         uint32_t pointer, const struct schema_field *field,
                         uint32_t count)
{
    const struct schema_struct *type = &capos_schema.structs[field->index];
    struct wire_builder_list list = wire_init_structs(
        s, pointer, count, type->data_words, type->pointers);

    for (uint32_t i = 0; i < list.count; i++) {
        message_fill(message, wire_builder_element(list, i), type);
    }
}

static void fill_element(struct message *message,
                         struct wire_builder_list list, uint32_t i,
                         const struct schema_field *field, uint8_t lists)
{
    struct wire_builder_struct element = {0};
    uint32_t bits = schema_kind_bits(field->kind);
    uint64_t value;

    if (lists > 1) {
        fill_list(message, wire_builder_element(list, i), 0, field,
                  (uint8_t)(lists - 1));
    } else if (field->kind == SCHEMA_TEXT) {
        wire_put_text(list, i, some_text(message));
    } else if (field->kind == SCHEMA_DATA) {
        wire_put_data(list, i, some_bytes(message));
    } else if (bits == 1) {
        wire_put_bool(list, i, pick(2));
    } else if (bits) {
        value = number(message, field->name, bits);
        element = wire_builder_element(list, i);
        memcpy(element.data, &value, bits / 8);
    } else if (field->kind != SCHEMA_VOID) {
        wire_put_cap(list, i, some_cap(message));
    }
}

static void fill_list(struct message *message, struct wire_builder_struct s,
                      uint32_t pointer, const struct schema_field *field,
                      uint8_t lists)
{
    uint32_t count = wild(message) ? pick(80) : pick(4);
    struct wire_builder_list list;

    if (lists == 1 && field->kind == SCHEMA_STRUCT) {
        fill_structs(message, s, pointer, field, count);
        return;
    }
    list = wire_init_list(s, pointer, schema_field_element(field, lists),
                          count);
    for (uint32_t i = 0; i < list.count; i++) {
        fill_element(message, list, i, field, lists);
    }
}

/* ------------------------------------------------------------------ structs */

static void fill_field(struct message *message, struct wire_builder_struct s,
                       const struct schema_field *field)
{
    const struct schema_struct *type = &capos_schema.structs[field->index];

    if (field->lists) {
        fill_list(message, s, field->offset, field, field->lists);
        return;
    }
    switch (field->kind) {
    case SCHEMA_TEXT:
        wire_set_text(s, field->offset, some_text(message));
        break;
    case SCHEMA_DATA:
        wire_set_data(s, field->offset, some_bytes(message));
        break;
    case SCHEMA_GROUP:
        message_fill(message, s, type);
        break;
    case SCHEMA_STRUCT:
        if (message->structs > 2 && pick(4)) {
            break; /* what is left out has its defaults */
        }
        message_fill(message,
                     wire_init_struct(s, field->offset, type->data_words,
                                      type->pointers),
                     type);
        break;
    case SCHEMA_INTERFACE:
    case SCHEMA_ANY_POINTER:
        wire_set_cap(s, field->offset, some_cap(message));
        break;
    default:
        put_bits(s, field, field_bits(message, field));
    }
}

void message_fill(struct message *message, struct wire_builder_struct s,
                  const struct schema_struct *type)
{
    uint16_t tag = (uint16_t)pick(type->tag_count);

    if (++message->structs > STRUCTS_MAX || s.data_bytes < 8u * type->data_words) {
        return;
    }
    if (type->tag_count) {
        tag = wild(message) ? (uint16_t)value_size() : tag;
        memcpy(s.data + type->tag_offset / 8, &tag, sizeof(tag));
    }
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];

        if (field->tag == SCHEMA_NO_TAG || field->tag == tag) {
            fill_field(message, s, field);
        }
    }
}

uint32_t message_build(struct message *message,
                       const struct schema_struct *type,
                       uint64_t words[MESSAGE_WORDS])
{
    struct wire_builder builder;
    struct wire_builder_struct root;
    int32_t bytes;

    wire_builder_init(&builder, words, MESSAGE_WORDS * sizeof(words[0]));
    root = wire_builder_root(&builder, type->data_words, type->pointers);
    message_fill(message, root, type);
    bytes = wire_builder_bytes(&builder);
    return bytes < 0 ? 0 : (uint32_t)bytes;
}
