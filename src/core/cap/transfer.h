/*
 * transfer.h - capabilities from one table to another, all or none.
 *
 * CALL, RETURN and spawn grants pass capabilities by this and by nothing else
 * (but for what the kernel itself gives, cap_insert). Both tables are locked
 * throughout (of two the one of the lower process id first), so nobody ever sees
 * a part of a transfer, and rolling back is not having begun.
 */
#ifndef CAPOS_CORE_CAP_TRANSFER_H
#define CAPOS_CORE_CAP_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "cap/table.h"
#include "ring.h"

struct cap_transfer {
    struct cap_table *from;
    struct cap_table *to; /* may be the same one */
    enum cap_origin origin;
    const struct ring_xfer *xfers; /* kernel memory, not the program's */
    uint32_t count;
    uint64_t *caps; /* count of them: the new CapIds, in order */
};

/*
 * Checks everything, charges `to` and makes room, then moves or copies; what was
 * moved is refunded to `from`. An error changes nothing, except that the table
 * `to` may have grown. No lock behind LOCK_SPACE held. Time is quadratic in count.
 * The sender's fault:
 *   ERR_BAD_FLAGS         a descriptor's mode or flags are unknown
 *   ERR_BAD_CAPABILITY    not live, revoked, or named again after a move
 *   ERR_NOT_TRANSFERABLE  its mode does not allow that
 * The receiver's (cap_transfer_no_room): ERR_OVERLOADED, ERR_NO_MEMORY,
 * ERR_DISCONNECTED as cap_insert.
 */
int32_t cap_transfer(const struct cap_transfer *transfer);

/*
 * The same for one descriptor; *cap is the new CapId. Not while failures are injected
 * (check/inject.h).
 */
int32_t cap_transfer_one(struct cap_table *from, struct cap_table *to,
                         const struct ring_xfer *xfer, enum cap_origin origin,
                         uint64_t *cap);

/* True if it is the receiver that could not take the capabilities. */
bool cap_transfer_no_room(int32_t error);

/*
 * What a descriptor would pass on, if copied: as the edge of its receiver, but
 * for the giver. No lock. ERR_BAD_FLAGS, ERR_BAD_CAPABILITY,
 * ERR_NOT_TRANSFERABLE. On success the caller owes a reference each to object and
 * node (cap_transfer_put).
 */
int32_t cap_transfer_peek(struct cap_table *from, const struct ring_xfer *xfer,
                          struct cap_edge *edge);
void cap_transfer_put(const struct cap_edge *edge);

#endif
