/*
 * process_end.c - the end of a process, in stages of bounded steps.
 */
#include "capos.gen.h"
#include "check/authority_check.h"
#include "check/inject.h"
#include "fail.h"
#include "ipc/call.h"
#include "ipc/kernel_call.h"
#include "log.h"
#include "proc/process.h"
#include "sched/hand_over.h"

#define END_CALLS_PER_STEP 32u
#define END_CAPS_PER_STEP 64u
#define END_PAGES_PER_STEP 64u
#define END_LEDGERS_PER_STEP 64u

/* Until no CPU has one of its threads, or makes one. */
static enum work_status end_running(struct process *process)
{
    struct list_node *node;
    bool busy;

    lock_acquire(&process->lock);
    busy = process->pins != 0;
    for (node = list_first(&process->threads); node && !busy;
         node = list_next(&process->threads, node)) {
        busy = sync_load(&container_of(node, struct thread, link)->busy);
    }
    lock_release(&process->lock);
    return busy ? WORK_WAIT : WORK_DONE;
}

/*
 * The next thread to take apart here. Those that ended before the process are
 * taken apart where they ended. *left: a thread is left at all.
 */
static struct thread *end_next_thread(struct process *process, bool *left)
{
    struct list_node *node;
    struct thread *found = NULL;

    lock_acquire(&process->lock);
    node = list_first(&process->threads);
    *left = node != NULL;
    for (; node && !found; node = list_next(&process->threads, node)) {
        struct thread *thread = container_of(node, struct thread, link);

        if (!thread->reap_begun) {
            thread->reap_begun = true;
            found = thread;
        }
    }
    lock_release(&process->lock);
    return found;
}

/* Threads and what they have in flight. */
static enum work_status end_threads(struct process *process)
{
    bool left = true;
    enum work_status status;

    if (!process->end_thread) {
        process->end_thread = end_next_thread(process, &left);
    }
    if (!process->end_thread) {
        return left ? WORK_WAIT : WORK_DONE;
    }
    status = thread_reap_step(process->end_thread);
    if (status == WORK_DONE) {
        process->end_thread = NULL;
        return WORK_MORE;
    }
    return status;
}

/* Calls that its threads had received and not returned: all orphans now. */
static enum work_status end_orphans(struct process *process)
{
    for (uint32_t i = 0; i < END_CALLS_PER_STEP; i++) {
        if (!call_end_orphan(process, FAIL(ERR_DISCONNECTED,
                                           "the server ended"))) {
            return WORK_DONE;
        }
    }
    return WORK_MORE;
}

/* No thread is left that could run on its scheduling context. */
static enum work_status end_context(struct process *process)
{
    context_leave_process(process);
    return WORK_DONE;
}

static enum work_status end_caps(struct process *process)
{
    return cap_table_drain(&process->caps, &process->end_cursor,
                           END_CAPS_PER_STEP)
               ? WORK_DONE
               : WORK_MORE;
}

/*
 * Whatever is paid from below its ledger. Nothing new comes there, the ledgers
 * being closed.
 */
static enum work_status end_children(struct process *process)
{
    struct process *child;

    ledger_close(process->ledger);
    for (uint32_t i = 0; i < END_LEDGERS_PER_STEP; i++) {
        if (!ledger_close_below(process->ledger, &child)) {
            return WORK_DONE;
        }
        if (child) {
            /* One a step: ending stops all of its threads. */
            process_end(child, END_KILLED, ERR_DISCONNECTED);
            object_put(&child->object);
            return WORK_MORE;
        }
    }
    return WORK_MORE;
}

/* Until those have ended, too: whoever waits for this one waits for all. */
static enum work_status end_descendants(struct process *process)
{
    return ledger_used(process->ledger, LEDGER_PROCESSES) ? WORK_WAIT
                                                          : WORK_DONE;
}

