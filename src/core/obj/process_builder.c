/*
 * process_builder.c - ProcessBuilder: a process in parts, before it runs.
 *
 * There is at most one for a process, made with it; the process knows it, because
 * one that nobody can start any more must end (process_abandon). All methods pin
 * the process, which may be ended at any time.
 */
#include "fail.h"
#include "obj/spawn_request.h"

struct process_builder {
    struct object object;
    struct process *process; /* one reference */
};

/* Raises what a step of building was refused with. */
static int32_t builder_raise(struct server_call *call, int32_t error)
{
    return kernel_raise(call, error,
                        error == ERR_DISCONNECTED ? "the process ended"
                                                  : "this cannot be built in");
}

static int32_t process_builder_grant(
    void *self, struct server_call *call,
    struct process_builder_grant_params_reader params,
    struct process_builder_grant_results_builder results)
{
    struct process *process = ((struct process_builder *)self)->process;
    const struct ring_xfer xfer = {
        .cap = process_builder_grant_params_get_cap(params),
        .mode = process_builder_grant_params_get_mode(params),
        .flags = process_builder_grant_params_get_flags(params),
    };
    char name[1][NAME_BYTES_MAX + 1];
    const struct process_grants grants = {
        &kernel_caller(call)->caps, &xfer, name, 1};
    int32_t error;

    (void)results;
    if (!spawn_name(name[0], process_builder_grant_params_get_name(params))) {
        return kernel_raise(call, ERR_INVALID,
                            "the name is empty or over 31 bytes");
    }
    error = process_pin(process);
    if (!error) {
        error = process_grant(process, &grants);
        process_unpin(process);
    }
    return error ? builder_raise(call, error) : 0;
}

static int32_t process_builder_set_arguments(
    void *self, struct server_call *call,
    struct process_builder_set_arguments_params_reader params,
    struct process_builder_set_arguments_results_builder results)
{
    struct process *process = ((struct process_builder *)self)->process;
    struct wire_data args =
        process_builder_set_arguments_params_get_args(params);
    int32_t error;

    (void)results;
    if (args.length > ARGS_BYTES_MAX) {
        return kernel_raise(call, ERR_TOO_LARGE,
                            "the arguments are over 8192 bytes");
    }
    error = process_pin(process);
    if (!error) {
        error = process_set_args(process, args.bytes, args.length);
        process_unpin(process);
    }
    return error ? builder_raise(call, error) : 0;
}

static bool builder_decode_start(struct process_builder_start_params_reader r,
                                 struct thread_request *first)
{
    struct wire_list words = process_builder_start_params_get_words(r);

    *first = (struct thread_request){
        .entry = process_builder_start_params_get_entry(r),
        .stack_low = process_builder_start_params_get_stack_low(r),
        .stack_high = process_builder_start_params_get_stack_high(r),
        .tls_base = process_builder_start_params_get_tls_base(r),
        .sq_entries = process_builder_start_params_get_sq_entries(r),
        .cq_entries = process_builder_start_params_get_cq_entries(r),
        .weight = process_builder_start_params_get_weight(r),
        .cpu_hint = process_builder_start_params_get_cpu_hint(r),
    };
    if (words.count > 3) {
        return false;
    }
    for (uint32_t i = 0; i < words.count; i++) {
        first->words[i] = process_builder_start_params_words_at(words, i);
    }
    return true;
}

static int32_t process_builder_start(
    void *self, struct server_call *call,
    struct process_builder_start_params_reader params,
    struct process_builder_start_results_builder results)
{
    struct process *process = ((struct process_builder *)self)->process;
    struct thread_request first;
    int32_t error;

    (void)results;
    if (!builder_decode_start(params, &first)) {
        return kernel_raise(call, ERR_INVALID, "more than three words");
    }
    error = process_set_image(
        process, process_builder_start_params_get_image_base(params),
        process_builder_start_params_get_image_size(params));
    if (!error) {
        error = process_begin(process, &first);
    }
    if (error) {
        return builder_raise(call, error);
    }
    process_start(process);
    return 0;
}

static const struct process_builder_server process_builder_handlers = {
    .grant = process_builder_grant,
    .set_arguments = process_builder_set_arguments,
    .start = process_builder_start,
};

static int32_t process_builder_methods(struct object *object,
                                       struct kernel_call *call)
{
    return process_builder_dispatch(&process_builder_handlers, object,
                                    &call->server);
}

static void process_builder_unheld(struct object *object)
{
    process_abandon(
        container_of(object, struct process_builder, object)->process);
}

static void process_builder_destroy(struct object *object)
{
    struct process *process =
        container_of(object, struct process_builder, object)->process;

    lock_acquire(&process->lock);
    process->builder = NULL;
    lock_release(&process->lock);
    object_put(&process->object);
}

static const struct object_type process_builder_type = {
    .interface_id = PROCESS_BUILDER_INTERFACE_ID,
    .name = "process-builder",
    .dispatch = process_builder_methods,
    .unheld = process_builder_unheld,
    .destroy = process_builder_destroy,
};

int32_t process_builder_create(struct process *process, struct ledger *ledger,
                               struct object **out)
{
    int32_t error = object_create(sizeof(struct process_builder),
                                  &process_builder_type, ledger, out);

    if (error) {
        return error;
    }
    object_get(&process->object);
    container_of(*out, struct process_builder, object)->process = process;
    lock_acquire(&process->lock);
    process->builder = *out;
    lock_release(&process->lock);
    return 0;
}
