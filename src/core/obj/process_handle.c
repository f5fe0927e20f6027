/* process_handle.c - ProcessHandle: waiting for a process, killing it. */
#include "fail.h"
#include "obj/methods.h"
#include "proc/process.h"

/* Queues the call, unless the process has ended; its lock held. */
static int32_t handle_queue(struct process *process, struct server_call *call)
{
    struct call *waiting;

    if (process_state(process) == PROCESS_ENDED) {
        return 0;
    }
    waiting = kernel_defer(call, &process->object, &process->lock);
    if (!waiting) {
        return ERR_OVERLOADED;
    }
    list_push_back(&process->waiters, &waiting->link);
    return SERVER_PENDING;
}

static int32_t process_handle_wait(
    void *self, struct server_call *call,
    struct process_handle_wait_params_reader params,
    struct process_handle_wait_results_builder results)
{
    struct process *process = self;
    int32_t status;

    (void)params;
    if (process == kernel_caller(call)) {
        return kernel_raise(call, ERR_INVALID,
                            "a process cannot wait for itself");
    }
    lock_acquire(&process->lock);
    status = handle_queue(process, call);
    lock_release(&process->lock);
    if (status == ERR_OVERLOADED) {
        return kernel_raise(call, status, "no call record left");
    }
    if (status == 0) {
        process_handle_wait_results_set_how(results, (uint16_t)process->end);
        process_handle_wait_results_set_code(results, process->code);
        process_handle_wait_results_set_address(results,
                                                process->fault_address);
    }
    return status;
}

static int32_t process_handle_kill(
    void *self, struct server_call *call,
    struct process_handle_kill_params_reader params,
    struct process_handle_kill_results_builder results)
{
    (void)call;
    (void)results;
    process_end(self, END_KILLED, process_handle_kill_params_get_code(params));
    return 0;
}

static int32_t process_handle_info(
    void *self, struct server_call *call,
    struct process_handle_info_params_reader params,
    struct process_handle_info_results_builder results)
{
    struct process *process = self;

    (void)call;
    (void)params;
    process_handle_info_results_set_process_id(results, process->id);
    process_handle_info_results_set_alive(results,
                                          process_state(process) == PROCESS_ALIVE);
    process_handle_info_results_set_threads(
        results, sync_load(&process->threads_alive));
    return 0;
}

static const struct process_handle_server process_handle_handlers = {
    .wait = process_handle_wait,
    .kill = process_handle_kill,
    .info = process_handle_info,
};

int32_t process_handle_methods(struct object *object,
                               struct kernel_call *call)
{
    return process_handle_dispatch(&process_handle_handlers,
                                   process_of(object), &call->server);
}
