/*
 * backing.h - the frames and tables behind the regions of an address space.
 *
 * What a change takes out of the machine's tables, other CPUs may still use: it
 * is in their TLBs, or the way to it. So it is collected in a batch, and freed
 * and refunded only after a flush of the CPUs that have the space active: once
 * for a change as a rule, data and tables together.
 *
 * For space.c and its parts only; all functions with the space's lock held.
 */
#ifndef CAPOS_CORE_BACKING_H
#define CAPOS_CORE_BACKING_H

#include "mem/region.h"

#define BACKING_RUNS_MAX 32u

struct backing_run {
    uint64_t phys;
    uint64_t pages;
};

/* Made by backing_begin, ended by backing_finish; in between only collected. */
struct backing_batch {
    struct space *space;
    struct region *regions; /* taken out of the space, chained by next */
    uint64_t refund[LEDGER_KINDS];
    bool changed; /* the machine's tables, since the last flush */
    uint32_t count;
    struct backing_run runs[BACKING_RUNS_MAX];
};

/* Makes an empty batch. */
void backing_begin(struct backing_batch *batch, struct space *space);

/* Flushes other CPUs, if need be, and frees what was collected. */
void backing_finish(struct backing_batch *batch);

/*
 * Puts frames behind a region that has none and maps them: fresh ones, filled
 * from source (NULL: zeroed), in one piece for the kernel's, or those of its
 * memory. Charges frames and tables. A reserved region needs nothing. Errors
 * as in space.h, or source's; nothing is changed then.
 */
int32_t backing_attach(struct space *space, const struct region *region,
                       const struct space_source *source);

/*
 * Unmaps pages of a region from its start on; what it owns of them is freed
 * with the batch. Tables stay until backing_trim.
 */
void backing_detach(struct backing_batch *batch, const struct region *region,
                    uint64_t pages);

/*
 * Leaves a region without pages, which is in no list any more, to be destroyed
 * with the batch: its memory may be the last reference to mapped frames.
 */
void backing_drop(struct backing_batch *batch, struct region *region);

/* Changes the protection of a region that is mapped. */
void backing_protect(struct backing_batch *batch, struct region *region,
                     uint32_t protection);

/*
 * Shows the space's scratch frame instead of a region's memory, which the caller
 * lets go when the batch is finished.
 */
void backing_cover(struct backing_batch *batch, struct region *region);

/*
 * Takes tables that no mapping needs into the batch, at most budget of them.
 * True: none is left.
 */
bool backing_trim(struct backing_batch *batch, uint64_t budget);

#endif
