/*
 * queue.h - what the two halves of the scheduler share: run.c has the queues,
 * switch.c the way out.
 */
#ifndef CAPOS_CORE_SCHED_QUEUE_H
#define CAPOS_CORE_SCHED_QUEUE_H

#include "hot.h"
#include "proc/thread.h"
#include "sched/cpu.h"

#define QUEUE_DEBT 4u /* quanta */

/*
 * Books to its virtual time what a thread has run since it was last booked. Of
 * that, more than QUEUE_DEBT quanta are forgotten: see run.c.
 */
static inline void queue_book(struct thread *thread)
{
    uint64_t ran_ns = sync_load64(&thread->ran_ns);
    uint64_t virtual_ns = (ran_ns - thread->booked_ns) * THREAD_WEIGHT_ONE /
                          sync_peek(&thread->weight);
    uint64_t most_ns = QUEUE_DEBT * sync_peek64(&thread->quantum_virtual_ns);

    thread->booked_ns = ran_ns;
    thread->virtual_ns += virtual_ns < most_ns ? virtual_ns : most_ns;
}

/* The same for the current thread, charged up to now. */
void queue_book_current(struct cpu *cpu, uint64_t now_ns);

/*
 * The same for one that gives way by itself: as if its quantum were used up, or the
 * least virtual time would stay on. What it ran of the quantum lies in that.
 */
static inline void queue_book_yield(struct thread *thread)
{
    uint64_t ran_ns = sync_load64(&thread->ran_ns);

    if (thread->virtual_ns < thread->finish_ns &&
        ran_ns - thread->booked_ns < QUANTUM_NS) {
        thread->booked_ns = ran_ns;
    } else {
        queue_book(thread);
    }
    if (thread->virtual_ns < thread->finish_ns) {
        thread->virtual_ns = thread->finish_ns;
    }
}

/* What is current, or becomes so, may have promises to see to. */
static inline void queue_note_due(struct cpu *cpu, const struct thread *thread)
{
    if (sync_load64(&thread->attention) & THREAD_DUE) {
        cpu->due = CPU_DUE_NOW;
    }
}

/* Makes a thread one of this CPU: as far before or behind as it was. */
void queue_adopt_from(struct cpu *cpu, const struct cpu *from,
                      struct thread *thread);

static inline void queue_adopt(struct cpu *cpu, struct thread *thread)
{
    uint32_t from = sync_load(&thread->cpu);

    if (from != cpu->number) {
        queue_adopt_from(cpu, &cpus[from], thread);
    }
}

/* Puts a READY thread into a queue. Its lock held. */
void queue_insert(struct cpu *cpu, struct thread *thread);

/* A READY thread joins the queue where it is served best. Its lock held. */
void queue_join(struct cpu *cpu, struct thread *thread);

/* Takes the first thread of a queue, for this CPU. NULL: it is empty. */
struct thread *queue_take(struct cpu *from);

/* Sleeping earns no credit beyond one quantum. */
static inline void queue_limit_credit(const struct cpu *cpu,
                                      struct thread *thread)
{
    uint64_t virtual_ns = sync_load64(&cpu->virtual_ns);
    uint64_t quantum_ns = sync_peek64(&thread->quantum_virtual_ns);

    if (thread->virtual_ns + quantum_ns < virtual_ns) {
        thread->virtual_ns = virtual_ns - quantum_ns;
    }
}

/* When the next quantum of a thread will end, in virtual time. */
static inline uint64_t queue_finish(const struct thread *thread)
{
    return thread->virtual_ns + sync_peek64(&thread->quantum_virtual_ns);
}

/* A thread has become the current one, and begins a quantum. */
static inline void queue_begin(struct cpu *cpu, struct thread *thread)
{
    cpu->due = CPU_DUE_NOT;
    queue_note_due(cpu, thread);
    if (thread->virtual_ns > sync_load64(&cpu->virtual_ns)) {
        sync_store64(&cpu->virtual_ns, thread->virtual_ns);
    }
}

/* Makes a busy thread the current one; false: it was stopped meanwhile. */
bool queue_start(struct cpu *cpu, struct thread *thread);

void queue_trace_thread(enum trace_kind kind, const struct thread *thread,
                        uint64_t b);

HOT void queue_trace(enum trace_kind kind, const struct thread *thread,
                     uint64_t b)
{
    if (hal_trace_enabled()) {
        queue_trace_thread(kind, thread, b);
    }
}

#endif
