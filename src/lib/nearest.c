/*
 * nearest.c - the candidate nearest to a word (nearest.h), by optimal string
 * alignment over three rows of the distance table.
 */
#include "nearest.h"

#include <stddef.h>

#include "text.h"

#define ROW_CELLS (NEAREST_LENGTH_MAX + 1u)

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Both words are at most NEAREST_LENGTH_MAX long. */
static uint32_t distance(const char *a, const char *b)
{
    uint8_t rows[3][ROW_CELLS];
    uint32_t a_length = (uint32_t)text_length(a);
    uint32_t b_length = (uint32_t)text_length(b);

    for (uint32_t j = 0; j <= b_length; j++) {
        rows[0][j] = (uint8_t)j;
    }
    for (uint32_t i = 1; i <= a_length; i++) {
        uint8_t *row = rows[i % 3];
        const uint8_t *above = rows[(i + 2) % 3];
        const uint8_t *above2 = rows[(i + 1) % 3];

        row[0] = (uint8_t)i;
        for (uint32_t j = 1; j <= b_length; j++) {
            uint32_t best = above[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u);

            best = least(best, above[j] + 1u);
            best = least(best, row[j - 1] + 1u);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                a[i - 2] == b[j - 1]) {
                best = least(best, above2[j - 2] + 1u);
            }
            row[j] = (uint8_t)best;
        }
    }
    return rows[a_length % 3][b_length];
}

const char *nearest_match(const char *word, const char *const *candidates,
                          uint32_t count)
{
    uint64_t length = text_length_max(word, NEAREST_LENGTH_MAX + 1u);
    const char *match = NULL;
    uint32_t best;

    if (length < 2 || length > NEAREST_LENGTH_MAX) {
        return NULL;
    }
    best = (length < 3 ? 1u : (uint32_t)length / 3u) + 1u;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t changes;

        if (text_length_max(candidates[i], NEAREST_LENGTH_MAX + 1u) >
            NEAREST_LENGTH_MAX) {
            continue;
        }
        changes = distance(word, candidates[i]);
        if (changes < best) {
            best = changes;
            match = candidates[i];
        }
    }
    return match;
}
