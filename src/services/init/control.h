/*
 * control.h - what services and their keepers tell init: Supervisor and
 * ServiceControl, on one endpoint.
 *
 * Every call is answered at once. Whose it is, its tag says: of a Supervisor
 * the unit and its instance, so that an instance that has ended says nothing
 * for the next one; CONTROL_TAG_ALL of the ServiceControl.
 */
#ifndef CAPOS_INIT_CONTROL_H
#define CAPOS_INIT_CONTROL_H

#include "unit.h"

#define CONTROL_TAG_ALL UINT64_MAX

static inline uint64_t control_tag(const struct unit *unit)
{
    return (uint64_t)unit->instance << 16 | unit->number;
}

/* Makes the endpoint and begins to serve it. 0 or an ERR_*. */
int32_t control_start(void);

/* The owner end; CAP_NONE before control_start. */
uint64_t control_endpoint(void);

/* Serves what has arrived. 0, or the error that ends it for good. */
int32_t control_arrived(void);

/* True if control_arrived has something to do. */
bool control_due(void);

#endif
