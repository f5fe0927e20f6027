/*
 * process_spawner.c - ProcessSpawner: processes out of images, or in parts.
 *
 * spawn is create, load, grant, start on the same code as the parts
 * (proc/process_build.h). Whatever is refused, the new process ends, and with it
 * everything that it was given.
 */
#include "fail.h"
#include "mem/heap.h"
#include "obj/root.h"
#include "obj/self.h"
#include "obj/spawn_request.h"

static struct object process_spawner_object;

/* Image, stack and what the request grants. The process is pinned. */
static int32_t spawn_load(struct spawn *spawn, struct process *process,
                          const char **reason)
{
    const struct process_image image = {
        .memory = memory_object_memory(spawn->image),
        .node = spawn->image_node,
    };
    int32_t error =
        process_load(process, &image, &spawn->first.entry, reason);

    if (!error) {
        error = process_map_stack(process, spawn->stack_bytes,
                                  &spawn->first.stack_low,
                                  &spawn->first.stack_high);
    }
    return error;
}

/* Arguments and grants. The process is pinned. */
static int32_t spawn_endow(const struct spawn *spawn, struct process *process,
                           const char **reason)
{
    int32_t error = 0;

    if (spawn->args_bytes) {
        error = process_set_args(process, spawn->args, spawn->args_bytes);
    }
    if (!error) {
        error = process_grant(process, &spawn->grants);
        if (error == ERR_EXISTS) {
            *reason = "a grant has the name of a capability to itself";
        } else if (error && !cap_transfer_no_room(error)) {
            *reason = "a grant names a capability that the caller does not "
                      "hold, or may not copy";
        }
    }
    return error;
}

/* All but the run: the process is complete, or what it is refused with. */
static int32_t spawn_build(struct spawn *spawn, struct process *process,
                           const char **reason)
{
    int32_t error = process_pin(process);

    if (error) {
        return error;
    }
    error = spawn_load(spawn, process, reason);
    if (!error) {
        error = spawn_endow(spawn, process, reason);
    }
    if (!error) {
        error = process_begin(process, &spawn->first);
    }
    process_unpin(process);
    return error;
}

/* Ends a process that did not come to be, and raises why. */
static int32_t spawn_undo(struct process *process, struct server_call *call,
                          int32_t error, const char *reason)
{
    process_end(process, END_KILLED, error);
    object_put(&process->object);
    return kernel_raise(call, error, reason);
}

/* Creates the process and gives its handle to the caller; then it may run. */
static int32_t spawn_commit(struct spawn *spawn, struct server_call *call,
                            struct process_spawner_spawn_results_builder r)
{
    const char *reason = "out of quota or memory";
    struct process *process;
    uint32_t index;
    int32_t error = process_create(&spawn->request, &process);

    if (error) {
        return kernel_raise(call, error, reason);
    }
    error = spawn_build(spawn, process, &reason);
    if (!error) {
        error = kernel_give(call, &process->object, &index);
        reason = "no room for the handle";
    }
    if (error) {
        return spawn_undo(process, call, error, reason);
    }
    process_spawner_spawn_results_set_process(r, index);
    process_spawner_spawn_results_set_process_id(r, process->id);
    process_start(process);
    object_put(&process->object);
    return 0;
}

/* Decodes a request into *out, which the caller frees; or raises what is wrong. */
static int32_t spawn_read(struct server_call *call,
                          struct spawn_request_reader request,
                          struct spawn **out)
{
    struct spawn *spawn = heap_alloc(sizeof(*spawn));
    const char *wrong;

    if (!spawn) {
        return kernel_raise(call, ERR_NO_MEMORY, "no memory to decode in");
    }
    wrong = spawn_decode(spawn, kernel_caller(call), request);
    if (wrong) {
        spawn_release(spawn);
        heap_free(spawn);
        return kernel_raise(call, ERR_INVALID, wrong);
    }
    *out = spawn;
    return 0;
}

static int32_t process_spawner_spawn(
    void *self, struct server_call *call,
    struct process_spawner_spawn_params_reader params,
    struct process_spawner_spawn_results_builder results)
{
    struct spawn *spawn;
    int32_t status =
        spawn_read(call, process_spawner_spawn_params_get_request(params),
                   &spawn);

