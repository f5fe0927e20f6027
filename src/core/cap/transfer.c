/*
 * transfer.c - capabilities from one table to another (transfer.h).
 *
 * Prepare looks at every source and takes what the receiver needs; commit fills
 * slots and cannot fail. What is moved leaves its slot when all is filled, so
 * that new and old slots are never the same one.
 */
#include "cap/transfer.h"

#include "cap/slot.h"

bool cap_transfer_no_room(int32_t error)
{
    return error == ERR_OVERLOADED || error == ERR_NO_MEMORY ||
           error == ERR_DISCONNECTED;
}

/* ------------------------------------------------------------- descriptors */

static inline int32_t xfer_check(const struct ring_xfer *xfer)
{
    if (xfer->mode != RING_XFER_COPY && xfer->mode != RING_XFER_MOVE) {
        return FAIL(ERR_BAD_FLAGS, "transfer mode");
    }
    if (xfer->flags & ~(RING_XFER_MOVE_ONLY | RING_XFER_NON_TRANSFERABLE)) {
        return FAIL(ERR_BAD_FLAGS, "transfer flags");
    }
    return 0;
}

/* What the receiver may do with it: what the sender may, or less. */
static enum cap_mode xfer_narrow(const struct ring_xfer *xfer,
                                 enum cap_mode mode)
{
    if (xfer->flags & RING_XFER_NON_TRANSFERABLE) {
        return CAP_MODE_NON_TRANSFERABLE;
    }
    return xfer->flags & RING_XFER_MOVE_ONLY && mode == CAP_MODE_COPY
               ? CAP_MODE_MOVE
               : mode;
}

/* The sender's edge, if the descriptor may pass it on. Table locked. */
static inline int32_t xfer_find(struct cap_table *from,
                                const struct ring_xfer *xfer,
                                struct cap_slot **found, struct cap_edge *edge)
{
    struct cap_slot *place = cap_find_locked(from, xfer->cap);

    *found = place;
    if (!place) {
        return FAIL(ERR_BAD_CAPABILITY, "transferred capability");
    }
    cap_read_locked(place, edge);
    if (sync_load(&edge->node->revoked)) {
        return FAIL(ERR_BAD_CAPABILITY, "transferred capability is revoked");
    }
    if (edge->mode == CAP_MODE_NON_TRANSFERABLE ||
        (edge->mode == CAP_MODE_MOVE && xfer->mode != RING_XFER_MOVE)) {
        return FAIL(ERR_NOT_TRANSFERABLE, "transferred capability");
    }
    return 0;
}

/* Makes the sender's edge the receiver's, but for its origin. */
static void xfer_pass(const struct cap_table *from,
                      const struct ring_xfer *xfer, struct cap_edge *edge)
{
    edge->mode = xfer_narrow(xfer, edge->mode);
    edge->giver = from->process_id;
    edge->giver_cap = xfer->cap;
}

/* True if one of the first count descriptors moves that capability away. */
static bool xfer_moved(const struct ring_xfer *xfers, uint32_t count,
                       uint64_t cap)
{
    for (uint32_t i = 0; i < count; i++) {
        if (xfers[i].mode == RING_XFER_MOVE && xfers[i].cap == cap) {
            return true;
        }
    }
    return false;
}

/* Of what is moved, no other descriptor may speak, before it or after it. */
static int32_t xfer_check_once(const struct ring_xfer *xfers, uint32_t index)
{
    bool again = xfer_moved(xfers, index, xfers[index].cap);

    for (uint32_t i = 0; xfers[index].mode == RING_XFER_MOVE && i < index;
         i++) {
        again |= xfers[i].cap == xfers[index].cap;
    }
    return again ? FAIL(ERR_BAD_CAPABILITY, "a moved capability is named twice")
                 : 0;
}

/* ---------------------------------------------------------------- transfer */

static inline void transfer_lock(struct cap_table *from, struct cap_table *to)
{
    struct cap_table *first = from->process_id < to->process_id ? from : to;

    lock_acquire(&first->lock);
    if (from != to) {
        lock_acquire(first == from ? &to->lock : &from->lock);
    }
}

static inline void transfer_unlock(struct cap_table *from,
                                   struct cap_table *to)
{
    lock_release(&from->lock);
    if (from != to) {
        lock_release(&to->lock);
    }
}

/*
 * Fills a slot of the receiver's with what the sender's edge says, narrowed. It may
 * have been revoked just now: then that is what goes along.
 */
static inline uint64_t transfer_fill(const struct cap_table *from,
                                     struct cap_table *to,
                                     const struct ring_xfer *xfer,
                                     enum cap_origin origin,
                                     struct cap_edge *edge)
{
    xfer_pass(from, xfer, edge);
    edge->origin = origin;
    if (xfer->mode == RING_XFER_COPY) {
        cap_edge_hold(edge);
    }
    return cap_fill_locked(to, edge);
}

