/* thread_control.c - ThreadControl and ThreadHandle. */
#include "obj/methods.h"
#include "obj/self.h"
#include "proc/process.h"

static int32_t thread_control_decode(
    struct thread_control_create_params_reader params,
    struct thread_request *request)
{
    struct wire_list words =
        thread_control_create_params_get_words(params);

    *request = (struct thread_request){
        .entry = thread_control_create_params_get_entry(params),
        .stack_low = thread_control_create_params_get_stack_low(params),
        .stack_high = thread_control_create_params_get_stack_high(params),
        .tls_base = thread_control_create_params_get_tls_base(params),
        .sq_entries = thread_control_create_params_get_sq_entries(params),
        .cq_entries = thread_control_create_params_get_cq_entries(params),
        .weight = thread_control_create_params_get_weight(params),
        .cpu_hint = thread_control_create_params_get_cpu_hint(params),
        .end_word = thread_control_create_params_get_end_word(params),
    };
    if (words.count > 3) {
        return ERR_INVALID;
    }
    for (uint32_t i = 0; i < words.count; i++) {
        request->words[i] = thread_control_create_params_words_at(words, i);
    }
    return 0;
}

static int32_t thread_control_create(
    void *self, struct server_call *call,
    struct thread_control_create_params_reader params,
    struct thread_control_create_results_builder results)
{
    struct process *process = self_process(self);
    struct thread_request request;
    struct thread *thread;
    uint32_t index;
    int32_t error;

    if (!process) {
        return kernel_raise(call, ERR_DISCONNECTED, "the process ended");
    }
    error = thread_control_decode(params, &request);
    if (!error) {
        error = thread_create(process, &request, &thread);
    }
    if (error) {
        return kernel_raise(call, error, "the thread cannot be made so");
    }
    error = kernel_give(call, &thread->object, &index);
    if (error) {
        thread_discard(thread);
        object_put(&thread->object);
        return kernel_raise(call, error, "no place for the handle");
    }
    thread_control_create_results_set_thread(results, index);
    thread_control_create_results_set_thread_id(results, thread->id);
    thread_start(thread);
    object_put(&thread->object);
    return 0;
}

static int32_t thread_control_exit(
    void *self, struct server_call *call,
    struct thread_control_exit_params_reader params,
    struct thread_control_exit_results_builder results)
{
    struct process *process = self_process(self);
    uint64_t clear = thread_control_exit_params_get_clear(params);

    (void)results;
    if (!process || process != kernel_caller(call)) {
        return kernel_raise(call, ERR_INVALID,
                            "a thread ends itself through its own process's "
                            "ThreadControl");
    }
    if (clear && !park_clearable(process, clear)) {
        return kernel_raise(call, ERR_INVALID,
                            "the word to clear is not writable");
    }
    thread_end(kernel_call_of(call)->thread, END_EXITED,
               thread_control_exit_params_get_code(params));
    if (clear) {
        park_clear(process, clear);
    }
    return SERVER_PENDING;
}

static int32_t thread_control_set_tls_base(
    void *self, struct server_call *call,
    struct thread_control_set_tls_base_params_reader params,
    struct thread_control_set_tls_base_results_builder results)
{
    struct process *process = self_process(self);
    uint64_t address =
        thread_control_set_tls_base_params_get_address(params);

    (void)results;
    if (!process || process != kernel_caller(call)) {
        return kernel_raise(call, ERR_INVALID,
                            "a thread sets its base through its own "
                            "process's ThreadControl");
    }
    if (address - hal_space_base(&process->space.hal) >=
        hal_space_size(&process->space.hal)) {
        return kernel_raise(call, ERR_INVALID,
                            "the base is outside of the window");
    }
    hal_context_tls(&kernel_call_of(call)->thread->context, address);
    return 0;
}

static const struct thread_control_server thread_control_handlers = {
    .create = thread_control_create,
    .exit = thread_control_exit,
    .set_tls_base = thread_control_set_tls_base,
};

static int32_t thread_control_methods(struct object *object,
                                      struct kernel_call *call)
{
    return thread_control_dispatch(&thread_control_handlers, object,
                                   &call->server);
}

const struct object_type thread_control_type = {
    .interface_id = THREAD_CONTROL_INTERFACE_ID,
    .name = "thread-control",
    .dispatch = thread_control_methods,
    .destroy = self_destroy,
    .subject = self_subject,
};

/* Queues the call, unless the thread is gone; its process's lock held. */
static int32_t thread_handle_queue(struct thread *thread,
                                   struct server_call *call)
{
    struct call *waiting;

    if (thread->reaped) {
        return 0;
    }
    waiting = kernel_defer(call, &thread->object, &thread->process->lock);
    if (!waiting) {
        return ERR_OVERLOADED;
    }
    list_push_back(&thread->joiners, &waiting->link);
    return SERVER_PENDING;
}

static int32_t thread_handle_join(
    void *self, struct server_call *call,
    struct thread_handle_join_params_reader params,
    struct thread_handle_join_results_builder results)
{
    struct thread *thread = self;
    int32_t status;

    (void)params;
    if (thread == kernel_call_of(call)->thread) {
        return kernel_raise(call, ERR_INVALID, "a thread cannot join itself");
    }
    lock_acquire(&thread->process->lock);
    status = thread_handle_queue(thread, call);
    lock_release(&thread->process->lock);
    if (status == ERR_OVERLOADED) {
        return kernel_raise(call, status, "no call record left");
    }
    if (status == 0) {
        thread_handle_join_results_set_how(results, (uint16_t)thread->end);
        thread_handle_join_results_set_code(results, thread->code);
    }
    return status;
}

static int32_t thread_handle_end(
    void *self, struct server_call *call,
    struct thread_handle_end_params_reader params,
    struct thread_handle_end_results_builder results)
{
    (void)call;
    (void)results;
    thread_end(self, END_KILLED, thread_handle_end_params_get_code(params));
    return 0;
}

static const struct thread_handle_server thread_handle_handlers = {
    .join = thread_handle_join,
    .end = thread_handle_end,
};

int32_t thread_handle_methods(struct object *object, struct kernel_call *call)
{
    return thread_handle_dispatch(&thread_handle_handlers, thread_of(object),
                                  &call->server);
}
