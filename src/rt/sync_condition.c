/* sync_condition.c - see sync_condition.h. */
#include "sync_condition.h"

#include "sync_park.h"

/*
 * The sequence is read before the mutex is let go, so a signal that comes
 * between that and the PARK changes it, and the PARK does not wait.
 */
int32_t condition_wait(struct condition *condition, struct mutex *mutex,
                       uint64_t timeout_ns)
{
    uint32_t sequence = sync_load(&condition->sequence);
    int32_t result;

    sync_add(&condition->waiters, 1);
    mutex_release(mutex);
    result = park(&condition->sequence, sequence, timeout_ns);
    sync_sub(&condition->waiters, 1);
    mutex_acquire(mutex);
    return result == ERR_TIMED_OUT ? ERR_TIMED_OUT : 0;
}

/* True if somebody waits; then the sequence has moved on. */
static bool condition_advance(struct condition *condition)
{
    if (sync_load(&condition->waiters) == 0) {
        return false;
    }
    sync_add(&condition->sequence, 1);
    return true;
}

void condition_signal(struct condition *condition)
{
    if (condition_advance(condition)) {
        unpark_one(&condition->sequence);
    }
}

void condition_broadcast(struct condition *condition)
{
    if (condition_advance(condition)) {
        unpark_all(&condition->sequence);
    }
}
