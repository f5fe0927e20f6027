/*
 * run.c - the run queue: wake, wait, yield, preempt, leave.
 *
 * A thread comes into a queue under its own lock and the queue's, and leaves it
 * under the queue's alone; from then on it is busy, until it waits or comes into
 * a queue again. So whoever holds its lock and does not find it in a queue knows
 * that a CPU has it.
 */
#include "sched/run.h"

#include "fail.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "ring/enter.h"
#include "sched/balance.h"
#include "sched/deadline.h"
#include "sched/timer.h"
#include "sched/work.h"

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

static void run_trace(enum trace_kind kind, const struct thread *thread,
                      uint64_t b)
{
    if (hal_trace_enabled()) {
        hal_trace(kind, (uint32_t)thread->id, thread->id, b);
    }
}

void run_activate(struct cpu *cpu, struct space *space)
{
    if (cpu->space != space) {
        space_switch(cpu->space, space);
        cpu->space = space;
    }
}

/* Books the time since slice_start_ns on the current thread. */
static inline void run_charge(struct cpu *cpu, uint64_t now_ns)
{
    struct thread *thread = cpu->current;
    uint64_t ran_ns = now_ns - sync_load64(&cpu->slice_start_ns);

    sync_store64(&cpu->slice_start_ns, now_ns);
    (void)sync_add64(&thread->process->cpu_ns, ran_ns);
    sync_store64(&cpu->busy_ns, sync_load64(&cpu->busy_ns) + ran_ns);
    thread->virtual_ns += ran_ns * THREAD_WEIGHT_ONE / thread->weight;
    /* While it runs alone no other start moves the CPU's time on. */
    if (!sync_load(&cpu->queued) &&
        thread->virtual_ns > sync_load64(&cpu->virtual_ns)) {
        sync_store64(&cpu->virtual_ns, thread->virtual_ns);
    }
}

/* Makes a thread one of this CPU: as far before or behind as it was. */
static inline void run_adopt(struct cpu *cpu, struct thread *thread)
{
    uint32_t from = sync_load(&thread->cpu);
    int64_t ahead_ns;

    if (from == cpu->number) {
        return;
    }
    ahead_ns = (int64_t)(thread->virtual_ns -
                         sync_load64(&cpus[from].virtual_ns));
    ahead_ns += (int64_t)sync_load64(&cpu->virtual_ns);
    thread->virtual_ns = ahead_ns > 0 ? (uint64_t)ahead_ns : 0;
    sync_store(&thread->cpu, cpu->number);
}

/* Sleeping earns no credit beyond one quantum. */
static inline void run_limit_credit(struct cpu *cpu, struct thread *thread)
{
    uint64_t virtual_ns = sync_load64(&cpu->virtual_ns);

    if (thread->virtual_ns + thread->quantum_virtual_ns < virtual_ns) {
        thread->virtual_ns = virtual_ns - thread->quantum_virtual_ns;
    }
}

/* Puts a READY thread into a queue. Its lock held. */
static void run_insert(struct cpu *cpu, struct thread *thread)
{
    run_adopt(cpu, thread);
    run_limit_credit(cpu, thread);
    thread->finish_ns = thread->virtual_ns + thread->quantum_virtual_ns;
    thread->ready_ns = hal_time_now();
    lock_acquire(&cpu->lock);
    pairing_insert(&cpu->ready, &thread->run_node);
    sync_store(&thread->busy, 0);
    (void)sync_add(&cpu->queued, 1);
    lock_release(&cpu->lock);
}

/* A READY thread joins the queue where it is served best. Its lock held. */
static void run_join(struct cpu *cpu, struct thread *thread)
{
    struct cpu *target = balance_choose(cpu, thread);

    if (cpu->current && target == cpu) {
        run_charge(cpu, hal_time_now()); /* it has run alone until now */
    }
    run_insert(target, thread);
    balance_notify(cpu, target);
}

void run_wake(struct thread *thread)
{
    struct cpu *cpu = cpu_self();

    lock_assert(&thread->lock);
    ASSERT(sync_load(&thread->state) == THREAD_WAITING);
    sync_store(&thread->state, THREAD_READY);
    run_trace(TRACE_WAKE, thread, 0);
    if (!cpu->handoff && cpu->current) {
        sync_store(&thread->busy, 1);
        cpu->handoff = thread;
    } else {
        run_join(cpu, thread);
    }
}

void run_wait(struct cpu *cpu)
{
    struct thread *thread = cpu->current;

    lock_assert(&thread->lock);
    cpu->now_ns = hal_time_now();
    run_charge(cpu, cpu->now_ns);
    run_trace(TRACE_WAIT, thread, 0);
    cpu->current = NULL;
    sync_store(&thread->busy, 0);
    sync_store(&thread->state, THREAD_WAITING);
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
    }
}

