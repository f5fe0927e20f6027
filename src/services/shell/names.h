/*
 * names.h - the capabilities of the shell by name: those that it was born with,
 * and those that call has received and kept.
 *
 * The names are the shell's own and mean nothing to anybody else. A kept one is
 * released by its name; what the shell was born with stays.
 */
#ifndef CAPOS_SHELL_NAMES_H
#define CAPOS_SHELL_NAMES_H

#include "capos.h"

#define NAMES_KEPT_MAX 32u

struct named_cap {
    char name[CAPSET_NAME_BYTES + 1];
    uint64_t cap; /* CAP_NONE: not in use */
    uint64_t interface_id;
};

/* The capability of that name, length bytes; false: there is none. */
bool names_find(const char *name, uint32_t length, struct named_cap *found);

/* The index-th of all; false behind the last. Kept ones come last. */
bool names_at(uint32_t index, struct named_cap *found);

/* The name of a capability, or NULL. */
const char *names_of(uint64_t cap);

/*
 * Keeps a capability under the wanted name or, if that is in use, one with a
 * number behind it. Returns the name; NULL: NAMES_KEPT_MAX are kept already.
 */
const char *names_keep(const char *wanted, uint64_t cap,
                       uint64_t interface_id);

/* The index at which names_at begins with the kept ones. */
uint32_t names_kept_from(void);

/* Releases a kept capability and forgets its name. False: none of that name. */
bool names_release(const char *name);

#endif
