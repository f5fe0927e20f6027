/* thread_end.c - stopping threads and taking them apart. */
#include "capos.gen.h"
#include "fail.h"
#include "ipc/call.h"
#include "ipc/kernel_call.h"
#include "ipc/receive.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "sched/run.h"

#define REAP_CALLS_PER_STEP 64u

void thread_stop(struct thread *thread, enum end_kind end, int64_t code)
{
    if (thread->state == THREAD_ENDED) {
        return;
    }
    timer_stop(&thread->timeout);
    run_remove(thread);
    thread->end = end;
    thread->code = code;
    thread->process->threads_alive--;
    if (hal_trace_enabled()) {
        hal_trace(TRACE_END, (uint32_t)thread->id, thread->id,
                  thread->process->id);
    }
}

static bool thread_reap_work(struct work *work)
{
    struct thread *thread = container_of(work, struct thread, reaping);

    return thread_reap_step(thread);
}

void thread_discard(struct thread *thread)
{
    thread_stop(thread, END_KILLED, ERR_CANCELLED);
    thread->reaping.step = thread_reap_work;
    work_start(&thread->reaping);
}

void thread_end(struct thread *thread, enum end_kind end, int64_t code)
{
    struct process *process = thread->process;

    if (thread->state == THREAD_ENDED) {
        return;
    }
    if (process->threads_alive == 1) {
        process_end(process, end, code);
        return;
    }
    thread_stop(thread, end, code);
    thread->reaping.step = thread_reap_work;
    work_start(&thread->reaping);
}

/* Withdraws up to REAP_CALLS_PER_STEP calls; true when none is left. */
static bool thread_reap_calls(struct thread *thread)
{
    uint32_t end = thread->reap_cursor + REAP_CALLS_PER_STEP;

    for (; thread->reap_cursor < thread->call_count &&
           thread->reap_cursor < end;
         thread->reap_cursor++) {
        struct call *call = &thread->calls[thread->reap_cursor];

        if (call->state != CALL_FREE) {
            call_cancel(call, ERR_CANCELLED);
        }
    }
    return thread->reap_cursor >= thread->call_count;
}

static void thread_tell_joiners(struct thread *thread)
{
    uint64_t words[4];
    struct thread_handle_join_results_builder results = {
        wire_builder_inline(words)};
    struct list_node *node;

    thread_handle_join_results_set_how(results, (uint16_t)thread->end);
    thread_handle_join_results_set_code(results, thread->code);
    while ((node = list_pop_front(&thread->joiners))) {
        kernel_finish_inline(container_of(node, struct call, link), words);
    }
}

bool thread_reap_step(struct thread *thread)
{
    if (!thread_reap_calls(thread)) {
        return false;
    }
    for (uint32_t i = 0; i < RECV_RECORDS; i++) {
        if (thread->receives[i].endpoint) {
            receive_drop(&thread->receives[i]);
        }
    }
    park_drop(thread);
    thread_release(thread);
    thread_tell_joiners(thread);
    list_remove(&thread->link);
    object_put(&thread->object);
    return true;
}
