/*
 * bitmap.h - a set of small numbers, one bit each, over 64-bit words.
 *
 * The caller gives the words and keeps them; nothing here allocates. Bits past
 * the end are kept set, so that no search ever finds them. The number of set
 * bits is kept, so a full set is known without a look at it. Whoever owns the
 * bitmap serialises all access.
 */
#ifndef CAPOS_LIB_BITMAP_H
#define CAPOS_LIB_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

#define BITMAP_NONE UINT64_MAX

struct bitmap {
    uint64_t *words;
    uint64_t bits; /* size of the set */
    uint64_t ones; /* how many of them are set */
};

/* Words that a bitmap of that many bits needs. */
static inline uint64_t bitmap_words(uint64_t bits)
{
    return bits / 64 + (bits % 64 != 0);
}

/* Makes a bitmap with all bits clear over bitmap_words(bits) words. */
void bitmap_init(struct bitmap *map, uint64_t *words, uint64_t bits);

/* True if the bit is set, and for every index past the end. */
bool bitmap_test(const struct bitmap *map, uint64_t index);

/* Sets or clears one bit; an index past the end is ignored. */
void bitmap_set(struct bitmap *map, uint64_t index);
void bitmap_clear(struct bitmap *map, uint64_t index);

/* Sets or clears count bits from first on; what is past the end is ignored. */
void bitmap_set_range(struct bitmap *map, uint64_t first, uint64_t count);
void bitmap_clear_range(struct bitmap *map, uint64_t first, uint64_t count);

/* How many bits are set, and how many are clear. */
uint64_t bitmap_count(const struct bitmap *map);
uint64_t bitmap_count_clear(const struct bitmap *map);

/*
 * The start of the first run of count clear bits at or after hint, or, if
 * there is none, of the first run at all; BITMAP_NONE if there is none or
 * count is 0. Looks at each word at most twice.
 */
uint64_t bitmap_find_clear(const struct bitmap *map, uint64_t count,
                           uint64_t hint);

#endif
