/*
 * build.h - builds a Cap'n Proto message into a buffer of the caller.
 *
 * One segment, no framing, first word the root pointer. Objects are laid out
 * in the order in which they are initialised: call init and set functions in
 * field order, depth first, and the layout is the canonical one. Setting a
 * pointer field again leaves the old object as unreachable words.
 *
 * Errors are sticky: when the buffer is full, or a field is set that the
 * struct does not have, the builder remembers, the rest becomes no-ops, and
 * wire_builder_bytes says so at the end. The inline builder has no memory and
 * no pointers: it writes four words.
 *
 * Views point at their builder, which must stay where it is. No locks.
 */
#ifndef CAPOS_CAPNP_BUILD_H
#define CAPOS_CAPNP_BUILD_H

#include "capnp/wire.h"

struct wire_builder {
    uint64_t *words;
    uint32_t capacity; /* words */
    uint32_t used;     /* words */
    bool error;
};

struct wire_builder_struct {
    struct wire_builder *builder; /* NULL: inline */
    uint8_t *data;
    uint64_t *pointers;
    uint32_t data_bytes;
    uint16_t pointer_count;
};

struct wire_builder_list {
    struct wire_builder *builder;
    uint8_t *bytes;
    uint32_t count;
    uint32_t step_bits;
    uint32_t data_bits;
    uint16_t pointer_count;
    uint8_t element; /* enum wire_element */
};

/*
 * Starts with an empty message in buffer (8-aligned, whole words are used).
 * A buffer that is NULL or not aligned counts as full.
 */
void wire_builder_init(struct wire_builder *builder, void *buffer,
                       size_t size_bytes);

/* Starts the message over with a root struct of that size, zeroed. */
struct wire_builder_struct wire_builder_root(struct wire_builder *builder,
                                             uint16_t data_words,
                                             uint16_t pointers);

/* Length of the message, or ERR_TOO_LARGE if anything did not fit. */
int32_t wire_builder_bytes(const struct wire_builder *builder);

/* Bytes still free. */
static inline uint32_t wire_builder_room(const struct wire_builder *builder)
{
    return builder->error ? 0 : 8 * (builder->capacity - builder->used);
}

/* The 8-byte header that precedes the message in a stream or file. */
static inline uint64_t wire_builder_frame(const struct wire_builder *builder)
{
    return (uint64_t)builder->used << 32;
}

/* Writes an inline payload: clears words and returns a view of them. */
static inline struct wire_builder_struct wire_builder_inline(uint64_t words[4])
{
    words[0] = words[1] = words[2] = words[3] = 0;
    return (struct wire_builder_struct){.data = (uint8_t *)words,
                                        .data_bytes = 32};
}

/* Records that the struct was asked for something it does not have. */
static inline void wire_builder_fail(struct wire_builder_struct s)
{
    if (s.builder) {
        s.builder->error = true;
    }
}

/* ------------------------------------------------------- pointer fields */

struct wire_builder_struct wire_init_struct(struct wire_builder_struct s,
                                            uint32_t index, uint16_t data_words,
                                            uint16_t pointers);
/* A list of anything but structs. */
struct wire_builder_list wire_init_list(struct wire_builder_struct s,
                                        uint32_t index,
                                        enum wire_element element,
                                        uint32_t count);
struct wire_builder_list wire_init_structs(struct wire_builder_struct s,
                                           uint32_t index, uint32_t count,
                                           uint16_t data_words,
                                           uint16_t pointers);
/* Room for that many bytes, zeroed, or NULL if they do not fit. */
uint8_t *wire_init_data(struct wire_builder_struct s, uint32_t index,
                        uint32_t length);
/* Copies the bytes; bytes == NULL leaves the field null. */
void wire_set_data(struct wire_builder_struct s, uint32_t index,
                   struct wire_data data);
void wire_set_text(struct wire_builder_struct s, uint32_t index,
                   struct wire_text text);
