/*
 * build.c - allocation and pointers of the message builder (build.h).
 *
 * The segment is a stack that only grows. Every allocation is zeroed here, so
 * a message never carries what the buffer held before.
 */
#include "capnp/build.h"

#include "errors.h"

static const struct wire_builder_list wire_no_builder_list;

/* Zeroed words, or NULL when they do not fit. */
static uint64_t *wire_allocate(struct wire_builder *builder, uint64_t words)
{
    uint64_t *start;

    if (builder->error || words > builder->capacity - builder->used) {
        builder->error = true;
        return NULL;
    }
    start = builder->words + builder->used;
    __builtin_memset(start, 0, (size_t)words * 8);
    builder->used += (uint32_t)words;
    return start;
}

/* The pointer field, or NULL (and an error) if the struct has none such. */
static uint64_t *wire_pointer(struct wire_builder_struct s, uint32_t index)
{
    if (index >= s.pointer_count) {
        wire_builder_fail(s);
        return NULL;
    }
    return s.pointers + index;
}

/* The low half of a pointer of that kind that leads from pointer to target. */
static uint64_t wire_near(const uint64_t *pointer, const uint64_t *target,
                          uint32_t kind)
{
    return ((uint32_t)(target - (pointer + 1)) << 2) | kind;
}

void wire_builder_init(struct wire_builder *builder, void *buffer,
                       size_t size_bytes)
{
    uint64_t words = size_bytes / 8;

    builder->words = buffer;
    builder->capacity = words < WIRE_WORDS_MAX - 1 ? (uint32_t)words
                                                   : WIRE_WORDS_MAX - 1;
    builder->used = 0;
    builder->error = !buffer || ((uintptr_t)buffer & 7) != 0;
    if (builder->error) {
        builder->capacity = 0;
    }
}

static struct wire_builder_struct
wire_place_struct(struct wire_builder *builder, uint64_t *pointer,
                  uint16_t data_words, uint16_t pointers)
{
    struct wire_builder_struct none = {.builder = builder};
    uint64_t size = (uint64_t)data_words + pointers;
    uint64_t *words = wire_allocate(builder, size);

    if (!words) {
        return none;
    }
    *pointer = wire_near(pointer, size ? words : pointer, 0) |
               (uint64_t)data_words << 32 | (uint64_t)pointers << 48;
    return (struct wire_builder_struct){.builder = builder,
                                        .data = (uint8_t *)words,
                                        .pointers = words + data_words,
                                        .data_bytes = 8u * data_words,
                                        .pointer_count = pointers};
}

struct wire_builder_struct wire_builder_root(struct wire_builder *builder,
                                             uint16_t data_words,
                                             uint16_t pointers)
{
    struct wire_builder_struct none = {.builder = builder};
    uint64_t *pointer;

    builder->used = 0;
    builder->error = builder->capacity == 0;
    pointer = wire_allocate(builder, 1);
    if (!pointer) {
        return none;
    }
    return wire_place_struct(builder, pointer, data_words, pointers);
}

int32_t wire_builder_bytes(const struct wire_builder *builder)
{
    if (builder->error || builder->used == 0) {
        return ERR_TOO_LARGE;
    }
    return (int32_t)(builder->used * 8);
}

struct wire_builder_struct wire_init_struct(struct wire_builder_struct s,
                                            uint32_t index, uint16_t data_words,
                                            uint16_t pointers)
{
    struct wire_builder_struct none = {.builder = s.builder};
    uint64_t *pointer = wire_pointer(s, index);

    if (!pointer) {
        return none;
    }
    return wire_place_struct(s.builder, pointer, data_words, pointers);
}

struct wire_builder_list wire_init_list(struct wire_builder_struct s,
                                        uint32_t index,
                                        enum wire_element element,
                                        uint32_t count)
{
    static const uint8_t bits[] = {0, 1, 8, 16, 32, 64, 64};
    struct wire_builder_list list = {.builder = s.builder,
                                     .count = count,
                                     .element = (uint8_t)element};
    uint64_t *pointer = wire_pointer(s, index);
    uint64_t *words;

    if (!pointer || element > WIRE_POINTER || count >= 1u << 29) {
        wire_builder_fail(s);
        list.count = 0;
        return list;
    }
    list.step_bits = bits[element];
    list.pointer_count = element == WIRE_POINTER;
    list.data_bits = list.pointer_count ? 0 : list.step_bits;
    words = wire_allocate(s.builder,
                          ((uint64_t)count * list.step_bits + 63) / 64);
    if (!words) {
        list.count = 0;
        return list;
    }
    list.bytes = (uint8_t *)words;
    *pointer = wire_near(pointer, words, 1) | (uint64_t)element << 32 |
               (uint64_t)count << 35;
    return list;
}

struct wire_builder_list wire_init_structs(struct wire_builder_struct s,
                                           uint32_t index, uint32_t count,
                                           uint16_t data_words,
                                           uint16_t pointers)
{
    uint64_t step = (uint64_t)data_words + pointers;
    uint64_t *pointer = wire_pointer(s, index);
    struct wire_builder_list list = wire_no_builder_list;
    uint64_t *words;

    list.builder = s.builder;
    list.element = WIRE_COMPOSITE;
    if (!pointer || count >= 1u << 29 || count * step >= 1u << 29) {
        wire_builder_fail(s);
        return list;
    }
    words = wire_allocate(s.builder, count * step + 1);
    if (!words) {
        return list;
    }
    words[0] = (uint64_t)count << 2 | (uint64_t)data_words << 32 |
               (uint64_t)pointers << 48;
    *pointer = wire_near(pointer, words, 1) |
               (uint64_t)WIRE_COMPOSITE << 32 | count * step << 35;
    list.bytes = (uint8_t *)(words + 1);
    list.count = count;
    list.step_bits = 64u * (uint32_t)step;
    list.data_bits = 64u * data_words;
    list.pointer_count = pointers;
    return list;
}

uint8_t *wire_init_data(struct wire_builder_struct s, uint32_t index,
                        uint32_t length)
{
    return wire_init_list(s, index, WIRE_BYTE, length).bytes;
}

void wire_set_data(struct wire_builder_struct s, uint32_t index,
                   struct wire_data data)
{
    uint8_t *bytes;

    if (!data.bytes) {
        return;
    }
    bytes = wire_init_data(s, index, data.length);
    if (bytes && data.length) {
        __builtin_memcpy(bytes, data.bytes, data.length);
    }
}

void wire_set_text(struct wire_builder_struct s, uint32_t index,
                   struct wire_text text)
{
    uint8_t *bytes;

    if (!text.bytes) {
        return;
    }
    if (text.length >= (1u << 29) - 1) {
        wire_builder_fail(s);
        return;
    }
    bytes = wire_init_data(s, index, text.length + 1);
    if (bytes && text.length) {
        __builtin_memcpy(bytes, text.bytes, text.length);
    }
}

void wire_set_cap(struct wire_builder_struct s, uint32_t index, uint32_t cap)
{
    uint64_t *pointer = wire_pointer(s, index);

    if (pointer) {
        *pointer = cap == WIRE_NO_CAP ? 0 : (uint64_t)cap << 32 | 3;
    }
}
