/*
 * memory.h - the pages behind a MemoryObject.
 *
 * A memory is a fixed number of pages in a list of physically contiguous
 * extents. It is counted: capabilities and mappings hold references, and the
 * last one frees the frames. Frames, and the books in the heap, are charged to
 * the ledger of the process that made them until then, whoever holds them. A
 * view is a second memory on the same pages, which it keeps alive. Nothing in a
 * memory changes after its creation except the count, so no lock guards it.
 */
#ifndef CAPOS_CORE_MEMORY_H
#define CAPOS_CORE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "list.h"
#include "sync.h"

#define MEMORY_PAGES_MAX 65536u

struct ledger;
struct memory_chunk;

struct memory {
    sync_u32 references;
    bool read_only; /* must not be mapped writable */
    uint64_t pages;
    struct memory *origin;       /* view: the memory that has the pages */
    bool owned;                  /* its frames are its own */
    struct ledger *ledger;       /* who pays; NULL: the kernel */
    struct memory_chunk *chunks; /* extents in order, not in a view */
    struct list_node census;     /* check/census.h */
};

/*
 * Makes a memory of zeroed frames, charged to ledger; one reference.
 * ERR_INVALID: no pages. ERR_TOO_LARGE: more than MEMORY_PAGES_MAX.
 * ERR_OVERLOADED: over the ledger's limit. ERR_NO_MEMORY: the machine is out of
 * frames. Nothing is taken then.
 */
int32_t memory_create(struct ledger *ledger, uint64_t pages,
                      struct memory **out);

/*
 * Makes a read-only memory over pages that nobody frees (a file of the boot
 * package), aligned to a page. ledger (NULL: the kernel) pays for the books.
 * ERR_INVALID: no pages. ERR_OVERLOADED. ERR_NO_MEMORY: the heap is exhausted.
 */
int32_t memory_create_fixed(struct ledger *ledger, uint64_t phys,
                            uint64_t pages, struct memory **out);

/*
 * Makes a second memory on the same pages, read-only if asked or if the first
 * is; one reference. ledger pays for it, not for the pages. ERR_OVERLOADED.
 * ERR_NO_MEMORY: the heap is exhausted.
 */
int32_t memory_view(struct ledger *ledger, struct memory *memory,
                    bool read_only, struct memory **out);

/* Bytes of the heap that are charged for it. */
uint64_t memory_book_bytes(const struct memory *memory);

/* Adds a reference and returns the memory. */
struct memory *memory_get(struct memory *memory);

/* Gives a reference up; the last one frees and refunds the frames. */
void memory_put(struct memory *memory);

/*
 * The frame of the page with that index, which must be below memory->pages.
 * *run_pages: how many pages from there on are contiguous, at least 1.
 */
uint64_t memory_phys(const struct memory *memory, uint64_t index,
                     uint64_t *run_pages);

#endif
