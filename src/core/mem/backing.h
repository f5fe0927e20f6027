/*
 * backing.h - the frames and tables behind the regions of an address space.
 *
 * For space.c and its parts only; all functions with the space's lock held.
 */
#ifndef CAPOS_CORE_BACKING_H
#define CAPOS_CORE_BACKING_H

#include "mem/region.h"

/*
 * Puts frames behind a region that has none and maps them: fresh ones, filled
 * from source (NULL: zeroed), in one piece for the kernel's, or those of its
 * memory. Charges frames and tables. A reserved region needs nothing. Errors
 * as in space.h, or source's; nothing is changed then.
 */
int32_t backing_attach(struct space *space, const struct region *region,
                       const struct space_source *source);

/*
 * Unmaps pages of a region from its start on, frees and refunds what it owns
 * of them. Tables stay until backing_trim.
 */
void backing_detach(struct space *space, const struct region *region,
                    uint64_t pages);

/*
 * Frees and refunds tables that no mapping needs, at most budget of them. True:
 * none is left.
 */
bool backing_trim(struct space *space, uint64_t budget);

#endif
