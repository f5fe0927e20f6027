/*
 * space.h - the address space of a process.
 *
 * A space is the machine's space plus a sorted list of regions, each of one
 * kind (region.h):
 *   reserved    addresses without frames
 *   anonymous   owns its frames, which are found by asking the machine
 *   memory      shows a part of a memory object, to which it holds a reference
 *   kernel      owns its frames; the program can neither unmap nor protect it
 *   scratch     shows the space's scratch frame, where memory was that has been
 *               taken back (space_revoke.h)
 *   shared      shows a memory of the kernel's; likewise
 *
 * Layout, offsets from the window's base: page 0 is never mapped, the program's
 * image goes to SPACE_IMAGE_OFFSET, what has no place of its own goes to the
 * first hole from SPACE_FREE_OFFSET on. Nothing depends on the window's size.
 *
 * Every change is made whole or not at all: what it needs (quota, frames,
 * tables, region structures) is taken first, which may refuse; then it is done.
 * Addresses are charged to the ledger as LEDGER_VIRTUAL, frames of data as
 * LEDGER_PAGES, those of kernel regions as LEDGER_RINGS, tables as LEDGER_TABLES.
 *
 * Arguments may come straight from a program: any va, page count, offset and
 * protection is checked. Errors common to the functions below:
 *   ERR_INVALID     va is not page-aligned or outside of the window, no pages,
 *                   or a protection other than none, read, read + write,
 *                   read + execute (HAL_* bits)
 *   ERR_TOO_LARGE   more than SPACE_PAGES_MAX pages in one call
 *   ERR_EXISTS      something is mapped or reserved there
 *   ERR_OVERLOADED  over the ledger's limit, no hole of that size, more than
 *                   SPACE_REGIONS_MAX regions, or no host mapping (simulator)
 *   ERR_NO_MEMORY   the machine is out of frames
 *   ERR_DISCONNECTED  the space is closed
 *
 * Lock: LOCK_SPACE, taken inside every function except init.
 * It may be held while other CPUs are flushed, which takes as long as they need
 * to leave the kernel or to spin (hal_tlb_flush).
 */
#ifndef CAPOS_CORE_SPACE_H
#define CAPOS_CORE_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal.h"
#include "lock.h"
#include "mem/memory.h"
#include "proc/ledger.h"

#define SPACE_IMAGE_OFFSET (4ull << 20)
#define SPACE_FREE_OFFSET (1ull << 30)
#define SPACE_PAGES_MAX 65536u
#define SPACE_REGIONS_MAX 4096u

struct region;
struct revocation_node;

struct space {
    struct hal_space hal;
    struct lock lock;
    bool closed;            /* nothing is mapped or changed any more */
    struct region *regions; /* by address, never overlapping */
    uint32_t region_count;
    struct ledger *ledger; /* one reference */
    uint64_t root;         /* the frame given to hal_space_init */
    uint64_t scratch;      /* shown for memory taken back; HAL_NO_FRAME: none */
    struct object *owner;  /* what the space lies in: keeps it readable */
};

/*
 * What fills pages before they are mapped. read writes up to `bytes` bytes of
 * contents to `to`, which is zeroed; offset counts from the first page mapped.
 * 0, or an error that refuses the mapping. Called in ascending order, with the
 * space locked.
 */
struct space_source {
    int32_t (*read)(void *context, uint64_t offset, void *to, size_t bytes);
    void *context;
};

/*
 * Makes an empty space, its root frame charged to ledger (of which it keeps a
 * reference). ERR_OVERLOADED: over the limit, or no window is free.
 * ERR_NO_MEMORY.
 */
int32_t space_init(struct space *space, struct ledger *ledger);

/*
 * From now on nothing can be mapped, unmapped or protected, except that the
 * kernel unmaps pages of its own, and nothing is copied from or to it.
 */
void space_close(struct space *space);

