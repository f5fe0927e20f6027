/*
 * transfer.c - capabilities from one table to another (transfer.h).
 *
 * Prepare looks at every source and takes what the receiver needs; commit fills
 * slots and cannot fail. What is moved leaves its slot when all is filled, so
 * that new and old slots are never the same one.
 */
#include "cap/transfer.h"

#include "check/inject.h"
#include "fail.h"
#include "proc/ledger.h"

bool cap_transfer_no_room(int32_t error)
{
    return error == ERR_OVERLOADED || error == ERR_NO_MEMORY ||
           error == ERR_DISCONNECTED;
}

/* ------------------------------------------------------------- descriptors */

static int32_t xfer_check(const struct ring_xfer *xfer)
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
static int32_t xfer_find(struct cap_table *from, const struct ring_xfer *xfer,
                         struct cap_edge *edge)
{
    const struct cap_slot *place = cap_find_locked(from, xfer->cap);

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

static void transfer_lock(const struct cap_transfer *transfer)
{
    struct cap_table *from = transfer->from;
    struct cap_table *to = transfer->to;
    struct cap_table *first = from->process_id < to->process_id ? from : to;

    lock_acquire(&first->lock);
    if (from != to) {
        lock_acquire(first == from ? &to->lock : &from->lock);
    }
}

static void transfer_unlock(const struct cap_transfer *transfer)
{
    lock_release(&transfer->from->lock);
    if (transfer->from != transfer->to) {
        lock_release(&transfer->to->lock);
    }
}

static int32_t transfer_prepare(const struct cap_transfer *transfer)
{
    int32_t error = 0;

    for (uint32_t i = 0; !error && i < transfer->count; i++) {
        struct cap_edge edge;

        error = xfer_check(&transfer->xfers[i]);
        if (!error) {
            error = xfer_check_once(transfer->xfers, i);
        }
        if (!error) {
            error = xfer_find(transfer->from, &transfer->xfers[i], &edge);
        }
    }
    return error ? error : cap_prepare_locked(transfer->to, transfer->count);
}

/* Returns how many were moved. */
static uint32_t transfer_commit(const struct cap_transfer *transfer)
{
    uint32_t moved = 0;

    for (uint32_t i = 0; i < transfer->count; i++) {
        const struct ring_xfer *xfer = &transfer->xfers[i];
        struct cap_edge edge;

        /* It may have been revoked just now: then that is what goes along. */
        cap_read_locked(cap_find_locked(transfer->from, xfer->cap), &edge);
        xfer_pass(transfer->from, xfer, &edge);
        edge.origin = transfer->origin;
        if (xfer->mode == RING_XFER_COPY) {
            cap_edge_hold(&edge);
        }
        transfer->caps[i] = cap_fill_locked(transfer->to, &edge);
    }
    for (uint32_t i = 0; i < transfer->count; i++) {
        if (transfer->xfers[i].mode == RING_XFER_MOVE) {
            cap_take_locked(transfer->from, transfer->xfers[i].cap);
            moved++;
        }
    }
    return moved;
}

int32_t cap_transfer(const struct cap_transfer *transfer)
{
    uint32_t moved = 0;
    int32_t error;

    if (!inject_begin(NULL, &error)) {
        return error;
    }
    transfer_lock(transfer);
    error = transfer_prepare(transfer);
    if (!error) {
        moved = transfer_commit(transfer);
    }
    transfer_unlock(transfer);
    if (moved) {
        ledger_refund(transfer->from->ledger, LEDGER_CAPS, moved);
    }
    inject_end(NULL, error);
    return error;
}

/* ------------------------------------------------------------------- peeking */

int32_t cap_transfer_peek(struct cap_table *from, const struct ring_xfer *xfer,
                          struct cap_edge *edge)
{
    int32_t error = xfer_check(xfer);

    if (!error && xfer->mode != RING_XFER_COPY) {
        error = FAIL(ERR_BAD_FLAGS, "a kernel object takes copies only");
    }
    if (error) {
        return error;
    }
    lock_acquire(&from->lock);
    error = xfer_find(from, xfer, edge);
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