static int32_t transfer_prepare(const struct cap_transfer *transfer)
{
    int32_t error = 0;

    for (uint32_t i = 0; !error && i < transfer->count; i++) {
        struct cap_slot *place;
        struct cap_edge edge;

        error = xfer_check(&transfer->xfers[i]);
        if (!error) {
            error = xfer_check_once(transfer->xfers, i);
        }
        if (!error) {
            error = xfer_find(transfer->from, &transfer->xfers[i], &place,
                              &edge);
        }
    }
    return error ? error : cap_prepare_locked(transfer->to, transfer->count);
}

/* Returns how many were moved. */
static uint32_t transfer_commit(const struct cap_transfer *transfer)
{
    uint32_t moved = 0;

    for (uint32_t i = 0; i < transfer->count; i++) {
        const struct cap_slot *place =
            cap_find_locked(transfer->from, transfer->xfers[i].cap);
        struct cap_edge edge;

        ASSERT(place);
        cap_read_locked(place, &edge);
        transfer->caps[i] =
            transfer_fill(transfer->from, transfer->to, &transfer->xfers[i],
                          transfer->origin, &edge);
    }
    for (uint32_t i = 0; i < transfer->count; i++) {
        uint64_t cap = transfer->xfers[i].cap;

        if (transfer->xfers[i].mode == RING_XFER_MOVE) {
            cap_take_locked(transfer->from,
                            cap_slot_at(transfer->from, (uint32_t)cap), cap);
            moved++;
        }
    }
    return moved;
}

static int32_t transfer_all(const struct cap_transfer *transfer)
{
    uint32_t moved = 0;
    int32_t error;

    transfer_lock(transfer->from, transfer->to);
    error = transfer_prepare(transfer);
    if (!error) {
        moved = transfer_commit(transfer);
    }
    transfer_unlock(transfer->from, transfer->to);
    if (moved) {
        ledger_refund(transfer->from->ledger, LEDGER_CAPS, moved);
    }
    return error;
}

/* Both steps for a single one, which is looked for once. Tables locked. */
static inline int32_t transfer_single(struct cap_table *from,
                                      struct cap_table *to,
                                      const struct ring_xfer *xfer,
                                      enum cap_origin origin, uint64_t *cap)
{
    struct cap_slot *place;
    struct cap_edge edge = {0};
    int32_t error = xfer_check(xfer);

    if (error) {
        return error;
    }
    error = xfer_find(from, xfer, &place, &edge);
    if (!error) {
        error = cap_prepare_locked(to, 1);
    }
    if (error || !place) {
        return error;
    }
    *cap = transfer_fill(from, to, xfer, origin, &edge);
    if (xfer->mode == RING_XFER_MOVE) {
        cap_take_locked(from, place, xfer->cap);
    }
    return 0;
}

int32_t cap_transfer_one(struct cap_table *from, struct cap_table *to,
                         const struct ring_xfer *xfer, enum cap_origin origin,
                         uint64_t *cap)
{
    int32_t error;

    transfer_lock(from, to);
    error = transfer_single(from, to, xfer, origin, cap);
    transfer_unlock(from, to);
    if (!error && xfer->mode == RING_XFER_MOVE) {
        ledger_refund(from->ledger, LEDGER_CAPS, 1);
    }
    return error;
}

int32_t cap_transfer(const struct cap_transfer *transfer)
{
    int32_t error;

    if (!inject_begin(NULL, &error)) {
        return error;
    }
    error = transfer->count == 1
                ? cap_transfer_one(transfer->from, transfer->to,
                                   transfer->xfers, transfer->origin,
                                   transfer->caps)
                : transfer_all(transfer);
    inject_end(NULL, error);
    return error;
}

/* ------------------------------------------------------------------- peeking */

int32_t cap_transfer_peek(struct cap_table *from, const struct ring_xfer *xfer,
                          struct cap_edge *edge)
{
    struct cap_slot *place;
    int32_t error = xfer_check(xfer);

    if (!error && xfer->mode != RING_XFER_COPY) {
        error = FAIL(ERR_BAD_FLAGS, "a kernel object takes copies only");
    }
    if (error) {
        return error;
    }
    lock_acquire(&from->lock);
    error = xfer_find(from, xfer, &place, edge);
    /* Its node holds the object until it is revoked, which may be now. */
    if (!error && !object_try_get(edge->object)) {
        error = FAIL(ERR_BAD_CAPABILITY, "the object is gone");
    }
    if (!error && edge->node != &revocation_root) {
        object_get(&edge->node->object);
    }
    lock_release(&from->lock);
    if (!error) {
        xfer_pass(from, xfer, edge);
    }
    return error;
}

void cap_transfer_put(const struct cap_edge *edge)
{
    if (edge->node != &revocation_root) {
        object_put(&edge->node->object);
    }
    object_put(edge->object);
}
