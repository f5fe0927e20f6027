/*
 * sync_rwlock.c - see sync_rwlock.h.
 *
 * Everything that decides who may get in stands in one word, so a reader that
 * parks with the state that kept it out parks only as long as that is so. A
 * writer notes its turn before it looks at the state: who leaves changes the
 * state first and the turn then.
 */
#include "sync_rwlock.h"

#include "sync_park.h"

#define RWLOCK_READERS (RWLOCK_WAITING - 1)
#define RWLOCK_HOLDERS (RWLOCK_WRITER | RWLOCK_READERS)

/* Tries until in, or kept out by *state. */
static bool rwlock_enter_read(struct rwlock *rwlock, uint32_t *state)
{
    *state = sync_load(&rwlock->state);
    while (*state < RWLOCK_WAITING) {
        if (sync_cas(&rwlock->state, state, *state + RWLOCK_READER)) {
            return true;
        }
    }
    return false;
}

void rwlock_acquire_read(struct rwlock *rwlock)
{
    uint32_t state;

    if (rwlock_enter_read(rwlock, &state)) {
        return;
    }
    sync_add(&rwlock->readers_waiting, 1);
    while (!rwlock_enter_read(rwlock, &state)) {
        (void)park(&rwlock->state, state, TIMEOUT_NEVER);
    }
    sync_sub(&rwlock->readers_waiting, 1);
}

/* A writer that has announced itself takes the place of a waiting one. */
static bool rwlock_enter_write(struct rwlock *rwlock)
{
    uint32_t state = sync_load(&rwlock->state);

    while (!(state & RWLOCK_HOLDERS)) {
        if (sync_cas(&rwlock->state, &state,
                     (state - RWLOCK_WAITING) | RWLOCK_WRITER)) {
            return true;
        }
    }
    return false;
}

void rwlock_acquire_write(struct rwlock *rwlock)
{
    uint32_t state = 0;
    uint32_t turn;

    if (sync_cas(&rwlock->state, &state, RWLOCK_WRITER)) {
        return;
    }
    sync_add(&rwlock->state, RWLOCK_WAITING);
    turn = sync_load(&rwlock->turn);
    while (!rwlock_enter_write(rwlock)) {
        (void)park(&rwlock->turn, turn, TIMEOUT_NEVER);
        turn = sync_load(&rwlock->turn);
    }
}

/* Somebody has left, and this is what remained. */
static void rwlock_left(struct rwlock *rwlock, uint32_t state)
{
    if (state & RWLOCK_HOLDERS) {
        return;
    }
    if (state) {
        sync_add(&rwlock->turn, 1);
        unpark_one(&rwlock->turn);
    } else if (sync_load(&rwlock->readers_waiting) > 0) {
        unpark_all(&rwlock->state);
    }
}

void rwlock_release_read(struct rwlock *rwlock)
{
    rwlock_left(rwlock,
                sync_sub(&rwlock->state, RWLOCK_READER) - RWLOCK_READER);
}

void rwlock_release_write(struct rwlock *rwlock)
{
    rwlock_left(rwlock,
                sync_sub(&rwlock->state, RWLOCK_WRITER) - RWLOCK_WRITER);
}
