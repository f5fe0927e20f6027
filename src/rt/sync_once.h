/*
 * sync_once.h - something that is done once, by whoever comes first.
 *
 * All zero is not done yet. Afterwards asking is one load.
 */
#ifndef CAPOS_RT_SYNC_ONCE_H
#define CAPOS_RT_SYNC_ONCE_H

#include "sync.h"

enum once_state {
    ONCE_NEW = 0,
    ONCE_RUNNING = 1,
    ONCE_WAITED = 2, /* running, and somebody may be parked */
    ONCE_DONE = 3,
};

struct once {
    sync_u32 state; /* enum once_state; parked on */
};

/* The part behind the load. */
void once_first(struct once *once, void (*run)(void *argument),
                void *argument);

/*
 * Returns when run(argument) has returned, in this thread or another. run must
 * not ask for the same once. Any thread.
 */
static inline void once_run(struct once *once, void (*run)(void *argument),
                            void *argument)
{
    if (sync_load(&once->state) != ONCE_DONE) {
        once_first(once, run, argument);
    }
}

#endif
