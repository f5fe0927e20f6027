/* run.c - the run queue: wake, wait, yield, preempt, leave. */
#include "sched/run.h"

#include "fail.h"
#include "proc/process.h"
#include "proc/thread.h"
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

static void run_enqueue(struct cpu *cpu, struct thread *thread)
{
    thread->finish_ns = thread->virtual_ns + thread->quantum_virtual_ns;
    lock_acquire(&cpu->lock);
    pairing_insert(&cpu->ready, &thread->run_node);
    lock_release(&cpu->lock);
    cpu->rearm = true;
}

/* Books the time since slice_start_ns on the current thread. */
static void run_charge(struct cpu *cpu, uint64_t now_ns)
{
    struct thread *thread = cpu->current;
    uint64_t ran_ns = now_ns - cpu->slice_start_ns;

    cpu->slice_start_ns = now_ns;
    thread->process->cpu_ns += ran_ns;
    thread->virtual_ns += ran_ns * THREAD_WEIGHT_ONE / thread->weight;
    /* While it runs alone no other start moves the CPU's time on. */
    if (pairing_empty(&cpu->ready) && thread->virtual_ns > cpu->virtual_ns) {
        cpu->virtual_ns = thread->virtual_ns;
    }
}

/* Sleeping earns no credit beyond one quantum. */
static void run_limit_credit(struct cpu *cpu, struct thread *thread)
{
    if (thread->virtual_ns + thread->quantum_virtual_ns < cpu->virtual_ns) {
        thread->virtual_ns = cpu->virtual_ns - thread->quantum_virtual_ns;
    }
}

/* A woken thread joins the queue; the current one has run until now. */
static void run_join(struct cpu *cpu, struct thread *thread)
{
    if (cpu->current) {
        run_charge(cpu, hal_time_now());
    }
    run_limit_credit(cpu, thread);
    run_enqueue(cpu, thread);
}

void run_wake(struct thread *thread)
{
    struct cpu *cpu = cpu_self();

    ASSERT(thread->state == THREAD_WAITING);
    thread->state = THREAD_READY;
    if (hal_trace_enabled()) {
        hal_trace(TRACE_WAKE, (uint32_t)thread->id, thread->id, 0);
    }
    if (!cpu->handoff && cpu->current) {
        cpu->handoff = thread;
    } else {
        run_join(cpu, thread);
    }
}

void run_wait(struct cpu *cpu)
{
    run_charge(cpu, hal_time_now());
    if (hal_trace_enabled()) {
        hal_trace(TRACE_WAIT, (uint32_t)cpu->current->id, cpu->current->id, 0);
    }
    cpu->current->state = THREAD_WAITING;
    cpu->current = NULL;
}

void run_remove(struct thread *thread)
{
    struct cpu *cpu = cpu_self();

    if (cpu->current == thread) {
        run_charge(cpu, hal_time_now());
        cpu->current = NULL;
    }
    if (cpu->handoff == thread) {
        cpu->handoff = NULL;
    }
    lock_acquire(&cpu->lock);
    if (pairing_contains(&thread->run_node)) {
        pairing_remove(&cpu->ready, &thread->run_node);
    }
    lock_release(&cpu->lock);
    thread->state = THREAD_ENDED;
}

void run_yield(struct cpu *cpu)
{
    cpu->resched = true;
}

void run_tick(struct cpu *cpu, uint64_t now_ns)
{
    if (cpu->current && now_ns >= cpu->quantum_end_ns) {
        cpu->resched = true;
    }
}

/* Puts the current thread, which must give way, behind its equals. */
static void run_requeue(struct cpu *cpu, uint64_t now_ns)
{
    struct thread *thread = cpu->current;

    run_charge(cpu, now_ns);
    thread->state = THREAD_READY;
    /* A yield counts as a used quantum, or the least virtual time stays on. */
    if (thread->virtual_ns < thread->finish_ns) {
        thread->virtual_ns = thread->finish_ns;
    }
    cpu->current = NULL;
    run_enqueue(cpu, thread);
}

static struct thread *run_pick(struct cpu *cpu)
{
    struct pairing_node *first;

    lock_acquire(&cpu->lock);
    first = pairing_remove_first(&cpu->ready);
    lock_release(&cpu->lock);
    return first ? run_thread_of(first) : NULL;
}

static void run_start(struct cpu *cpu, struct thread *thread)
{
    cpu->current = thread;
    thread->state = THREAD_RUNNING;
    if (thread->virtual_ns > cpu->virtual_ns) {
        cpu->virtual_ns = thread->virtual_ns;
    }
    hal_space_activate(&thread->process->space.hal);
    hal_user_resume(&thread->context);
    if (hal_trace_enabled()) {
        hal_trace(TRACE_RESUME, (uint32_t)thread->id, thread->id, 0);
    }
}

/*
 * The machine's deadline: the first timer, or the end of the quantum; at once if
 * an interrupt cut work short, for that interrupt need not end in the kernel.
 */
static void run_arm(struct cpu *cpu)
{
    uint64_t deadline_ns = timer_next(cpu);

    cpu->rearm = false;
    if (!list_empty(&cpu->work)) {
        deadline_ns = 0;
    } else if (cpu->current && !pairing_empty(&cpu->ready) &&
        cpu->quantum_end_ns < deadline_ns) {
        deadline_ns = cpu->quantum_end_ns;
    }
    if (deadline_ns == cpu->armed_ns) {
        return;
    }
    cpu->armed_ns = deadline_ns;
    if (deadline_ns == UINT64_MAX) {
        hal_time_disarm();
    } else {
        hal_time_arm(deadline_ns);
    }
}

/* Chooses a new current thread, by hand-off or from the queue. */
static void run_switch(struct cpu *cpu)
{
    struct thread *next = cpu->handoff;
    uint64_t now_ns = hal_time_now();

    cpu->handoff = NULL;
    if (cpu->current) {
        run_requeue(cpu, now_ns);
        if (next) {
            run_join(cpu, next);
            next = NULL;
        }
    }
    if (!next || now_ns >= cpu->quantum_end_ns) {
        if (next) {
            run_join(cpu, next);
        }
        next = run_pick(cpu);
        cpu->quantum_end_ns = now_ns + QUANTUM_NS;
        cpu->rearm = true;
    } else {
        run_limit_credit(cpu, next);
    }
    cpu->resched = false;
    cpu->slice_start_ns = now_ns;
    if (next) {
        run_start(cpu, next);
    } else {
        hal_user_resume(NULL);
    }
}

void run_leave(struct cpu *cpu)
{
    if (!list_empty(&cpu->work)) {
        work_run(cpu);
        cpu->rearm = true;
        if (cpu->current) {
            hal_space_activate(&cpu->current->process->space.hal);
        }
    }
    if (!cpu->current || cpu->resched) {
        run_switch(cpu);
    } else if (cpu->handoff) {
        run_join(cpu, cpu->handoff);
        cpu->handoff = NULL;
    }
    if (cpu->rearm) {
        run_arm(cpu);
    }
    if (hal_trace_enabled()) {
        uint64_t next = cpu->current ? cpu->current->id : 0;

        hal_trace(TRACE_LEAVE, (uint32_t)next, next, 0);
    }
    lock_assert_none();
}
