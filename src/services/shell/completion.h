/*
 * completion.h - what a half-typed word can become.
 *
 * Pure. Whoever knows the names offers all of them; those that begin with the
 * word are kept, each once, in the order in which they came. The editor inserts
 * what they have in common, or shows them.
 */
#ifndef CAPOS_SHELL_COMPLETION_H
#define CAPOS_SHELL_COMPLETION_H

#include <stdbool.h>
#include <stdint.h>

#define COMPLETION_NAMES_MAX 96u
#define COMPLETION_BYTES 2048u

struct completion {
    const char *word;   /* what is typed of it, not NUL-terminated */
    uint32_t word_length;
    uint32_t count;
    bool more;          /* there are more than fit */
    char after;         /* follows the name if it is the only one; 0: nothing */
    uint32_t used;
    uint16_t start[COMPLETION_NAMES_MAX]; /* of the names in bytes */
    char bytes[COMPLETION_BYTES];         /* NUL-terminated names */
};

/* Starts with no names, for that word. */
void completion_init(struct completion *completion, const char *word,
                     uint32_t length);

/* Offers a name, of length bytes. */
void completion_offer(struct completion *completion, const char *name,
                      uint32_t length);

/* The index-th name that was kept. */
static inline const char *completion_name(const struct completion *completion,
                                          uint32_t index)
{
    return completion->bytes + completion->start[index];
}

/*
 * Bytes at the start that all names have in common, never half of a UTF-8
 * character; 0 if there are no names.
 */
uint32_t completion_common(const struct completion *completion);

#endif
