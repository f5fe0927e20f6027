/*
 * calls.h - the generated typed calls, over the ring.
 *
 * The one place that puts the transport before the stubs that inline it.
 */
#ifndef CAPOS_RT_CALLS_H
#define CAPOS_RT_CALLS_H

#include "ring_client.h"

#include "capos.client.gen.h"

#endif
