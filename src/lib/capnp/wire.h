/*
 * wire.h - reads Cap'n Proto messages in place.
 *
 * Freestanding: no allocation, no libc but the four memory functions. Layers:
 * wire_message (the segments and what may still be spent on them), wire_struct
 * and wire_list (by-value views), getters. Every input is hostile:
 *
 *   - Nothing is read outside the segments.
 *   - Following a pointer costs words out of the message's budget (at least
 *     one; a list of empty elements costs one per element) and one level of
 *     depth, so cycles and amplification end soon.
 *   - A bad pointer reads as null, a field that is not there as its default,
 *     and the message remembers: wire_message_error. Decode first, ask once.
 *
 * Memory of a message must not change while it is read. A view points at its
 * message, which must outlive it and stay where it is. No locks; one reader at
 * a time per message.
 */
#ifndef CAPOS_CAPNP_WIRE_H
#define CAPOS_CAPNP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_DEPTH_MAX 64u
#define WIRE_WORDS_MAX (1u << 28) /* of one segment */
#define WIRE_NO_CAP UINT32_MAX

struct wire_segment {
    const uint64_t *words;
    uint32_t count; /* words */
};

struct wire_message {
    struct wire_segment first;
    const struct wire_segment *rest; /* segments 1 and up */
    uint32_t segments;
    bool error;
    uint64_t budget; /* words that may still be traversed */
};

/* Codes of list elements on the wire; WIRE_ANY only as an expectation. */
enum wire_element {
    WIRE_VOID = 0,
    WIRE_BIT = 1,
    WIRE_BYTE = 2,
    WIRE_TWO_BYTES = 3,
    WIRE_FOUR_BYTES = 4,
    WIRE_EIGHT_BYTES = 5,
    WIRE_POINTER = 6,
    WIRE_COMPOSITE = 7,
    WIRE_ANY = 8,
};

enum wire_kind {
    WIRE_KIND_NULL,
    WIRE_KIND_STRUCT,
    WIRE_KIND_LIST,
    WIRE_KIND_CAP,
};

struct wire_struct {
    struct wire_message *message; /* NULL: inline, no pointers */
    const uint8_t *data;
    const uint64_t *pointers;
    uint32_t data_bytes;
    uint32_t segment;
    uint16_t pointer_count;
    uint16_t depth; /* levels that may still be descended */
};

struct wire_list {
    struct wire_message *message;
    const uint8_t *bytes;
    uint32_t count;     /* elements */
    uint32_t step_bits; /* from one element to the next */
    uint32_t data_bits; /* of one element */
    uint32_t segment;
    uint16_t pointer_count; /* of one element */
    uint16_t depth;
    uint8_t element; /* enum wire_element */
};

struct wire_text {
    const char *bytes; /* bytes[length] is NUL when read from a message */
    uint32_t length;
};

struct wire_data {
    const uint8_t *bytes;
    uint32_t length;
};

/* A wire_text or wire_data of a string literal, without its NUL. */
#define WIRE_TEXT(literal)                                                     \
    ((struct wire_text){(literal), (uint32_t)sizeof(literal) - 1u})
#define WIRE_DATA(literal)                                                     \
    ((struct wire_data){(const uint8_t *)(literal),                            \
                        (uint32_t)sizeof(literal) - 1u})

/*
 * One segment without framing: the form of messages in the ABI. bytes must be
 * 8-aligned and size_bytes a multiple of 8. The budget becomes 64 words per
 * word plus 4096: reading everything a few times over is always possible.
 * Returns 0, or ERR_BAD_MESSAGE: unaligned, empty or not whole words (the
 * message then reads as empty, with its error set); ERR_TOO_LARGE: more than
 * WIRE_WORDS_MAX words.
 */
int32_t wire_message_init(struct wire_message *message, const void *bytes,
                          size_t size_bytes);

/*
 * A stream message: segment table, then the segments. table is the caller's
 * room for segments 1 and up and must live as long as the message; *used_bytes
 * becomes the length of the whole message in the stream. Returns as above;
 * ERR_TOO_LARGE also for more than table_count + 1 segments.
 */
int32_t wire_message_init_framed(struct wire_message *message,
                                 struct wire_segment *table,
                                 uint32_t table_count, const void *bytes,
                                 size_t size_bytes, size_t *used_bytes);

/* Replaces the budget, in words. */
static inline void wire_message_limit(struct wire_message *message,
                                      uint64_t words)
{
    message->budget = words;
}

/* The budget of a message of that many words. */
static inline uint64_t wire_budget(uint64_t words)
{
    return 64 * words + 4096;
}

/* The message of one segment as wire_message_init left it: to be read again. */
static inline void wire_message_renew(struct wire_message *message)
{
    message->error = false;
    wire_message_limit(message, wire_budget(message->first.count));
}

/* True if anything read so far was malformed or over a limit. */
static inline bool wire_message_error(const struct wire_message *message)
{
    return message->error;
}

/* The root struct; an empty one if the root pointer is null or bad. */
struct wire_struct wire_root(struct wire_message *message);

/* Reads an inline payload: a data section of 32 bytes, no pointers. */
static inline struct wire_struct wire_inline(const uint64_t words[4])
{
    return (struct wire_struct){.data = (const uint8_t *)words,
                                .data_bytes = 32};
}

/* ------------------------------------------------------- pointer fields */

