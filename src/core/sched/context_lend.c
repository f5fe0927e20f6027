/*
 * context_lend.c - a call lends its server's thread what the caller runs on.
 *
 * A lender knows the one that it lent to, and the other way round; both run on
 * the same context. Neither has a reference: a thread leaves its chain before it
 * is gone (context_leave).
 */
#include "fail.h"
#include "ipc/call.h"
#include "proc/process.h"
#include "sched/context_books.h"
#include "sched/cpu.h"
#include "sched/run.h"

static struct thread *lent_to(const struct thread *lender)
{
    return sync_load_pointer(&lender->place.lent_to);
}

/*
 * A thread runs on its own again: the CPU that has it, if that is not this one,
 * does not know until when. Locked.
 */
static void lend_recheck(const struct thread *thread)
{
    uint32_t number = sync_load(&thread->cpu);

    if (number == hal_cpu_self()) {
        cpu_self()->pending |= CPU_PENDING_REARM;
    } else if (thread->place.own && thread->place.own->budget_ns &&
               sync_load(&thread->busy)) {
        cpu_interrupt(1ull << number);
    }
}

void context_take_back(struct thread *lender)
{
    struct thread *thread;

    lock_assert(&context_lock);
    while ((thread = lent_to(lender))) {
        sync_store_pointer(&lender->place.lent_to, NULL);
        thread->place.lender = NULL;
        context_set(thread, thread->place.own);
        lend_recheck(thread);
        lender = thread;
    }
}

/* Whether the chain of which lender is the end may go on with server. Locked. */
static bool lend_possible(const struct thread *lender,
                          const struct thread *server)
{
    uint32_t length = 1;

    for (; lender; lender = lender->place.lender) {
        if (lender == server || length++ == CONTEXT_CHAIN_MAX) {
            return false;
        }
    }
    return true;
}

/* The lender is locked, so that its call stays where it is. */
static void lend_for(struct thread *thread, struct thread *server,
                     uint64_t call_id)
{
    struct sched_context *context;

    lock_acquire(&context_lock);
    context = context_of(&thread->place);
    if (context && lend_possible(thread, server)) {
        context_take_back(thread);
        if (server->place.lender) {
            context_take_back(server->place.lender);
        }
        sync_store_pointer(&thread->place.lent_to, server);
        server->place.lender = thread;
        server->place.lent_call = call_id;
        context_set(server, context);
        if (hal_trace_enabled()) {
            hal_trace(TRACE_LEND, (uint32_t)thread->id, server->id,
                      context->object.id);
        }
    }
    lock_release(&context_lock);
}

void context_lend(struct thread *thread, struct thread *server)
{
    const struct call *call = thread->place.called;

    lock_assert(&thread->lock);
    thread->place.called = NULL;
    if (call && call_held_by(call, server)) {
        lend_for(thread, server, sync_load64(&call->id));
    }
}

void context_call_ended(struct thread *caller, uint64_t call_id)
{
    struct cpu *cpu = cpu_self();
    const struct thread *server;

    if (cpu->current) {
        run_account(cpu); /* until now it ran on what was lent, if it is it */
    }
    lock_acquire(&context_lock);
    server = lent_to(caller);
    if (server && server->place.lent_call == call_id) {
        context_take_back(caller);
    }
    lock_release(&context_lock);
}