void run_yield(struct cpu *cpu)
{
    cpu->pending |= CPU_PENDING_RESCHED;
}

void run_tick(struct cpu *cpu, uint64_t now_ns)
{
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
    if (cpu->current && sync_load(&cpu->current->due)) {
        cpu->due = CPU_DUE_NOW;
    }
}

/* Lets go of the current thread if it was stopped. */
static void run_drop_ended(struct cpu *cpu)
{
    struct thread *thread = cpu->current;

    if (thread && sync_load(&thread->state) == THREAD_ENDED) {
        run_charge(cpu, hal_time_now());
        cpu->current = NULL;
        sync_store(&thread->busy, 0);
    }
}

/* Puts the current thread, which must give way, behind its equals. */
static void run_requeue(struct cpu *cpu, uint64_t now_ns)
{
    struct thread *thread = cpu->current;

    run_charge(cpu, now_ns);
    /* A yield counts as a used quantum, or the least virtual time stays on. */
    if (thread->virtual_ns < thread->finish_ns) {
        thread->virtual_ns = thread->finish_ns;
    }
    cpu->current = NULL;
    lock_acquire(&thread->lock);
    if (sync_load(&thread->state) == THREAD_ENDED) {
        sync_store(&thread->busy, 0);
    } else {
        sync_store(&thread->state, THREAD_READY);
        run_insert(cpu, thread);
    }
    lock_release(&thread->lock);
}

/* The thread handed the CPU goes to a queue instead. */
static void run_put_back(struct cpu *cpu)
{
    struct thread *thread = cpu->handoff;

    cpu->handoff = NULL;
    if (!thread) {
        return;
    }
    lock_acquire(&thread->lock);
    if (sync_load(&thread->state) == THREAD_ENDED) {
        sync_store(&thread->busy, 0);
    } else {
        run_join(cpu, thread);
    }
    lock_release(&thread->lock);
}

/* Takes the first thread of a queue, for this CPU. */
static struct thread *run_take(struct cpu *from)
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

/* Makes a busy thread the current one; false: it was stopped meanwhile. */
static inline bool run_start(struct cpu *cpu, struct thread *thread)
{
    bool alive;

    lock_acquire(&thread->lock);
    alive = sync_load(&thread->state) != THREAD_ENDED;
    if (alive) {
        run_adopt(cpu, thread);
        run_limit_credit(cpu, thread);
        /* In this CPU's time: the queue that it came from may be far ahead. */
        thread->finish_ns = thread->virtual_ns + thread->quantum_virtual_ns;
        sync_store(&thread->state, THREAD_RUNNING);
    } else {
        sync_store(&thread->busy, 0);
    }
    lock_release(&thread->lock);
    if (!alive) {
        return false;
    }
    cpu->current = thread;
    cpu->due = sync_load(&thread->due) ? CPU_DUE_NOW : CPU_DUE_NOT;
    if (thread->virtual_ns > sync_load64(&cpu->virtual_ns)) {
        sync_store64(&cpu->virtual_ns, thread->virtual_ns);
    }
    return true;
}

/* Makes the next thread of the queues the current one; false: there is none. */
static bool run_pick(struct cpu *cpu)
{
    for (;;) {
        struct cpu *from = balance_overdue(cpu);
        struct thread *thread = run_take(from ? from : cpu);

        if (thread && from) {
            run_trace(TRACE_STEAL, thread, from->number);
        }
        if (thread && run_start(cpu, thread)) {
            return true;
        }
        if (!thread && !from) {
            return false;
        }
    }
}

/* As run_pick; when there is none the CPU is known to idle. */
static void run_pick_or_idle(struct cpu *cpu)
{
    if (run_pick(cpu)) {
        balance_set_idle(cpu, false);
        return;
    }
    balance_set_idle(cpu, true);
    /* Somebody may have put a thread into a queue just before that. */
    if (cpu_count() > 1 && run_pick(cpu)) {
        balance_set_idle(cpu, false);
    }
}

/* Tells the machine whom to resume. */
static inline void run_resume(struct cpu *cpu)
{
    struct thread *thread = cpu->current;

    if (thread) {
        run_activate(cpu, &thread->process->space);
        hal_user_resume(&thread->context);
        run_trace(TRACE_RESUME, thread, 0);
    } else {
        run_activate(cpu, NULL);
        hal_user_resume(NULL);
    }
    sync_store64(&cpu->shown_thread, thread ? thread->id : 0);
    sync_store64(&cpu->shown_process, thread ? thread->process->id : 0);
}

