/*
 * thread_table.c - the thread table: slots are taken lowest first.
 *
 * A slot remembers the generation that its last thread reached, so that a call
 * id of a dead thread never matches a record of its successor.
 */
#include "proc/thread_table.h"

#include "fail.h"
#include "proc/thread.h"

static struct thread *thread_slots[LIMIT_THREADS];
static uint32_t thread_generations[LIMIT_THREADS];
static uint32_t thread_hint; /* no slot below is free */

int32_t thread_table_add(struct thread *thread)
{
    for (uint32_t slot = thread_hint; slot < LIMIT_THREADS; slot++) {
        if (!thread_slots[slot]) {
            thread_slots[slot] = thread;
            thread->slot = slot;
            thread->call_generation = thread_generations[slot];
            thread_hint = slot + 1;
            return 0;
        }
    }
    return FAIL(ERR_OVERLOADED, "LIMIT_THREADS threads are alive");
}

void thread_table_remove(struct thread *thread)
{
    thread_slots[thread->slot] = NULL;
    thread_generations[thread->slot] = thread->call_generation;
    if (thread->slot < thread_hint) {
        thread_hint = thread->slot;
    }
}

struct thread *thread_at(uint32_t slot)
{
    return slot < LIMIT_THREADS ? thread_slots[slot] : NULL;
}
