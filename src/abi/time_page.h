/*
 * time_page.h - the clock that a program reads without entering the kernel.
 *
 * One read-only page of the whole system, at start_block.time_page. Monotonic
 * time, in nanoseconds since boot and equal to Timer.now:
 *
 *   counter == 0   now_ns, which the kernel sets whenever it is left
 *   otherwise      base_ns + ((counter() - counter_start) * scale >> 32), where
 *                  counter is the address of a uint64_t function(void) and the
 *                  product has 128 bits
 *
 * and UTC, in nanoseconds since 1970, is wall_ns more, unless wall_provenance is
 * unset. Who reads takes what stands between two equal, even values of sequence;
 * now_ns may be read alone.
 */
#ifndef CAPOS_ABI_TIME_PAGE_H
#define CAPOS_ABI_TIME_PAGE_H

#include <stddef.h>
#include <stdint.h>

#define TIME_PAGE_MAGIC 0x656d6954u /* "Time" */
#define TIME_PAGE_VERSION 1u        /* a program refuses a larger one */

struct time_page {
    uint32_t magic;
    uint32_t version;
    uint32_t size_bytes; /* of this structure */
    uint32_t sequence;   /* odd: it is being changed */
    uint64_t now_ns;
    uint64_t counter;
    uint64_t counter_start;
    uint64_t scale; /* nanoseconds per count, 32.32 */
    uint64_t base_ns;
    uint64_t wall_ns;
    uint32_t wall_provenance; /* enum WallProvenance of capos.capnp */
    uint32_t reserved[13];
};

_Static_assert(sizeof(struct time_page) == 120, "abi");
_Static_assert(offsetof(struct time_page, now_ns) == 16, "abi");
_Static_assert(offsetof(struct time_page, counter) == 24, "abi");
_Static_assert(offsetof(struct time_page, wall_ns) == 56, "abi");
_Static_assert(offsetof(struct time_page, wall_provenance) == 64, "abi");

#endif
