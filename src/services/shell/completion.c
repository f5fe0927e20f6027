/* completion.c - see completion.h. */
#include "completion.h"

#include "text.h"

void completion_init(struct completion *completion, const char *word,
                     uint32_t length)
{
    completion->word = word;
    completion->word_length = length;
    completion->count = 0;
    completion->more = false;
    completion->after = ' ';
    completion->used = 0;
}

static bool known(const struct completion *completion, const char *name,
                  uint32_t length)
{
    for (uint32_t i = 0; i < completion->count; i++) {
        const char *other = completion_name(completion, i);

        if (text_length(other) == length && bytes_equal(other, name, length)) {
            return true;
        }
    }
    return false;
}

void completion_offer(struct completion *completion, const char *name,
                      uint32_t length)
{
    if (length < completion->word_length ||
        !bytes_equal(name, completion->word, completion->word_length) ||
        known(completion, name, length)) {
        return;
    }
    if (completion->count == COMPLETION_NAMES_MAX ||
        length >= COMPLETION_BYTES - completion->used) {
        completion->more = true;
        return;
    }
    completion->start[completion->count++] = (uint16_t)completion->used;
    __builtin_memcpy(completion->bytes + completion->used, name, length);
    completion->bytes[completion->used + length] = '\0';
    completion->used += length + 1;
}

uint32_t completion_common(const struct completion *completion)
{
    const char *first;
    uint32_t common;

    if (completion->count == 0) {
        return 0;
    }
    first = completion_name(completion, 0);
    common = (uint32_t)text_length(first);
    for (uint32_t i = 1; i < completion->count; i++) {
        const char *name = completion_name(completion, i);
        uint32_t same = 0;

        while (same < common && name[same] == first[same]) {
            same++;
        }
        common = same;
    }
    while (common > 0 && ((unsigned char)first[common] & 0xc0u) == 0x80u) {
        common--;
    }
    return common;
}
