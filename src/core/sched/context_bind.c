/*
 * context_bind.c - which threads and processes run on which context.
 *
 * A binding changes under its process's lock. Who finds one in the list of a
 * context or of a revocation node takes that lock after having let go of the
 * list's, and looks again whether it is still the same.
 */
#include "cap/node.h"
#include "fail.h"
#include "proc/process.h"
#include "sched/context_books.h"
#include "sched/cpu.h"
#include "sched/run.h"

void context_thread_init(struct thread *thread)
{
    struct sched_place *place = &thread->place;

    list_node_init(&place->link);
    list_node_init(&place->binding.link);
    list_node_init(&place->binding.node_link);
    place->binding.process = thread->process;
    place->binding.thread = thread;
}

void context_process_init(struct process *process)
{
    list_node_init(&process->binding.link);
    list_node_init(&process->binding.node_link);
    process->binding.process = process;
}

/* ------------------------------------------------------------------- applying */

/* What a thread runs on if nothing is lent to it. Its process's lock held. */
static struct sched_context *bound_to(const struct thread *thread)
{
    struct sched_context *context = thread->process->binding.context;

    if (sync_load(&thread->state) == THREAD_ENDED) {
        return NULL;
    }
    return context ? context : thread->place.binding.context;
}

/* Counts the thread among those that share its context. Locked. */
static void place_set_own(struct thread *thread, struct sched_context *own)
{
    struct sched_place *place = &thread->place;

    if (place->own) {
        place->own->sharers--;
    }
    if (own) {
        own->sharers++;
    }
    place->own = own;
}

/* Sets what the thread runs on by its bindings. Process's lock held. */
static void binding_apply_to(struct thread *thread)
{
    struct cpu *cpu = cpu_self();
    struct sched_place *place = &thread->place;

    lock_acquire(&thread->lock);
    if (cpu->current == thread) {
        run_account(cpu);
    }
    lock_acquire(&context_lock);
    context_take_back(thread);
    place_set_own(thread, bound_to(thread));
    if (!place->lender) {
        context_set(thread, place->own);
    }
    lock_release(&context_lock);
    if (place->parked) {
        context_unpark(thread);
        run_unpark(thread);
    }
    run_recheck(thread);
    lock_release(&thread->lock);
}

static void binding_apply(const struct sched_binding *binding)
{
    const struct process *process = binding->process;

    if (binding->thread) {
        binding_apply_to(binding->thread);
        return;
    }
    for (struct list_node *node = list_first(&process->threads); node;
         node = list_next(&process->threads, node)) {
        binding_apply_to(container_of(node, struct thread, link));
    }
}

void context_join(struct thread *thread)
{
    if (thread->process->binding.context) {
        binding_apply_to(thread);
    }
}

/* -------------------------------------------------------------------- binding */

/* Enters an unused binding into the lists. */
static int32_t binding_make(struct sched_binding *binding,
                            struct sched_context *context,
                            struct revocation_node *node)
{
    int32_t error = 0;

    if (node && node != &revocation_root) {
        error = node_add_binding(node, binding);
    }
    if (error) {
        return error;
    }
    lock_acquire(&context_lock);
    if (context->closed) {
        error = FAIL(ERR_DISCONNECTED, "nobody holds the context any more");
    } else if (context->bindings_count == CONTEXT_BINDINGS_MAX) {
        error = FAIL(ERR_OVERLOADED, "too much is bound to the context");
    } else {
        object_get(&context->object);
        binding->context = context;
        list_push_back(&context->bindings, &binding->link);
        context->bindings_count++;
    }
    lock_release(&context_lock);
    if (error && binding->node) {
        node_remove_binding(binding);
    }
    return error;
}

int32_t context_bind(struct sched_context *context,
                     struct revocation_node *node, struct process *process,
                     struct thread *thread)
{
    struct sched_binding *binding =
        thread ? &thread->place.binding : &process->binding;
    int32_t error = 0;

    lock_acquire(&process->lock);
    if (process_state(process) != PROCESS_ALIVE ||
        (thread && sync_load(&thread->state) == THREAD_ENDED)) {
        error = FAIL(ERR_DISCONNECTED, "what is to be bound has ended");
    } else if (binding->context) {
        error = FAIL(ERR_EXISTS, "it is bound to a context already");
    } else {
        error = binding_make(binding, context, node);
    }
    if (!error) {
        binding_apply(binding);
    }
    lock_release(&process->lock);
    return error;
}

int32_t context_inherit(struct process *child, struct process *parent)
{
    const struct sched_binding *from = &parent->binding;
    int32_t error = 0;

    lock_acquire(&parent->lock);
    if (from->context) {
        error = binding_make(&child->binding, from->context, from->node);
    }
    lock_release(&parent->lock);
    /* Otherwise the parent is about to lose it, too. */
    return error == ERR_OVERLOADED ? error : 0;
}

/* ------------------------------------------------------------------ unbinding */

/* Undoes a binding that is in use. Its process's lock held. */
static void binding_undo(struct sched_binding *binding)
{
    struct sched_context *context = binding->context;

    lock_acquire(&context_lock);
    list_remove(&binding->link);
    context->bindings_count--;
    binding->context = NULL;
    lock_release(&context_lock);
    binding_apply(binding);
    if (binding->node) {
        node_remove_binding(binding);
    }
    object_put(&context->object);
}

/* The first binding of a context, with a reference to its process; or NULL. */
static struct sched_binding *context_first(struct sched_context *context)
{
    struct sched_binding *binding = NULL;
    struct list_node *first;

    lock_acquire(&context_lock);
    first = list_first(&context->bindings);
    if (first) {
        binding = container_of(first, struct sched_binding, link);
        object_get(&binding->process->object);
    }
    lock_release(&context_lock);
    return binding;
}

void context_unbind(struct sched_context *context)
{
    struct sched_binding *binding;

    while ((binding = context_first(context))) {
        struct process *process = binding->process;

        lock_acquire(&process->lock);
        if (binding->context == context) {
            binding_undo(binding);
        }
        lock_release(&process->lock);
        object_put(&process->object);
    }
}

bool context_cut(struct revocation_node *node)
{
    struct sched_binding *binding = NULL;
    struct process *process;
    struct list_node *first;

    lock_acquire(&node->lock);
    first = list_first(&node->bindings);
    if (first) {
        binding = container_of(first, struct sched_binding, node_link);
        object_get(&binding->process->object);
    }
    lock_release(&node->lock);
    if (!binding) {
        return false;
    }
    process = binding->process;
    lock_acquire(&process->lock);
    if (binding->node == node) {
        binding_undo(binding);
    }
    lock_release(&process->lock);
    object_put(&process->object);
    return true;
}

/* -------------------------------------------------------------------- the end */

void context_unheld(struct object *object)
{
    struct sched_context *context =
        container_of(object, struct sched_context, object);

    lock_acquire(&context_lock);
    context->closed = true;
    lock_release(&context_lock);
    context_unbind(context);
}

void context_leave(struct thread *thread)
{
    struct process *process = thread->process;
    struct sched_place *place = &thread->place;

    lock_acquire(&process->lock);
    if (place->binding.context) {
        binding_undo(&place->binding);
    }
    lock_release(&process->lock);
    lock_acquire(&context_lock);
    context_take_back(thread);
    if (place->lender) {
        context_take_back(place->lender);
    }
    place_set_own(thread, NULL);
    context_set(thread, NULL);
    lock_release(&context_lock);
}

void context_leave_process(struct process *process)
{
    lock_acquire(&process->lock);
    if (process->binding.context) {
        binding_undo(&process->binding);
    }
    lock_release(&process->lock);
}
