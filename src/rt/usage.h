/*
 * usage.h - what a ledger holds, kind by kind.
 */
#ifndef CAPOS_RT_USAGE_H
#define CAPOS_RT_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#define USAGE_KINDS_MAX 32u
#define USAGE_NAME_BYTES 16u

struct usage_kind {
    char name[USAGE_NAME_BYTES]; /* as in ProcessLimits */
    uint64_t used;
    uint64_t limit;
};

struct usage {
    uint32_t count;
    struct usage_kind kinds[USAGE_KINDS_MAX];
};

/* Reads it from a Ledger. 0 or an ERR_*; *usage is empty then. */
int32_t usage_read(uint64_t ledger, struct usage *usage);

/* The kind of that name, or NULL. */
const struct usage_kind *usage_find(const struct usage *usage,
                                    const char *name);

/* What is used of the kind of that name; UINT64_MAX if there is none. */
uint64_t usage_used(const struct usage *usage, const char *name);

/* The name of a kind of which they do not use the same, or NULL. */
const char *usage_difference(const struct usage *a, const struct usage *b);

/*
 * Waits until a ledger holds what it did before, but not for ever. What has ended
 * gives back its last bytes when the CPU that took it apart lets go of it, which
 * may be a moment after whoever waited was told. The name of a kind that differs
 * still, or NULL; *now is what it holds.
 */
const char *usage_settle(uint64_t ledger, const struct usage *before,
                         struct usage *now);

#endif