    (void)self;
    if (status) {
        return status;
    }
    status = spawn->image ? spawn_commit(spawn, call, results)
                          : kernel_raise(call, ERR_INVALID, "no image");
    spawn_release(spawn);
    heap_free(spawn);
    return status;
}

/* What the maker of a process in parts gets, in this order. */
enum part {
    PART_PROCESS = 0,
    PART_MEMORY,
    PART_BUILDER,
    PARTS,
};

static int32_t parts_make(struct process *process, struct ledger *ledger,
                          struct object *parts[PARTS])
{
    int32_t error = self_create(SELF_MEMORY, process, ledger,
                                &parts[PART_MEMORY]);

    if (error) {
        return error;
    }
    error = process_builder_create(process, ledger, &parts[PART_BUILDER]);
    if (error) {
        object_put(parts[PART_MEMORY]);
        return error;
    }
    object_get(&process->object);
    parts[PART_PROCESS] = &process->object;
    return 0;
}

/* Gives the caller all of them, or none; the references are given up. */
static int32_t parts_give(struct server_call *call,
                          struct object *const parts[PARTS],
                          uint32_t index[PARTS])
{
    int32_t error = kernel_give_all(call, parts, PARTS, index);

    for (uint32_t i = 0; i < PARTS; i++) {
        object_put(parts[i]);
    }
    return error;
}

/* What the parts are filled with at once, and given to the caller. */
static int32_t create_commit(struct spawn *spawn, struct server_call *call,
                             struct process *process,
                             struct process_spawner_create_results_builder r)
{
    const char *reason = "out of quota or memory";
    struct object *parts[PARTS];
    uint32_t index[PARTS];
    int32_t error = process_pin(process);

    if (!error) {
        error = spawn_endow(spawn, process, &reason);
        process_unpin(process);
    }
    if (!error) {
        error = parts_make(process, kernel_caller(call)->ledger, parts);
    }
    if (!error) {
        error = parts_give(call, parts, index);
    }
    if (error) {
        return spawn_undo(process, call, error, reason);
    }
    process_spawner_create_results_set_process(r, index[PART_PROCESS]);
    process_spawner_create_results_set_memory(r, index[PART_MEMORY]);
    process_spawner_create_results_set_builder(r, index[PART_BUILDER]);
    process_spawner_create_results_set_process_id(r, process->id);
    process_spawner_create_results_set_window_base(
        r, hal_space_base(&process->space.hal));
    process_spawner_create_results_set_window_size(
        r, hal_space_size(&process->space.hal));
    object_put(&process->object);
    return 0;
}

static int32_t process_spawner_create(
    void *self, struct server_call *call,
    struct process_spawner_create_params_reader params,
    struct process_spawner_create_results_builder results)
{
    struct process *process;
    struct spawn *spawn;
    int32_t status =
        spawn_read(call, process_spawner_create_params_get_request(params),
                   &spawn);

    (void)self;
    if (status) {
        return status;
    }
    if (spawn->image) {
        status = kernel_raise(call, ERR_INVALID,
                              "who creates a process maps its image");
    } else {
        status = process_create(&spawn->request, &process);
        status = status ? kernel_raise(call, status, "out of quota or memory")
                        : create_commit(spawn, call, process, results);
    }
    spawn_release(spawn);
    heap_free(spawn);
    return status;
}

static const struct process_spawner_server process_spawner_handlers = {
    .spawn = process_spawner_spawn,
    .create = process_spawner_create,
};

static int32_t process_spawner_methods(struct object *object,
                                       struct kernel_call *call)
{
    return process_spawner_dispatch(&process_spawner_handlers, object,
                                    &call->server);
}

static const struct object_type process_spawner_type = {
    .interface_id = PROCESS_SPAWNER_INTERFACE_ID,
    .name = "process-spawner",
    .dispatch = process_spawner_methods,
    .destroy = root_destroy,
};

const struct root process_spawner_root = {
    .name = "spawner",
    .object = &process_spawner_object,
    .type = &process_spawner_type,
};
