/*
 * process_end.c - the end of a process, in stages of bounded steps.
 */
#include "capos.gen.h"
#include "fail.h"
#include "ipc/call.h"
#include "ipc/kernel_call.h"
#include "log.h"
#include "proc/process.h"
#include "sched/run.h"

#define END_CALLS_PER_STEP 32u
#define END_CAPS_PER_STEP 64u
#define END_PAGES_PER_STEP 64u

/* Threads and what they have in flight. */
static bool end_threads(struct process *process)
{
    struct list_node *first = list_first(&process->threads);

    if (first) {
        struct thread *thread = container_of(first, struct thread, link);

        list_remove(&thread->reaping.link);
        (void)thread_reap_step(thread);
    }
    return list_empty(&process->threads);
}

/* Calls that its threads had received and not returned. */
static bool end_delivered(struct process *process)
{
    for (uint32_t i = 0; i < END_CALLS_PER_STEP; i++) {
        struct list_node *first = list_first(&process->delivered);
        struct call *call;

        if (!first) {
            return true;
        }
        call = container_of(first, struct call, link);
        call_withdraw(call);
        call_fail(call, FAIL(ERR_DISCONNECTED, "the server ended"));
    }
    return list_empty(&process->delivered);
}

static bool end_caps(struct process *process)
{
    if (!cap_table_drain(&process->caps, &process->end_cursor,
                         END_CAPS_PER_STEP)) {
        return false;
    }
    cap_table_fini(&process->caps);
    return true;
}

static bool end_children(struct process *process)
{
    return process_end_children(process->id);
}

/* Its tables go away: they must be active nowhere (run_leave mends that). */
static bool end_space(struct process *process)
{
    hal_space_activate(NULL);
    return !process->space_made ||
           space_fini_step(&process->space, END_PAGES_PER_STEP);
}

static bool end_report(struct process *process)
{
    process->state = PROCESS_ENDED;
    if (process->parent_ledger) {
        ledger_refund(process->parent_ledger, LEDGER_PROCESSES, 1);
        ledger_put(process->parent_ledger);
    }
    if (process->ledger) {
        ledger_put(process->ledger);
    }
    list_remove(&process->link);
    log_info("process %llu (%s) ended: %s %lld",
             (unsigned long long)process->id, process->name,
             process->end == END_FAULTED ? "fault"
             : process->end == END_KILLED ? "killed"
                                          : "exit",
             (long long)process->code);
    if (hal_trace_enabled()) {
        hal_trace(TRACE_EXIT, 0, process->id, (uint64_t)process->code);
    }
    return true;
}

/* Who waits for the end, some at a time. The end of init is the machine's. */
static bool end_tell_waiters(struct process *process)
{
    uint64_t words[4];
    struct process_handle_wait_results_builder results = {
        wire_builder_inline(words)};

    process_handle_wait_results_set_how(results, (uint16_t)process->end);
    process_handle_wait_results_set_code(results, process->code);
    process_handle_wait_results_set_address(results, process->fault_address);
    for (uint32_t i = 0; i < END_CALLS_PER_STEP; i++) {
        struct list_node *node = list_pop_front(&process->waiters);

        if (node) {
            kernel_finish_inline(container_of(node, struct call, link), words);
        }
    }
    if (!list_empty(&process->waiters)) {
        return false;
    }
    if (!process->parent_id) {
        log_error("init ended: nothing is left to do");
        hal_power_off(process->code == 0 ? 0 : 99);
    }
    return true;
}

static bool (*const end_stages[])(struct process *process) = {
    end_delivered, end_threads, end_caps, end_children, end_space, end_report,
    end_tell_waiters,
};

static bool process_end_step(struct work *work)
{
    struct process *process = container_of(work, struct process, ending);

    if (end_stages[process->end_stage](process)) {
        process->end_stage++;
    }
    if (process->end_stage <
        sizeof(end_stages) / sizeof(end_stages[0])) {
        return false;
    }
    object_put(&process->object);
    return true;
}

void process_end(struct process *process, enum end_kind end, int64_t code)
{
    struct list_node *node;

    if (process->state != PROCESS_ALIVE) {
        return;
    }
    process->state = PROCESS_ENDING;
    process->end = end;
    process->code = code;
    for (node = list_first(&process->threads); node;
         node = list_next(&process->threads, node)) {
        thread_stop(container_of(node, struct thread, link), end, code);
    }
    process->ending.step = process_end_step;
    work_start(&process->ending);
}

bool process_end_children(uint64_t parent_id)
{
    struct process *process = process_next(NULL);

    /* One a step: ending stops all of its threads. */
    for (; process; process = process_next(process)) {
        if (process->parent_id == parent_id &&
            process->state == PROCESS_ALIVE) {
            process_end(process, END_KILLED, ERR_DISCONNECTED);
            return false;
        }
    }
    return true;
}
