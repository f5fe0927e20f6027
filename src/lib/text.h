/*
 * text.h - the few operations on bytes and strings that freestanding code
 * needs, and little-endian fields at any alignment.
 */
#ifndef CAPOS_LIB_TEXT_H
#define CAPOS_LIB_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of a string before its NUL. */
static inline uint64_t text_length(const char *text)
{
    uint64_t length = 0;

    while (text[length] != '\0') {
        length++;
    }
    return length;
}

/* Bytes before the first NUL, at most size. */
static inline uint64_t text_length_max(const char *text, uint64_t size)
{
    uint64_t length = 0;

    while (length < size && text[length] != '\0') {
        length++;
    }
    return length;
}

static inline bool bytes_equal(const void *a, const void *b, uint64_t size)
{
    const uint8_t *left = (const uint8_t *)a;
    const uint8_t *right = (const uint8_t *)b;

    for (uint64_t i = 0; i < size; i++) {
        if (left[i] != right[i]) {
            return false;
        }
    }
    return true;
}

static inline bool bytes_zero(const void *bytes, uint64_t size)
{
    const uint8_t *at = (const uint8_t *)bytes;

    for (uint64_t i = 0; i < size; i++) {
        if (at[i] != 0) {
            return false;
        }
    }
    return true;
}

/* True if two strings are the same. */
static inline bool text_equal(const char *a, const char *b)
{
    uint64_t length = text_length(a);

    return length == text_length(b) && bytes_equal(a, b, length);
}

static inline uint16_t le16_read(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t le32_read(const uint8_t *at)
{
    return (uint32_t)le16_read(at) | (uint32_t)le16_read(at + 2) << 16;
}

static inline uint64_t le64_read(const uint8_t *at)
{
    return (uint64_t)le32_read(at) | (uint64_t)le32_read(at + 4) << 32;
}

static inline void le16_write(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void le32_write(uint8_t *at, uint32_t value)
{
    le16_write(at, (uint16_t)value);
    le16_write(at + 2, (uint16_t)(value >> 16));
}

static inline void le64_write(uint8_t *at, uint64_t value)
{
    le32_write(at, (uint32_t)value);
    le32_write(at + 4, (uint32_t)(value >> 32));
}

#endif