/* Points at the index-th capability of the message; WIRE_NO_CAP: null. */
void wire_set_cap(struct wire_builder_struct s, uint32_t index, uint32_t cap);

/* ---------------------------------------------------------- data fields */

#define WIRE_SETTER(name, type)                                                \
    static inline void wire_set_##name(struct wire_builder_struct s,           \
                                       uint32_t offset, type value,            \
                                       type otherwise)                         \
    {                                                                          \
        type stored = (type)(value ^ otherwise);                               \
        if (offset + sizeof(type) <= s.data_bytes) {                           \
            __builtin_memcpy(s.data + offset, &stored, sizeof(type));          \
        } else {                                                               \
            wire_builder_fail(s);                                              \
        }                                                                      \
    }
WIRE_SETTER(u8, uint8_t)
WIRE_SETTER(u16, uint16_t)
WIRE_SETTER(u32, uint32_t)
WIRE_SETTER(u64, uint64_t)
WIRE_SETTER(i8, int8_t)
WIRE_SETTER(i16, int16_t)
WIRE_SETTER(i32, int32_t)
WIRE_SETTER(i64, int64_t)
#undef WIRE_SETTER

static inline void wire_put_bit(uint8_t *bytes, uint32_t bit, bool value)
{
    uint8_t mask = (uint8_t)(1u << bit % 8);

    bytes[bit / 8] = (uint8_t)((bytes[bit / 8] & ~mask) | (value ? mask : 0));
}

static inline void wire_set_bool(struct wire_builder_struct s, uint32_t bit,
                                 bool value, bool otherwise)
{
    if (bit / 8 < s.data_bytes) {
        wire_put_bit(s.data, bit, value != otherwise);
    } else {
        wire_builder_fail(s);
    }
}

/* ---------------------------------------------------------------- lists */

/*
 * Element i as a struct: itself in a list of structs, else a struct whose only
 * field is the element. Beyond the end: an empty one, and an error.
 */
static inline struct wire_builder_struct
wire_builder_element(struct wire_builder_list list, uint32_t i)
{
    struct wire_builder_struct s = {.builder = list.builder};

    if (i >= list.count || list.element == WIRE_BIT) {
        wire_builder_fail(s);
        return s;
    }
    s.data = list.bytes + (uint64_t)i * (list.step_bits / 8);
    s.data_bytes = list.data_bits / 8;
    s.pointers = (uint64_t *)(void *)(s.data + s.data_bytes);
    s.pointer_count = list.pointer_count;
    return s;
}

#define WIRE_PUT(name, type)                                                   \
    static inline void wire_put_##name(struct wire_builder_list list,          \
                                       uint32_t i, type value)                 \
    {                                                                          \
        wire_set_##name(wire_builder_element(list, i), 0, value, 0);           \
    }
WIRE_PUT(u8, uint8_t)
WIRE_PUT(u16, uint16_t)
WIRE_PUT(u32, uint32_t)
WIRE_PUT(u64, uint64_t)
WIRE_PUT(i8, int8_t)
WIRE_PUT(i16, int16_t)
WIRE_PUT(i32, int32_t)
WIRE_PUT(i64, int64_t)
#undef WIRE_PUT

static inline void wire_put_bool(struct wire_builder_list list, uint32_t i,
                                 bool value)
{
    if (i < list.count && list.element == WIRE_BIT) {
        wire_put_bit(list.bytes, i, value);
    } else if (list.builder) {
        list.builder->error = true;
    }
}

static inline void wire_put_text(struct wire_builder_list list, uint32_t i,
                                 struct wire_text text)
{
    wire_set_text(wire_builder_element(list, i), 0, text);
}

static inline void wire_put_data(struct wire_builder_list list, uint32_t i,
                                 struct wire_data data)
{
    wire_set_data(wire_builder_element(list, i), 0, data);
}

static inline void wire_put_cap(struct wire_builder_list list, uint32_t i,
                                uint32_t cap)
{
    wire_set_cap(wire_builder_element(list, i), 0, cap);
}

#endif
