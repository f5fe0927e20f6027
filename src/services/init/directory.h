/*
 * directory.h - Directory: programs find the services of their manifest entry
 * again.
 *
 * A lookup of a service that is not ready is held until that changes. Held
 * lookups keep credits of the RECV, so they are bounded: in all, and for each
 * client, whose number is the tag of its facet.
 */
#ifndef CAPOS_INIT_DIRECTORY_H
#define CAPOS_INIT_DIRECTORY_H

#include "unit.h"

#define HELD_MAX 24u
#define HELD_PER_CLIENT 8u

/* Makes the endpoint and begins to serve it. 0 or an ERR_*. */
int32_t directory_start(void);

/* The owner end; CAP_NONE before directory_start. */
uint64_t directory_endpoint(void);

/* Serves what has arrived. 0, or the error that ends it for good. */
int32_t directory_arrived(void);

/* True if directory_arrived has something to do. */
bool directory_due(void);

/* Answers held lookups of services whose state allows it. */
void directory_settle(void);

#endif
