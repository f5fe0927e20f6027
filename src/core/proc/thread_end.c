/* thread_end.c - stopping threads and taking them apart. */
#include "capos.gen.h"
#include "fail.h"
#include "ipc/call.h"
#include "ipc/kernel_call.h"
#include "ipc/park.h"
#include "ipc/receive.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "sched/run.h"

#define REAP_CALLS_PER_STEP 64u

void thread_stop(struct thread *thread, enum end_kind end, int64_t code)
{
    struct process *process = thread->process;
    uint32_t state;

    lock_assert(&process->lock);
    lock_acquire(&thread->lock);
    /* At once: the CPU that was handed it makes it RUNNING without the lock. */
    state = sync_exchange(&thread->state, THREAD_ENDED);
    if (state != THREAD_ENDED) {
        (void)sync_or64(&thread->attention, THREAD_STOPPED);
        thread->end = end;
        thread->code = code;
        (void)timer_stop(&thread->timeout);
        run_remove(thread, state);
        sync_store(&process->threads_alive,
                   sync_load(&process->threads_alive) - 1);
    }
    lock_release(&thread->lock);
    if (state != THREAD_ENDED && hal_trace_enabled()) {
        hal_trace(TRACE_END, (uint32_t)thread->id, thread->id, process->id);
    }
}

static enum work_status thread_reap_work(struct work *work)
{
    return thread_reap_step(container_of(work, struct thread, reaping));
}

/* Starts to take an ended thread apart, unless its process does. */
static void thread_reap_start(struct thread *thread)
{
    if (!thread->reap_begun) {
        thread->reap_begun = true;
        thread->reaping.step = thread_reap_work;
        work_start(&thread->reaping);
    }
}

void thread_discard(struct thread *thread)
{
    struct process *process = thread->process;

    thread->end_word = 0; /* nobody was told that there is a thread */
    lock_acquire(&process->lock);
    thread_stop(thread, END_KILLED, ERR_CANCELLED);
    thread_reap_start(thread);
    lock_release(&process->lock);
}

void thread_end(struct thread *thread, enum end_kind end, int64_t code)
{
    struct process *process = thread->process;

    lock_acquire(&process->lock);
    if (sync_load(&thread->state) != THREAD_ENDED) {
        if (sync_load(&process->threads_alive) == 1) {
            process_end_locked(process, end, code);
        } else {
            thread_stop(thread, end, code);
            thread_reap_start(thread);
        }
    }
    lock_release(&process->lock);
}

/* Withdraws up to REAP_CALLS_PER_STEP calls; WORK_DONE when none is left. */
static enum work_status thread_reap_calls(struct thread *thread)
{
    uint32_t end = thread->reap_cursor + REAP_CALLS_PER_STEP;

    for (; thread->reap_cursor < thread->call_count &&
           thread->reap_cursor < end;
         thread->reap_cursor++) {
        struct call *call = &thread->calls[thread->reap_cursor];

        if (sync_load(&call->state) != CALL_FREE &&
            !call_cancel(call, sync_load64(&call->id), ERR_CANCELLED) &&
            sync_load(&call->state) != CALL_FREE) {
            return WORK_WAIT; /* another CPU is completing it */
        }
    }
    return thread->reap_cursor < thread->call_count ? WORK_MORE : WORK_DONE;
}

static void thread_tell_joiners(struct thread *thread)
{
    uint64_t words[4];
    struct thread_handle_join_results_builder results = {
        wire_builder_inline(words)};

    thread_handle_join_results_set_how(results, (uint16_t)thread->end);
    thread_handle_join_results_set_code(results, thread->code);
    for (;;) {
        struct call *joiner;

        lock_acquire(&thread->process->lock);
        thread->reaped = true;
        joiner = call_take_first(&thread->joiners);
        lock_release(&thread->process->lock);
        if (!joiner) {
            return;
        }
        kernel_finish_inline(joiner, words);
    }
}

enum work_status thread_reap_step(struct thread *thread)
{
    enum work_status status = WORK_WAIT;

    if (!sync_load(&thread->busy)) {
        status = thread_reap_calls(thread);
    }
    if (status != WORK_DONE) {
        return status;
    }
    for (uint32_t i = 0; i < RECV_RECORDS; i++) {
        receive_drop(&thread->receives[i]);
    }
    park_drop(thread);
    thread_release(thread);
    if (thread->end_word) {
        park_clear(thread->process, thread->end_word);
    }
    thread_tell_joiners(thread);
    lock_acquire(&thread->process->lock);
    thread->process->cpu_ns += sync_load64(&thread->ran_ns);
    list_remove(&thread->link);
    lock_release(&thread->process->lock);
    object_put(&thread->object);
    return WORK_DONE;
}
