/*
 * capset.h - the capabilities that a process is born with.
 *
 * A read-only array in the process's window, found through the start block.
 * CapId: 32 bits slot (low), 32 bits generation (high); 0 is no capability.
 */
#ifndef CAPOS_ABI_CAPSET_H
#define CAPOS_ABI_CAPSET_H

#include <stddef.h>
#include <stdint.h>

#define CAPSET_NAME_BYTES 32u
#define CAP_NONE 0ull

struct capset_entry {
    char name[CAPSET_NAME_BYTES]; /* UTF-8, padded with NUL */
    uint64_t interface_id;
    uint64_t cap;
    uint64_t flags; /* 0 */
};

_Static_assert(sizeof(struct capset_entry) == 56, "abi");
_Static_assert(offsetof(struct capset_entry, interface_id) == 32, "abi");
_Static_assert(offsetof(struct capset_entry, cap) == 40, "abi");

#endif
