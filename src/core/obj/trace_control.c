/*
 * trace_control.c - TraceControl: the machine's trace, begun and ended by hand.
 *
 * A trace that begins in the middle of a run could be read by nobody if it did
 * not say first what lives: which processes there are, their threads and what
 * these do, and who has which CPU. Other CPUs go on meanwhile, and their records
 * come in between; of a thread's state the last record is right, for it is
 * written under the thread's lock as the others are.
 */
#include "hal.h"
#include "log.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "proc/process.h"
#include "sched/cpu.h"

#define TRACE_NAME_BYTES 128u /* with its NUL */

static struct object trace_control_object;

/* A thread, and what it does; returns the bit of the CPU that runs it, or 0. */
static uint64_t trace_thread(struct thread *thread)
{
    uint32_t id = (uint32_t)thread->id;
    uint64_t cpus_named = 0;
    uint32_t cpu;

    lock_acquire(&thread->lock);
    hal_trace(TRACE_THREAD, id, id, thread->process->id);
    switch (sync_load(&thread->state)) {
    case THREAD_WAITING:
        hal_trace(TRACE_WAIT, id, id, 0);
        break;
    case THREAD_READY:
        hal_trace(TRACE_WAKE, id, id, 0);
        break;
    case THREAD_RUNNING:
        cpu = sync_load(&thread->cpu);
        hal_trace(TRACE_CPU, id, cpu, id);
        cpus_named = 1ull << cpu;
        break;
    default: /* it has ended */
        hal_trace(TRACE_END, id, id, thread->process->id);
    }
    lock_release(&thread->lock);
    return cpus_named;
}

static uint64_t trace_threads(struct process *process)
{
    struct list_node *node;
    uint64_t cpus_named = 0;

    lock_acquire(&process->lock);
    node = list_first(&process->threads);
    for (; node; node = list_next(&process->threads, node)) {
        cpus_named |= trace_thread(container_of(node, struct thread, link));
    }
    lock_release(&process->lock);
    return cpus_named;
}

/* Everything that lives, and the CPUs that idle. */
static void trace_everything(void)
{
    uint64_t cpus_named = 0;

    process_list_lock();
    for (struct process *process = process_next(NULL); process;
         process = process_next(process)) {
        process_trace(process);
        cap_table_trace(&process->caps);
        cpus_named |= trace_threads(process);
    }
    process_list_unlock();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        if (!(cpus_named >> cpu & 1)) {
            hal_trace(TRACE_CPU, 0, cpu, 0);
        }
    }
}

/* Takes a name of printable characters; false if it is another. */
static bool trace_name(struct wire_text given, char name[TRACE_NAME_BYTES])
{
    if (given.length == 0 || given.length >= TRACE_NAME_BYTES) {
        return false;
    }
    for (uint32_t i = 0; i < given.length; i++) {
        if (given.bytes[i] <= ' ' || given.bytes[i] > '~') {
            return false;
        }
        name[i] = given.bytes[i];
    }
    name[given.length] = '\0';
    return true;
}

static int32_t trace_control_start(
    void *self, struct server_call *call,
    struct trace_control_start_params_reader params,
    struct trace_control_start_results_builder results)
{
    char name[TRACE_NAME_BYTES];
    int32_t error;

    (void)self;
    (void)results;
    if (!trace_name(trace_control_start_params_get_name(params), name)) {
        return kernel_raise(call, ERR_INVALID,
                            "name: 1 to 127 printable characters, no blanks");
    }
    error = hal_trace_start(name);
    if (error) {
        return kernel_raise(call, error,
                            error == ERR_INVALID
                                ? "name: not one that this machine takes"
                                : "this machine has nowhere to put a trace");
    }
    log_info("trace %s", name);
    trace_everything();
    return 0;
}

static int32_t trace_control_stop(
    void *self, struct server_call *call,
    struct trace_control_stop_params_reader params,
    struct trace_control_stop_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    (void)results;
    hal_trace_stop();
    return 0;
}

static const struct trace_control_server trace_control_handlers = {
    .start = trace_control_start,
    .stop = trace_control_stop,
};

static int32_t trace_control_methods(struct object *object,
                                     struct kernel_call *call)
{
    return trace_control_dispatch(&trace_control_handlers, object,
                                  &call->server);
}

static const struct object_type trace_control_type = {
    .interface_id = TRACE_CONTROL_INTERFACE_ID,
    .name = "trace-control",
    .dispatch = trace_control_methods,
    .destroy = root_destroy,
};

const struct root trace_control_root = {
    .name = "trace",
    .object = &trace_control_object,
    .type = &trace_control_type,
};
