/* sync_once.c - see sync_once.h. */
#include "sync_once.h"

#include "sync_park.h"

void once_first(struct once *once, void (*run)(void *argument),
                void *argument)
{
    uint32_t state = ONCE_NEW;

    if (sync_cas(&once->state, &state, ONCE_RUNNING)) {
        run(argument);
        if (sync_exchange(&once->state, ONCE_DONE) == ONCE_WAITED) {
            unpark_all(&once->state);
        }
        return;
    }
    while (state != ONCE_DONE) {
        if (state == ONCE_WAITED ||
            sync_cas(&once->state, &state, ONCE_WAITED)) {
            (void)park(&once->state, ONCE_WAITED, TIMEOUT_NEVER);
            state = sync_load(&once->state);
        }
    }
}