/* Its tables go away: they must be active nowhere (run_leave mends that). */
static enum work_status end_space(struct process *process)
{
    if (!process->space_made) {
        return WORK_DONE;
    }
    run_activate(cpu_self(), NULL);
    if (cpu_mask_of(&process->space)) {
        return WORK_WAIT; /* a CPU is on its way out of the kernel */
    }
    return space_fini_step(&process->space, END_PAGES_PER_STEP) ? WORK_DONE
                                                                : WORK_MORE;
}

static enum work_status end_report(struct process *process)
{
    if (VARIANT_CHECKS) {
        authority_want();
    }
    process_unlist(process);
    (void)ledger_own(process->ledger, NULL);
    ledger_refund(process->ledger->parent, LEDGER_PROCESSES, 1);
    log_info("process %llu (%s) ended: %s %lld",
             (unsigned long long)process->id, process->name,
             process->end == END_FAULTED ? "fault"
             : process->end == END_KILLED ? "killed"
                                          : "exit",
             (long long)process->code);
    if (hal_trace_enabled()) {
        hal_trace(TRACE_EXIT, 0, process->id, (uint64_t)process->code);
    }
    lock_acquire(&process->lock);
    sync_store(&process->state, PROCESS_ENDED);
    lock_release(&process->lock);
    return WORK_DONE;
}

/* The next who waits for the end; nobody comes after them. */
static struct call *end_next_waiter(struct process *process)
{
    struct call *waiter;

    lock_acquire(&process->lock);
    waiter = call_take_first(&process->waiters);
    lock_release(&process->lock);
    return waiter;
}

/* Who waits for the end, some at a time. The end of init is the machine's. */
static enum work_status end_tell_waiters(struct process *process)
{
    uint64_t words[4];
    struct process_handle_wait_results_builder results = {
        wire_builder_inline(words)};
    struct call *waiter = NULL;

    process_handle_wait_results_set_how(results, (uint16_t)process->end);
    process_handle_wait_results_set_code(results, process->code);
    process_handle_wait_results_set_address(results, process->fault_address);
    for (uint32_t i = 0; i < END_CALLS_PER_STEP; i++) {
        waiter = end_next_waiter(process);
        if (!waiter) {
            break;
        }
        kernel_finish_inline(waiter, words);
    }
    if (waiter) {
        return WORK_MORE;
    }
    if (!process->parent_id) {
        log_error("init ended: nothing is left to do");
        inject_final();
        hal_power_off(process->code == 0 ? 0 : 99);
    }
    return WORK_DONE;
}

static enum work_status (*const end_stages[])(struct process *process) = {
    end_running, end_threads, end_orphans, end_context, end_caps,
    end_children, end_space, end_descendants, end_report, end_tell_waiters,
};

static enum work_status process_end_step(struct work *work)
{
    struct process *process = container_of(work, struct process, ending);
    enum work_status status = end_stages[process->end_stage](process);

    if (status != WORK_DONE) {
        return status;
    }
    process->end_stage++;
    if (process->end_stage <
        sizeof(end_stages) / sizeof(end_stages[0])) {
        return WORK_MORE;
    }
    object_put(&process->object);
    return WORK_DONE;
}

void process_end_locked(struct process *process, enum end_kind end,
                        int64_t code)
{
    struct list_node *node;

    lock_assert(&process->lock);
    if (process_state(process) != PROCESS_ALIVE) {
        return;
    }
    sync_store(&process->state, PROCESS_ENDING);
    process->end = end;
    process->code = code;
    for (node = list_first(&process->threads); node;
         node = list_next(&process->threads, node)) {
        thread_stop(container_of(node, struct thread, link), end, code);
    }
    process->ending.step = process_end_step;
    work_start(&process->ending);
}

void process_end(struct process *process, enum end_kind end, int64_t code)
{
    lock_acquire(&process->lock);
    process_end_locked(process, end, code);
    lock_release(&process->lock);
}

void process_fault(struct process *process, uint64_t address, int64_t vector)
{
    lock_acquire(&process->lock);
    if (process_state(process) == PROCESS_ALIVE) {
        process->fault_address = address;
    }
    process_end_locked(process, END_FAULTED, vector);
    lock_release(&process->lock);
}
