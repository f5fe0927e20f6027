/*
 * queue.h - what the two halves of the scheduler share: run.c has the queues,
 * switch.c the way out.
 */
#ifndef CAPOS_CORE_SCHED_QUEUE_H
#define CAPOS_CORE_SCHED_QUEUE_H

#include "proc/thread.h"
#include "sched/cpu.h"

/* Books to its virtual time what a thread has run since it was last booked. */
void queue_book(struct thread *thread);

/* The same for the current thread, charged up to now. */
void queue_book_current(struct cpu *cpu, uint64_t now_ns);

/* What is current, or becomes so, may have promises to see to. */
static inline void run_note_due(struct cpu *cpu, const struct thread *thread)
{
    if (sync_load64(&thread->attention) & THREAD_DUE) {
        cpu->due = CPU_DUE_NOW;
    }
}

/* Makes a thread one of this CPU: as far before or behind as it was. */
void queue_adopt(struct cpu *cpu, struct thread *thread);

/* Puts a READY thread into a queue. Its lock held. */
void queue_insert(struct cpu *cpu, struct thread *thread);

/* A READY thread joins the queue where it is served best. Its lock held. */
void queue_join(struct cpu *cpu, struct thread *thread);

/* Takes the first thread of a queue, for this CPU. NULL: it is empty. */
struct thread *queue_take(struct cpu *from);

/* Makes a busy thread the current one; false: it was stopped meanwhile. */
bool queue_start(struct cpu *cpu, struct thread *thread);

void queue_trace_thread(enum trace_kind kind, const struct thread *thread,
                        uint64_t b);

static inline void queue_trace(enum trace_kind kind,
                               const struct thread *thread, uint64_t b)
{
    if (hal_trace_enabled()) {
        queue_trace_thread(kind, thread, b);
    }
}

#endif
