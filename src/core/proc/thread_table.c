/*
 * thread_table.c - the thread table: slots are taken lowest first.
 *
 * A slot remembers the generation that its last thread reached, so that a call
 * id of a dead thread never matches a record of its successor. Slots are read
 * without the lock.
 */
#include "proc/thread_table.h"

#include "check/inject.h"
#include "fail.h"
#include "lock.h"
#include "proc/thread.h"

static struct lock thread_lock; /* LOCK_THREADS */
static sync_pointer thread_slots[LIMIT_THREADS];
static uint32_t thread_generations[LIMIT_THREADS];
static uint32_t thread_hint; /* no slot below is free */

void thread_table_init(void)
{
    lock_init(&thread_lock, LOCK_THREADS);
}

/* Lock held. False: no slot is free. */
static bool thread_table_take(struct thread *thread)
{
    for (uint32_t slot = thread_hint; slot < LIMIT_THREADS; slot++) {
        if (!sync_load_pointer(&thread_slots[slot])) {
            thread->slot = slot;
            thread->call_generation = thread_generations[slot];
            thread->in_table = true;
            thread_hint = slot + 1;
            sync_store_pointer(&thread_slots[slot], thread);
            return true;
        }
    }
    return false;
}

int32_t thread_table_add(struct thread *thread)
{
    bool taken;

    lock_acquire(&thread_lock);
    taken = !inject_refuses(INJECT_SLOT) && thread_table_take(thread);
    lock_release(&thread_lock);
    return taken ? 0 : FAIL(ERR_OVERLOADED, "LIMIT_THREADS threads are alive");
}

void thread_table_remove(struct thread *thread)
{
    lock_acquire(&thread_lock);
    if (thread->in_table) {
        sync_store_pointer(&thread_slots[thread->slot], NULL);
        thread_generations[thread->slot] = thread->call_generation;
        thread->in_table = false;
        if (thread->slot < thread_hint) {
            thread_hint = thread->slot;
        }
    }
    lock_release(&thread_lock);
}

struct thread *thread_at(uint32_t slot)
{
    return slot < LIMIT_THREADS ? sync_load_pointer(&thread_slots[slot]) : NULL;
}
