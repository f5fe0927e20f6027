/*
 * give_way.c - from a thread that yields straight to the first of its queue.
 *
 * The one comes into the queue as the other leaves it, under one lock. Nobody else
 * is chosen than run_switch would choose, and the same is booked; but the machine's
 * deadline stays as it is while it is not later than the new end of the quantum: a
 * tick that comes too early arms it anew, once a quantum at most.
 */
#include "sched/balance.h"
#include "sched/hand_over.h"
#include "sched/queue.h"

#define GIVE_WAY_PENDING (CPU_PENDING_RESCHED | CPU_PENDING_YIELD)

/* The first of the queue, if it comes before one that finishes then. Locked. */
static inline bool give_way_precedes(const struct cpu *cpu, uint64_t finish_ns)
{
    const struct pairing_node *node = pairing_first(&cpu->ready);
    const struct thread *first =
        node ? container_of_const(node, struct thread, run_node) : NULL;

    return first && first->finish_ns <= finish_ns && !context_of(&first->place);
}

/*
 * The current thread, booked, goes into the queue, and the first of it is taken out
 * for this CPU. NULL: it would be the first itself, or was stopped, or it is not so
 * simple, and nothing was done. Who stops a thread exchanges its state: either that
 * comes first, or it finds it ready, and takes it out when the queue is unlocked.
 */
static inline struct thread *give_way_exchange(struct cpu *cpu,
                                               struct thread *thread,
                                               uint64_t now_ns)
{
    uint64_t finish_ns = queue_finish(thread);
    uint32_t running = THREAD_RUNNING;
    struct thread *next;

    if (!give_way_precedes(cpu, finish_ns) ||
        !sync_cas(&thread->state, &running, THREAD_READY)) {
        return NULL;
    }
    thread->finish_ns = finish_ns;
    thread->ready_ns = now_ns;
    next = container_of(
        pairing_replace_first(&cpu->ready, &thread->run_node), struct thread,
        run_node);
    sync_store(&next->busy, 1);
    sync_store(&thread->busy, 0);
    return next;
}

/*
 * Makes the next one current; false: it was stopped. Compare run_begin. It came into
 * this queue, so its virtual times are this CPU's, and it has not slept since.
 */
static inline bool give_way_to(struct cpu *cpu, struct thread *next)
{
    uint32_t ready = THREAD_READY;

    if (!sync_cas(&next->state, &ready, THREAD_RUNNING)) {
        sync_store(&next->busy, 0);
        cpu->current = NULL;
        return false;
    }
    cpu->current = next;
    queue_begin(cpu, next);
    run_resume(cpu, next);
    return true;
}

/* False: something is left to do. */
static inline bool give_way(struct cpu *cpu)
{
    struct thread *thread = cpu->current;
    uint64_t now_ns = hal_time_now();
    struct thread *next;

    run_charge(cpu, now_ns);
    queue_book_yield(thread);
    lock_acquire(&cpu->lock);
    next = give_way_exchange(cpu, thread, now_ns);
    lock_release(&cpu->lock);
    if (!next) {
        return false;
    }
    cpu->quantum_end_ns = now_ns + QUANTUM_NS;
    cpu->pending =
        cpu->armed_ns > cpu->quantum_end_ns ? CPU_PENDING_REARM : 0;
    return give_way_to(cpu, next) && !cpu->pending && !cpu->due;
}

void run_settle_yield(struct cpu *cpu)
{
    if (cpu->pending == GIVE_WAY_PENDING &&
        !context_of(&cpu->current->place) &&
        (cpu_count() == 1 || !balance_overdue(cpu)) && give_way(cpu)) {
        lock_assert_none();
        retire_leave(&cpu->retirement);
    } else {
        run_settle_all(cpu);
    }
}
