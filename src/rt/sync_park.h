/*
 * sync_park.h - waiting on a word, and waking who waits on it.
 *
 * Layers: PARK and UNPARK of ring.h -> this -> sync_mutex.h and its like. A
 * lock is a word in the program's memory that is changed with the atomics of
 * sync.h; only who has to wait, and who sees that somebody may wait, enters the
 * kernel.
 *
 * While a thread waits here, completions of its other operations run, as in any
 * await: a callback must not take a lock that its own thread may hold.
 */
#ifndef CAPOS_RT_SYNC_PARK_H
#define CAPOS_RT_SYNC_PARK_H

#include "ring_client.h"

/*
 * Queues a PARK: as long as *word is expected, until unparked or timeout_ns
 * have passed. flags: 0 or RING_SHARED. 0 or ERR_OVERLOADED: no place in the
 * ring.
 */
int32_t park_submit(struct ring_client *client, struct rpc *rpc,
                    const sync_u32 *word, uint32_t expected,
                    uint64_t timeout_ns, uint8_t flags);

/*
 * Queues an UNPARK of up to count (1 to UNPARK_COUNT_MAX); its result is how
 * many it woke. Without an rpc it is quiet. flags, errors: as park_submit.
 */
int32_t unpark_submit(struct ring_client *client, struct rpc *rpc,
                      const sync_u32 *word, uint32_t count, uint8_t flags);

/*
 * Waits while *word is expected. 0: woken; ERR_VALUE_CHANGED; ERR_TIMED_OUT;
 * ERR_OVERLOADED: PARK_RECORDS are in use by callbacks; ERR_BAD_RING. Whatever
 * it is, look at the word again.
 */
int32_t park(const sync_u32 *word, uint32_t expected, uint64_t timeout_ns);

/* Wakes one thread of this process, or all, that wait on the word. At once. */
void unpark_one(const sync_u32 *word);
void unpark_all(const sync_u32 *word);

#endif