/*
 * Takes a space apart, about budget_pages (at least 1) pages at a time. True:
 * done, everything is freed and refunded, the ledger let go. Until then call it
 * again. Only for a space that is active nowhere; it closes it. The struct must
 * stay as long as somebody may still find it closed.
 */
bool space_fini_step(struct space *space, uint32_t budget_pages);

/*
 * Maps fresh zeroed pages, or reserves addresses (protection 0). *va is where,
 * 0 for anywhere; on success it is where they are.
 */
int32_t space_map_anonymous(struct space *space, uint64_t *va, uint64_t pages,
                            uint32_t protection);

/* As space_map_anonymous at va, the pages being filled from source. */
int32_t space_map_image(struct space *space, uint64_t va, uint64_t pages,
                        uint32_t protection,
                        const struct space_source *source);

/*
 * Maps pages of memory from offset_bytes on. ERR_INVALID also: the offset is
 * not page-aligned, the range is not within the memory, or writable is asked of
 * a read-only one. The region keeps a reference.
 */
int32_t space_map_memory(struct space *space, uint64_t *va,
                         struct memory *memory, uint64_t offset_bytes,
                         uint64_t pages, uint32_t protection);

/*
 * As space_map_memory, through a node: if that is not the root, the mapping can be
 * taken back (space_revoke.h), and the first such one of a space charges its
 * scratch frame. ERR_BAD_CAPABILITY: the node is revoked. The owner of the space
 * was set.
 */
int32_t space_map_through(struct space *space, struct revocation_node *node,
                          uint64_t *va, struct memory *memory,
                          uint64_t offset_bytes, uint64_t pages,
                          uint32_t protection);

/*
 * As space_map_through at va, for a part of the program that the process is made
 * to run: space_revoke tells of it when it takes it back.
 */
int32_t space_map_program(struct space *space, struct revocation_node *node,
                          uint64_t va, struct memory *memory,
                          uint64_t offset_bytes, uint64_t pages,
                          uint32_t protection);

/*
 * Maps contiguous zeroed pages that belong to the kernel; protection (not none)
 * is the program's. The kernel writes them at hal_phys_pointer(*phys).
 */
int32_t space_map_kernel(struct space *space, uint64_t *va, uint64_t pages,
                         uint32_t protection, uint64_t *phys);

/*
 * Maps all of a memory that the kernel shows to every process: readable, and the
 * program can do nothing else with it, nor park on it with others.
 */
int32_t space_map_shared(struct space *space, uint64_t *va,
                         struct memory *memory);

/*
 * Unmaps what is there: reserved, anonymous, memory, whole regions or parts.
 * ERR_INVALID also: a page of the range is not mapped or is the kernel's;
 * nothing is changed then.
 */
int32_t space_unmap(struct space *space, uint64_t va, uint64_t pages);

/* As space_unmap, but ERR_INVALID unless it is all of this memory. */
int32_t space_unmap_memory(struct space *space, const struct memory *memory,
                           uint64_t va, uint64_t pages);

/*
 * Unmaps what one space_map_kernel mapped, all of it. ERR_INVALID: no kernel
 * region starts there or it has another size.
 */
int32_t space_unmap_kernel(struct space *space, uint64_t va, uint64_t pages);

/*
 * What memory is shown at va: *memory, the one that has the pages (never a
 * view), with a reference, and where in it va is; *node, the one that it was
 * mapped through, with a reference, or NULL: the root. ERR_BAD_BUFFER: va is not
 * mapped readable, or not from a memory.
 */
int32_t space_locate(struct space *space, uint64_t va, struct memory **memory,
                     uint64_t *offset_bytes, struct revocation_node **node);

/*
 * Changes the protection. Reserved pages get zeroed frames (unless to none);
 * mapped pages keep their contents, also while protected to none. ERR_INVALID
 * also: as for space_unmap, or writable is asked of a read-only memory.
 */
int32_t space_protect(struct space *space, uint64_t va, uint64_t pages,
                      uint32_t protection);

#endif
