/*
 * plan.h - the manifest's list of services, from the first to the last.
 *
 * A service with wait is a step: init prints "# start NAME", waits for its end
 * and prints "ok N - NAME" or "not ok N - NAME: why", and "1..N" at the end.
 * The others run beside. The plan is over when its last step is.
 *
 * A step that has ended leaves nothing: init's own ledger is to be what it was
 * just before the step began. What is freed a moment late is waited for.
 */
#ifndef CAPOS_INIT_PLAN_H
#define CAPOS_INIT_PLAN_H

#include "unit.h"
#include "usage.h"

struct plan {
    uint32_t next; /* unit that has its turn */
    bool begun;    /* that is a step, and its turn has begun */
    bool over;
    uint32_t steps;
    uint32_t failures;
    struct usage before; /* of the present step */
    struct rpc timer;    /* while waits > 0: until the ledger is looked at */
    uint32_t waits;
};

/* Goes on as far as it can without waiting; true if it went on. */
bool plan_advance(struct plan *plan);

/* True if it waited for its timer, which is over. */
bool plan_due(const struct plan *plan);

#endif