/* The time, as it was read a moment ago by a thread that went to wait. */
static uint64_t run_now(struct cpu *cpu)
{
    uint64_t now_ns = cpu->now_ns ? cpu->now_ns : hal_time_now();

    cpu->now_ns = 0;
    return now_ns;
}

/*
 * The usual end of a call or of its return: who waits now has made another one
 * ready, which runs at once, for the rest of the quantum. False: nothing was done.
 */
static inline bool run_hand_over(struct cpu *cpu)
{
    struct thread *next = cpu->handoff;
    uint64_t now_ns = cpu->now_ns;

    if (cpu->current || !next || !now_ns || now_ns >= cpu->quantum_end_ns ||
        cpu->pending || cpu->due || hal_trace_enabled()) {
        return false;
    }
    cpu->handoff = NULL;
    if (!run_start(cpu, next)) {
        return false; /* it was stopped: nobody is handed the CPU */
    }
    cpu->now_ns = 0;
    sync_store64(&cpu->slice_start_ns, now_ns);
    run_resume(cpu);
    return !cpu->due;
}

/* Chooses a new current thread, by hand-off or from the queues. */
static void run_switch(struct cpu *cpu)
{
    struct thread *next = cpu->handoff;
    uint64_t now_ns = run_now(cpu);

    if (cpu->current) {
        run_requeue(cpu, now_ns);
        run_put_back(cpu);
        next = NULL;
    }
    cpu->pending &= ~CPU_PENDING_RESCHED;
    if (next && now_ns < cpu->quantum_end_ns) {
        cpu->handoff = NULL;
        if (!run_start(cpu, next)) {
            next = NULL;
        }
    } else {
        run_put_back(cpu);
        next = NULL;
    }
    if (!next) {
        run_pick_or_idle(cpu);
        cpu->quantum_end_ns = now_ns + QUANTUM_NS;
        cpu->pending |= CPU_PENDING_REARM;
    }
    sync_store64(&cpu->slice_start_ns, now_ns);
    run_resume(cpu);
}

/*
 * The current thread sees to its promises as if it had come into the kernel for
 * that, and may go on to wait; then the same for the next one. Who is cut short
 * by an interrupt is resumed, so this ends.
 */
static void run_see_to_due(struct cpu *cpu)
{
    do {
        bool cut;

        cpu->due = CPU_DUE_NOT;
        if (!cpu->current) {
            return;
        }
        cut = ring_resume(cpu->current);
        run_drop_ended(cpu);
        if (!cpu->current || (cpu->pending & CPU_PENDING_RESCHED)) {
            run_switch(cpu);
        } else {
            run_put_back(cpu);
            cpu->due = cut ? CPU_DUE_LATER : CPU_DUE_NOT;
        }
    } while (cpu->due == CPU_DUE_NOW);
}

void run_look(const struct cpu *cpu, struct run_look *look)
{
    uint64_t since_ns = sync_load64(&cpu->slice_start_ns);
    uint64_t now_ns = hal_time_now();

    *look = (struct run_look){
        .busy_ns = sync_load64(&cpu->busy_ns),
        .thread = sync_load64(&cpu->shown_thread),
        .process = sync_load64(&cpu->shown_process),
        .queued = sync_load(&cpu->queued),
    };
    if (look->thread && now_ns > since_ns) {
        look->running_ns = now_ns - since_ns;
    }
}

/* Everything else: does what is due, and chooses who runs. */
static __attribute__((noinline)) void run_settle_all(struct cpu *cpu)
{
    bool retired;

    run_drop_ended(cpu);
    if (cpu->pending & CPU_PENDING_WORK) {
        work_run(cpu);
        cpu->now_ns = 0; /* that took time */
        cpu->pending |= CPU_PENDING_REARM;
        run_drop_ended(cpu);
        if (cpu->current) {
            run_activate(cpu, &cpu->current->process->space);
        }
    }
    if (!cpu->current || (cpu->pending & CPU_PENDING_RESCHED)) {
        run_switch(cpu);
    } else if (cpu->handoff) {
        run_put_back(cpu);
    }
    if (cpu->due) {
        run_see_to_due(cpu);
    }
    retired = (cpu->pending & CPU_PENDING_RETIRED) && retire_run(cpu);
    if ((cpu->pending & CPU_PENDING_REARM) || retired) {
        deadline_arm(cpu, retired);
    }
    if (hal_trace_enabled()) {
        uint64_t next = cpu->current ? cpu->current->id : 0;

        hal_trace(TRACE_LEAVE, (uint32_t)next, next, 0);
    }
    lock_assert_none();
    retire_leave(&cpu->retirement);
}

void run_settle(struct cpu *cpu)
{
    if (run_hand_over(cpu)) {
        lock_assert_none();
        retire_leave(&cpu->retirement);
    } else {
        run_settle_all(cpu);
    }
}
