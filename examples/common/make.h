/*
 * make.h - capabilities that several examples make before they begin. CAP_NONE
 * if that fails.
 */
#ifndef CAPOS_EXAMPLES_MAKE_H
#define CAPOS_EXAMPLES_MAKE_H

#include "capos.h"

/* A new Notification. */
static inline uint64_t make_notification(void)
{
    uint64_t factory =
        capset_need("notifications", NOTIFICATION_FACTORY_INTERFACE_ID);
    uint64_t cap = CAP_NONE;

    notification_factory_create(rt(), factory, &cap);
    return cap;
}

/* What can be lent of cap: the same, until the revoker takes it back. */
static inline uint64_t make_lent(uint64_t revoker, uint64_t cap)
{
    uint64_t lent = CAP_NONE;

    check(revoker_attach(rt(), revoker, xfer_copy(cap), &lent) == 0,
          "attached to the revoker");
    return lent;
}

#endif
