/*
 * switch.c - the way out of the kernel: who runs next on this CPU.
 *
 * A CPU goes from thread to thread in two ways. hand_over.h has the short one;
 * run_switch, the long one, looks at the queues and begins a new quantum.
 */
#include "sched/run.h"

#include "fail.h"
#include "proc/process.h"
#include "ring/enter.h"
#include "sched/balance.h"
#include "sched/deadline.h"
#include "sched/hand_over.h"
#include "sched/queue.h"
#include "sched/work.h"

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

    if (cpu->pending & CPU_PENDING_YIELD) {
        run_charge(cpu, now_ns);
        queue_book_yield(thread);
    }
    queue_book_current(cpu, now_ns);
    cpu->current = NULL;
    lock_acquire(&thread->lock);
    if (sync_load(&thread->state) == THREAD_ENDED) {
        sync_store(&thread->busy, 0);
    } else {
        sync_store(&thread->state, THREAD_READY);
        queue_insert(cpu, thread);
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
        queue_join(cpu, thread);
    }
    lock_release(&thread->lock);
}

/* Makes the next thread of the queues the current one; false: there is none. */
static bool run_pick(struct cpu *cpu)
{
    for (;;) {
        struct cpu *from = balance_overdue(cpu);
        struct thread *thread = queue_take(from ? from : cpu);

        if (thread && from) {
            queue_trace(TRACE_STEAL, thread, from->number);
        }
        if (thread && queue_start(cpu, thread)) {
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
static void run_resume_any(struct cpu *cpu)
{
    struct thread *thread = cpu->current;

    if (thread) {
        run_resume(cpu, thread);
        queue_trace(TRACE_RESUME, thread, 0);
    } else {
        run_activate(cpu, NULL);
        hal_user_resume(NULL);
        sync_store_pointer(&cpu->shown, NULL);
    }
}

/* The time, as it was read a moment ago by a thread that went to wait. */
static uint64_t run_now(struct cpu *cpu)
{
    uint64_t now_ns = cpu->now_ns ? cpu->now_ns : hal_time_now();

    cpu->now_ns = 0;
    return now_ns;
}

/* Books the time since the queues were last looked at. */
static void run_book_busy(struct cpu *cpu, uint64_t now_ns)
{
    uint64_t ran_ns = now_ns - sync_load64(&cpu->busy_since_ns);

    if (sync_load_pointer(&cpu->shown)) {
        sync_store64(&cpu->busy_ns, sync_load64(&cpu->busy_ns) + ran_ns);
    }
    sync_store64(&cpu->busy_since_ns, now_ns);
}

/* Chooses a new current thread, by hand-off or from the queues. */
static void run_switch(struct cpu *cpu)
{
    struct thread *next = cpu->handoff;
    uint64_t now_ns = run_now(cpu);

    run_book_busy(cpu, now_ns);
    if (cpu->current) {
        run_requeue(cpu, now_ns);
        run_put_back(cpu);
        next = NULL;
    }
    cpu->pending &= ~(CPU_PENDING_RESCHED | CPU_PENDING_YIELD);
    if (next && now_ns < cpu->quantum_end_ns) {
        cpu->handoff = NULL;
        if (!queue_start(cpu, next)) {
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
    run_resume_any(cpu);
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
    uint64_t busy_since_ns = sync_load64(&cpu->busy_since_ns);
    const struct thread *thread = sync_load_pointer(&cpu->shown);
    uint64_t now_ns = hal_time_now();

    *look = (struct run_look){
        .busy_ns = sync_load64(&cpu->busy_ns),
        .queued = sync_load(&cpu->queued),
    };
    if (!thread) {
        return;
    }
    look->thread = thread->id;
    look->process = thread->process->id;
    if (now_ns > since_ns) {
        look->running_ns = now_ns - since_ns;
    }
    if (now_ns > busy_since_ns) {
        look->busy_ns += now_ns - busy_since_ns;
    }
}

void run_settle_all(struct cpu *cpu)
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
