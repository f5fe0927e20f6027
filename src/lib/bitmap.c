/*
 * bitmap.c - sets of bits (bitmap.h).
 *
 * Invariant: bits of the last word past map->bits are set and not counted.
 */
#include "bitmap.h"

/* Bits first to last of a word, both inclusive. */
static uint64_t mask_of(uint32_t first, uint32_t last)
{
    return (UINT64_MAX << first) & (UINT64_MAX >> (63u - last));
}

/* By hand: the compiler's own would call a library that is not there. */
static uint32_t ones_of(uint64_t word)
{
    word -= (word >> 1) & 0x5555555555555555ull;
    word = (word & 0x3333333333333333ull) +
           ((word >> 2) & 0x3333333333333333ull);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0full;
    return (uint32_t)((word * 0x0101010101010101ull) >> 56);
}

void bitmap_init(struct bitmap *map, uint64_t *words, uint64_t bits)
{
    uint64_t count = bitmap_words(bits);

    map->words = words;
    map->bits = bits;
    map->ones = 0;
    for (uint64_t i = 0; i < count; i++) {
        words[i] = 0;
    }
    if (bits % 64 != 0) {
        words[count - 1] = UINT64_MAX << (bits % 64);
    }
}

bool bitmap_test(const struct bitmap *map, uint64_t index)
{
    if (index >= map->bits) {
        return true;
    }
    return (map->words[index / 64] >> (index % 64)) & 1;
}

/* Gives all bits of a range the same value, a word at a time. */
static void change_range(struct bitmap *map, uint64_t first, uint64_t count,
                         bool value)
{
    uint64_t end;

    if (first >= map->bits || count == 0) {
        return;
    }
    end = count > map->bits - first ? map->bits : first + count;
    while (first < end) {
        uint64_t *word = &map->words[first / 64];
        uint64_t stop = first - first % 64 + 64;
        uint64_t mask;

        stop = stop > end ? end : stop;
        mask = mask_of((uint32_t)(first % 64), (uint32_t)((stop - 1) % 64));
        if (value) {
            map->ones += ones_of(~*word & mask);
            *word |= mask;
        } else {
            map->ones -= ones_of(*word & mask);
            *word &= ~mask;
        }
        first = stop;
    }
}

void bitmap_set(struct bitmap *map, uint64_t index)
{
    change_range(map, index, 1, true);
}

void bitmap_clear(struct bitmap *map, uint64_t index)
{
    change_range(map, index, 1, false);
}

void bitmap_set_range(struct bitmap *map, uint64_t first, uint64_t count)
{
    change_range(map, first, count, true);
}

void bitmap_clear_range(struct bitmap *map, uint64_t first, uint64_t count)
{
    change_range(map, first, count, false);
}

uint64_t bitmap_count(const struct bitmap *map)
{
    return map->ones;
}

uint64_t bitmap_count_clear(const struct bitmap *map)
{
    return map->bits - map->ones;
}

/* The first bit in [index, limit) that is set (or clear); limit if none. */
static uint64_t next_bit(const struct bitmap *map, uint64_t index,
                         uint64_t limit, bool set)
{
    uint64_t flip = set ? 0 : UINT64_MAX;

    while (index < limit) {
        uint64_t word = (map->words[index / 64] ^ flip) >> (index % 64);

        if (word != 0) {
            index += (uint64_t)__builtin_ctzll(word);
            break;
        }
        index += 64 - index % 64;
    }
    return index < limit ? index : limit;
}

/*
 * The first run of count clear bits that starts in [first, limit). It looks no
 * further than count bits from a candidate's start, so a short run at the
 * start of a large empty set is found at once.
 */
static uint64_t find_from(const struct bitmap *map, uint64_t count,
                          uint64_t first, uint64_t limit)
{
    while (first < limit) {
        uint64_t start = next_bit(map, first, limit, false);
        uint64_t end;

        if (start >= limit || count > map->bits - start) {
            break;
        }
        end = next_bit(map, start, start + count, true);
        if (end == start + count) {
            return start;
        }
        first = end;
    }
    return BITMAP_NONE;
}

uint64_t bitmap_find_clear(const struct bitmap *map, uint64_t count,
                           uint64_t hint)
{
    uint64_t found;

    if (count == 0 || count > bitmap_count_clear(map)) {
        return BITMAP_NONE;
    }
    found = find_from(map, count, hint, map->bits);
    if (found == BITMAP_NONE && hint != 0) {
        found = find_from(map, count, 0, hint < map->bits ? hint : map->bits);
    }
    return found;
}
