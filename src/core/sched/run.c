/*
 * run.c - threads become ready, wait, yield, stop; the run queues.
 *
 * A thread comes into a queue under its own lock and the queue's, or by a yield
 * (give_way.c) under the queue's alone, and leaves it under the queue's; from then
 * on it is busy, until it waits or comes into a queue again. So whoever holds its
 * lock, found it READY, and does not find it in a queue knows that a CPU has it.
 *
 * What a thread ran is booked to its virtual time when it comes into a queue, and
 * not each time that it waits: between, it may have been handed the CPU any number
 * of times. Of that time more than QUEUE_DEBT quanta are forgotten: for so long
 * nobody else was ready, or the tick would have come between.
 */
#include "sched/run.h"

#include "fail.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "sched/balance.h"
#include "sched/queue.h"
#include "sched/timer.h"

static struct thread *run_thread_of(const struct pairing_node *node)
{
    return container_of(node, struct thread, run_node);
}

static bool run_less(const struct pairing_node *a,
                     const struct pairing_node *b)
{
    return run_thread_of(a)->finish_ns < run_thread_of(b)->finish_ns;
}

void run_queue_init(struct cpu *cpu)
{
    pairing_init(&cpu->ready, run_less);
}

void queue_trace_thread(enum trace_kind kind, const struct thread *thread,
                        uint64_t b)
{
    hal_trace(kind, (uint32_t)thread->id, thread->id, b);
}

void queue_book_current(struct cpu *cpu, uint64_t now_ns)
{
    struct thread *thread = cpu->current;

    run_charge(cpu, now_ns);
    queue_book(thread);
    /* While it runs alone no other start moves the CPU's time on. */
    if (!sync_load(&cpu->queued) &&
        thread->virtual_ns > sync_load64(&cpu->virtual_ns)) {
        sync_store64(&cpu->virtual_ns, thread->virtual_ns);
    }
}

void queue_adopt_from(struct cpu *cpu, const struct cpu *from,
                      struct thread *thread)
{
    int64_t ahead_ns =
        (int64_t)(thread->virtual_ns - sync_load64(&from->virtual_ns));

    ahead_ns += (int64_t)sync_load64(&cpu->virtual_ns);
    thread->virtual_ns = ahead_ns > 0 ? (uint64_t)ahead_ns : 0;
    sync_store(&thread->cpu, cpu->number);
}

void queue_insert(struct cpu *cpu, struct thread *thread)
{
    queue_adopt(cpu, thread);
    queue_book(thread);
    queue_limit_credit(cpu, thread);
    thread->finish_ns = queue_finish(thread);
    thread->ready_ns = hal_time_now();
    lock_acquire(&cpu->lock);
    pairing_insert(&cpu->ready, &thread->run_node);
    sync_store(&thread->busy, 0);
    (void)sync_add(&cpu->queued, 1);
    lock_release(&cpu->lock);
}

void queue_join(struct cpu *cpu, struct thread *thread)
{
    struct cpu *target = balance_choose(cpu, thread);

    if (cpu->current && target == cpu) {
        queue_book_current(cpu, hal_time_now()); /* until now it ran alone */
    }
    queue_insert(target, thread);
    balance_notify(cpu, target);
}

void run_wake_elsewhere(struct cpu *cpu, struct thread *thread)
{
    sync_store(&thread->state, THREAD_READY);
    queue_join(cpu, thread);
}

void run_unpark(struct thread *thread)
{
    lock_assert(&thread->lock);
    if (sync_load(&thread->state) == THREAD_READY) {
        queue_join(cpu_self(), thread);
    }
}

void run_account(struct cpu *cpu)
{
    run_charge(cpu, hal_time_now());
}

void run_recheck(const struct thread *thread)
{
    uint32_t number = sync_load(&thread->cpu);
    uint32_t state = sync_load(&thread->state);

    lock_assert(&thread->lock);
    if (number == hal_cpu_self()) {
        cpu_self()->pending |= CPU_PENDING_REARM;
    } else if (state == THREAD_RUNNING || state == THREAD_READY) {
        cpu_interrupt(1ull << number); /* it may just be made to run */
    }
}

void run_remove(struct thread *thread, uint32_t state)
{
    uint32_t number = sync_load(&thread->cpu);
    struct cpu *cpu = &cpus[number];

    if (state == THREAD_RUNNING) {
        if (number != hal_cpu_self()) {
            cpu_interrupt(1ull << number);
        }
    } else if (state == THREAD_READY) {
        lock_acquire(&cpu->lock);
        if (pairing_contains(&thread->run_node)) {
            pairing_remove(&cpu->ready, &thread->run_node);
            (void)sync_sub(&cpu->queued, 1);
        }
        lock_release(&cpu->lock);
        if (thread->place.parked) {
            context_unpark(thread);
        }
    }
}

void run_yield(struct cpu *cpu)
{
    cpu->pending |= CPU_PENDING_RESCHED | CPU_PENDING_YIELD;
}

void run_tick(struct cpu *cpu, uint64_t now_ns)
{
    if (cpu->current && context_of(&cpu->current->place)) {
        context_tick(cpu, now_ns);
    }
    if (cpu->current && now_ns >= cpu->quantum_end_ns) {
        cpu->pending |= CPU_PENDING_RESCHED;
    }
}

void run_due(struct thread *thread)
{
    uint32_t number = sync_load(&thread->cpu);

    lock_assert(&thread->lock);
    if (number == hal_cpu_self()) {
        cpu_self()->due = CPU_DUE_NOW;
    } else {
        cpu_interrupt(1ull << number);
    }
}

void run_attend(struct cpu *cpu)
{
    balance_set_untimed(cpu, false);
    cpu->pending |= CPU_PENDING_REARM;
    if (cpu->current) {
        queue_note_due(cpu, cpu->current);
    }
}

struct thread *queue_take(struct cpu *from)
{
    struct pairing_node *first;

    lock_acquire(&from->lock);
    first = pairing_remove_first(&from->ready);
    if (first) {
        sync_store(&run_thread_of(first)->busy, 1);
        (void)sync_sub(&from->queued, 1);
    }
    lock_release(&from->lock);
    return first ? run_thread_of(first) : NULL;
}

bool queue_start(struct cpu *cpu, struct thread *thread)
{
    bool alive;

    lock_acquire(&thread->lock);
    alive = sync_load(&thread->state) != THREAD_ENDED &&
            (!context_of(&thread->place) || context_admit(cpu, thread));
    if (alive) {
        queue_adopt(cpu, thread);
        queue_limit_credit(cpu, thread);
        /* In this CPU's time: the queue that it came from may be far ahead. */
        thread->finish_ns = queue_finish(thread);
        sync_store(&thread->state, THREAD_RUNNING);
    } else {
        sync_store(&thread->busy, 0);
    }
    lock_release(&thread->lock);
    if (alive) {
        cpu->current = thread;
        queue_begin(cpu, thread);
    }
    return alive;
}
