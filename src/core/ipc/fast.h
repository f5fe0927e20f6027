/*
 * fast.h - inline calls and returns, the short way.
 *
 * All of them return false when nothing was done, and the general way must be
 * gone. Only while fast_allowed. No lock held.
 */
#ifndef CAPOS_CORE_IPC_FAST_H
#define CAPOS_CORE_IPC_FAST_H

#include <stdbool.h>
#include <stdint.h>

#include "check/inject.h"
#include "hal.h"
#include "variant.h"

struct cpu;
struct sqe;
struct thread;

/*
 * False: every entry goes the general way, which is traced, and where allocations
 * are refused.
 */
static inline bool fast_allowed(void)
{
    return !hal_trace_enabled() && !(VARIANT_CHECKS && inject_on);
}

/*
 * An entry of the current thread's queue, which is read once; there is room for its
 * completion: a CALL of a facet that a receive takes at once, params and results
 * inline, or the RETURN of such a call by the thread that received it.
 */
bool fast_one(struct thread *thread, const struct sqe *place);

/*
 * The whole of a cap_enter without timeout: a few such entries, and a wait, which
 * has begun then, or is over; the way out included. From the first other entry on it
 * is the general way's.
 */
bool fast_enter(struct cpu *cpu, uint64_t min_complete);

#endif
