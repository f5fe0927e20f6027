/*
 * check.h - opens a message of one segment, and says of one pointer field of
 * its root struct at a time whether it is well-formed: for what capnpc-capos
 * generates.
 *
 * The usual pointer is null, or a near one. That is looked at in place, and
 * costs no budget: a generated check looks at each field once. All else goes to
 * the getters of wire.h, by whose rules the answer is schema_check's.
 * Nothing is remembered for the getters: they check again.
 */
#ifndef CAPOS_CAPNP_CHECK_H
#define CAPOS_CAPNP_CHECK_H

#include "capnp/wire.h"

/* The low bits of a pointer: what it is; with those of a list's elements. */
#define WIRE_NEAR_MASK 3u
#define WIRE_NEAR_STRUCT 0u
#define WIRE_NEAR_LIST 1u
#define WIRE_NEAR_CAP 3u
#define WIRE_BYTES_MASK (7ull << 32 | WIRE_NEAR_MASK)
#define WIRE_BYTES_TAG ((uint64_t)WIRE_BYTE << 32 | WIRE_NEAR_LIST)

/* The same answers about fields of the root struct, by following pointers. */
bool wire_check_bytes_followed(struct wire_message *message, uint32_t index,
                               bool text);
bool wire_check_kind_followed(struct wire_message *message, uint32_t index,
                              bool cap);
bool wire_check_list_followed(struct wire_message *message, uint32_t index,
                              enum wire_element expected);

/* Which word of its segment a near pointer leads to; huge: one before it. */
static inline uint64_t wire_near_target(const uint64_t *words,
                                        const uint64_t *pointer)
{
    return (uint64_t)(pointer + 1 - words +
                      ((int32_t)(uint32_t)*pointer >> 2));
}

/* True if that many words from there on are among the count of a segment. */
static inline bool wire_near_holds(uint64_t count, uint64_t from,
                                   uint64_t words)
{
    return from <= count && words <= count - from;
}

/*
 * Opens a message of one segment without framing, and its root struct, which is
 * an empty one if the root pointer is null. The budget is that of
 * wire_message_init. False: not aligned, not whole words, none or too many of
 * them, or a bad root pointer.
 */
static inline bool wire_open(struct wire_message *message,
                             struct wire_struct *root, const void *bytes,
                             uint32_t size_bytes)
{
    const uint64_t *words = bytes;
    uint64_t target;
    uint16_t data_words;
    uint16_t pointers;

    if ((((uintptr_t)bytes | size_bytes) & 7) != 0 ||
        size_bytes - 8u >= 8u * WIRE_WORDS_MAX) {
        return false;
    }
    message->first.words = words;
    message->first.count = size_bytes / 8;
    message->rest = NULL;
    message->segments = 1;
    wire_message_renew(message);
    target = wire_near_target(words, words);
    data_words = (uint16_t)(words[0] >> 32);
    pointers = (uint16_t)(words[0] >> 48);
    if ((words[0] & WIRE_NEAR_MASK) != WIRE_NEAR_STRUCT || words[0] == 0 ||
        !wire_near_holds(size_bytes / 8, target,
                         (uint64_t)data_words + pointers)) {
        *root = wire_root(message);
        return !wire_message_error(message);
    }
    *root = (struct wire_struct){.message = message,
                                 .data = (const uint8_t *)(words + target),
                                 .pointers = words + target + data_words,
                                 .data_bytes = 8u * data_words,
                                 .pointer_count = pointers,
                                 .depth = WIRE_DEPTH_MAX};
    return true;
}

/* Here and below: root is what wire_open opened. */
static inline uint64_t wire_pointer_word(struct wire_struct root,
                                         uint32_t index)
{
    return index < root.pointer_count ? root.pointers[index] : 0;
}

/* True if it is a near pointer to bytes that are all there: from *bytes on. */
static inline bool wire_near_bytes(struct wire_struct root, uint32_t index,
                                   const uint8_t **bytes)
{
    const struct wire_segment *segment = &root.message->first;
    uint64_t word = root.pointers[index];
    uint64_t target = wire_near_target(segment->words, root.pointers + index);

    if ((word & WIRE_BYTES_MASK) != WIRE_BYTES_TAG ||
        !wire_near_holds(segment->count, target, ((word >> 35) + 7) / 8)) {
        return false;
    }
    *bytes = (const uint8_t *)(segment->words + target);
    return true;
}

static inline bool wire_check_data(struct wire_struct root, uint32_t index)
{
    const uint8_t *bytes;

    return wire_pointer_word(root, index) == 0 ||
           wire_near_bytes(root, index, &bytes) ||
           wire_check_bytes_followed(root.message, index, false);
}

static inline bool wire_check_text(struct wire_struct root, uint32_t index)
{
    uint64_t word = wire_pointer_word(root, index);
    uint64_t length = word >> 35; /* with its NUL */
    const uint8_t *bytes;

    return word == 0 ||
           (length != 0 && wire_near_bytes(root, index, &bytes) &&
            bytes[length - 1] == 0) ||
           wire_check_bytes_followed(root.message, index, true);
}

/* A capability. */
static inline bool wire_check_cap(struct wire_struct root, uint32_t index)
{
    uint64_t word = wire_pointer_word(root, index);

    return word == 0 ||
           ((uint32_t)word == WIRE_NEAR_CAP && word >> 32 != WIRE_NO_CAP) ||
           wire_check_kind_followed(root.message, index, true);
}

/* Anything: of structs and lists no more than the pointer. */
static inline bool wire_check_any(struct wire_struct root, uint32_t index)
{
    uint64_t word = wire_pointer_word(root, index);

    return word == 0 || (word & WIRE_NEAR_MASK) <= WIRE_NEAR_LIST ||
           ((uint32_t)word == WIRE_NEAR_CAP && word >> 32 != WIRE_NO_CAP) ||
           wire_check_kind_followed(root.message, index, false);
}

/* A list of elements without pointers, as wire_get_list. */
static inline bool wire_check_list(struct wire_struct root, uint32_t index,
                                   enum wire_element expected)
{
    return wire_pointer_word(root, index) == 0 ||
           wire_check_list_followed(root.message, index, expected);
}

#endif