/* What the pointer is, after far pointers; bad ones are null. */
enum wire_kind wire_get_kind(struct wire_struct s, uint32_t index);
/* True if the pointer field is not null; says nothing about its target. */
static inline bool wire_has(struct wire_struct s, uint32_t index)
{
    return index < s.pointer_count && s.pointers[index] != 0;
}
struct wire_struct wire_get_struct(struct wire_struct s, uint32_t index);
/*
 * A list whose elements can be read as the expected kind: the same size or
 * larger, or structs that begin with it; any list but one of bits as structs
 * (WIRE_COMPOSITE); anything with WIRE_ANY. Otherwise empty, and an error.
 */
struct wire_list wire_get_list(struct wire_struct s, uint32_t index,
                               enum wire_element expected);
/* The value if the field is null or bad: what the caller says. */
struct wire_text wire_get_text_or(struct wire_struct s, uint32_t index,
                                  struct wire_text otherwise);
struct wire_data wire_get_data_or(struct wire_struct s, uint32_t index,
                                  struct wire_data otherwise);
/* Index of a capability, or WIRE_NO_CAP. */
uint32_t wire_get_cap(struct wire_struct s, uint32_t index);

static inline struct wire_text wire_get_text(struct wire_struct s,
                                             uint32_t index)
{
    return wire_get_text_or(s, index, WIRE_TEXT(""));
}

static inline struct wire_data wire_get_data(struct wire_struct s,
                                             uint32_t index)
{
    return wire_get_data_or(s, index, WIRE_DATA(""));
}

/* True if both are the same bytes. */
static inline bool wire_text_equal(struct wire_text a, struct wire_text b)
{
    return a.length == b.length &&
           (a.length == 0 || __builtin_memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* ---------------------------------------------------------- data fields */

/*
 * Offsets are in bytes from the start of the data section (in bits for bool);
 * a field beyond its end has the default value.
 */
#define WIRE_GETTER(name, type)                                                \
    static inline type wire_get_##name(struct wire_struct s, uint32_t offset,  \
                                       type otherwise)                         \
    {                                                                          \
        type value = 0;                                                        \
        if (offset + sizeof(type) <= s.data_bytes) {                           \
            __builtin_memcpy(&value, s.data + offset, sizeof(type));           \
        }                                                                      \
        return (type)(value ^ otherwise);                                      \
    }
WIRE_GETTER(u8, uint8_t)
WIRE_GETTER(u16, uint16_t)
WIRE_GETTER(u32, uint32_t)
WIRE_GETTER(u64, uint64_t)
WIRE_GETTER(i8, int8_t)
WIRE_GETTER(i16, int16_t)
WIRE_GETTER(i32, int32_t)
WIRE_GETTER(i64, int64_t)
#undef WIRE_GETTER

static inline bool wire_get_bool(struct wire_struct s, uint32_t bit,
                                 bool otherwise)
{
    bool value = bit / 8 < s.data_bytes && (s.data[bit / 8] >> bit % 8 & 1);

    return value != otherwise;
}

/* ---------------------------------------------------------------- lists */

/*
 * Element i as a struct: the element itself in a list of structs, else a
 * struct whose only field is the element. Empty if i is beyond the end.
 */
static inline struct wire_struct wire_list_struct(struct wire_list list,
                                                  uint32_t i)
{
    struct wire_struct s = {.message = list.message,
                            .segment = list.segment,
                            .depth = list.depth};

    if (i < list.count && list.element != WIRE_BIT) {
        s.data = list.bytes + (uint64_t)i * (list.step_bits / 8);
        s.data_bytes = list.data_bits / 8;
        s.pointers = (const uint64_t *)(const void *)(s.data + s.data_bytes);
        s.pointer_count = list.pointer_count;
    }
    return s;
}

#define WIRE_ELEMENT(name, type)                                               \
    static inline type wire_list_##name(struct wire_list list, uint32_t i)     \
    {                                                                          \
        return wire_get_##name(wire_list_struct(list, i), 0, 0);               \
    }
WIRE_ELEMENT(u8, uint8_t)
WIRE_ELEMENT(u16, uint16_t)
WIRE_ELEMENT(u32, uint32_t)
WIRE_ELEMENT(u64, uint64_t)
WIRE_ELEMENT(i8, int8_t)
WIRE_ELEMENT(i16, int16_t)
WIRE_ELEMENT(i32, int32_t)
WIRE_ELEMENT(i64, int64_t)
#undef WIRE_ELEMENT

static inline bool wire_list_bool(struct wire_list list, uint32_t i)
{
    return i < list.count && list.element == WIRE_BIT &&
           (list.bytes[i / 8] >> i % 8 & 1);
}

static inline struct wire_text wire_list_text(struct wire_list list,
                                              uint32_t i)
{
    return wire_get_text(wire_list_struct(list, i), 0);
}

static inline struct wire_data wire_list_data(struct wire_list list,
                                              uint32_t i)
{
    return wire_get_data(wire_list_struct(list, i), 0);
}

static inline struct wire_list wire_list_list(struct wire_list list,
                                              uint32_t i,
                                              enum wire_element expected)
{
    return wire_get_list(wire_list_struct(list, i), 0, expected);
}

static inline uint32_t wire_list_cap(struct wire_list list, uint32_t i)
{
    return wire_get_cap(wire_list_struct(list, i), 0);
}

#endif
