/*
 * region.h - the sorted list of regions of an address space.
 *
 * Only names of addresses and what they mean; frames and tables behind them are
 * backing.h's. Invariants: regions do not overlap, stand in order, and two that
 * touch and could be one are one, except between a cut and the next join. For
 * space.c and its parts only; all functions with the space's lock held.
 */
#ifndef CAPOS_CORE_REGION_H
#define CAPOS_CORE_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "list.h"
#include "mem/space.h"

enum region_kind {
    REGION_RESERVED,
    REGION_ANONYMOUS,
    REGION_MEMORY,
    REGION_KERNEL,
    REGION_SHARED,
    REGION_SCRATCH, /* memory was taken back: shows the scratch frame */
};

struct region {
    struct region *next;
    uint64_t va;
    uint64_t pages;
    enum region_kind kind;
    uint32_t protection;   /* HAL_* */
    struct memory *memory; /* REGION_MEMORY, REGION_SHARED: one reference */
    uint64_t first_page;   /* of memory, shown at va */
    struct space *space;
    bool program;          /* of the image that the process was made to run */
    struct revocation_node *node; /* MEMORY, through it: a reference; or NULL */
    struct list_node node_link;
};

static inline uint64_t region_end(const struct region *region)
{
    return region->va + region->pages * PAGE_SIZE;
}

/* True if the region owns its frames, which are charged to the space. */
static inline bool region_owns(const struct region *region)
{
    return region->kind == REGION_ANONYMOUS || region->kind == REGION_KERNEL;
}

/* What frames that it owns are charged as. */
static inline enum ledger_kind region_ledger_kind(const struct region *region)
{
    return region->kind == REGION_KERNEL ? LEDGER_RINGS : LEDGER_PAGES;
}

/* ERR_DISCONNECTED, ERR_INVALID, ERR_TOO_LARGE: see space.h. */
int32_t region_check_open(const struct space *space);
int32_t region_check_protection(uint32_t protection);
int32_t region_check_pages(uint64_t pages);
int32_t region_check_range(const struct space *space, uint64_t va,
                           uint64_t pages);

/*
 * Settles where `pages` go: *va, if it is free, or the first hole if it is 0.
 * Errors as in space.h.
 */
int32_t region_place(const struct space *space, uint64_t *va, uint64_t pages);

/*
 * Makes a region that is in no list yet; kind reserved, protection 0.
 * ERR_OVERLOADED: the space has too many, or over the ledger's limit.
 * ERR_NO_MEMORY.
 */
int32_t region_create(struct space *space, uint64_t va, uint64_t pages,
                      struct region **out);

/* Frees a region that is in no list, and lets go of its memory and its node. */
void region_destroy(struct space *space, struct region *region);

/* Puts a region in its place, where nothing else is. */
void region_insert(struct space *space, struct region *region);

/* Takes a region out of the list; it is not freed. */
void region_remove(struct space *space, struct region *region);

/* The first region that ends after va; NULL: none. */
struct region *region_find(const struct space *space, uint64_t va);

/*
 * Makes region boundaries at both ends of a range. ERR_OVERLOADED,
 * ERR_NO_MEMORY as region_create; nothing is changed then.
 */
int32_t region_cut(struct space *space, uint64_t va, uint64_t pages);

/* Makes one of all regions that touch and could be one. */
void region_join(struct space *space);

#endif
