/*
 * context_books.h - what the files of scheduling contexts share (context.h):
 * context.c, the budget, context_bind.c, the bindings, context_lend.c, lending.
 */
#ifndef CAPOS_CORE_SCHED_CONTEXT_BOOKS_H
#define CAPOS_CORE_SCHED_CONTEXT_BOOKS_H

#include "lock.h"
#include "proc/thread.h"
#include "sched/context.h"

extern struct lock context_lock; /* LOCK_CONTEXT */

/* Sets what a thread runs on, and its weight by that. Locked. */
void context_set(struct thread *thread, struct sched_context *context);

/*
 * True if the budget is used up; then it is told once, and whoever waits is woken
 * when it is replenished. Locked.
 */
bool context_used_up(struct sched_context *context, uint64_t now_ns);

/* Nothing of what this thread has lent is lent any more. Locked. */
void context_take_back(struct thread *lender);

#endif
