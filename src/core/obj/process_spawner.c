/* process_spawner.c - ProcessSpawner: processes out of images. */
#include "fail.h"
#include "mem/heap.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "proc/process.h"
#include "text.h"

#define SPAWN_GRANTS_MAX 64u

/* What a child gets where its limits say 0. */
static const uint64_t spawn_limits[LEDGER_KINDS] = {
    [LEDGER_PAGES] = 16384,
    [LEDGER_THREADS] = 64,
    [LEDGER_CAPS] = 1024,
    [LEDGER_PROCESSES] = 64,
};

static struct object process_spawner_object;

/* A decoded request; grants and limits lie in it. */
struct spawn {
    struct process_request request;
    struct object *image; /* one reference, as to the grants' objects */
    char name[NAME_BYTES_MAX + 1];
    uint64_t limits[LEDGER_KINDS];
    struct process_grant grants[SPAWN_GRANTS_MAX];
};

/* Copies a name; false if it is empty, too long or holds a NUL. */
static bool spawn_name(char name[NAME_BYTES_MAX + 1], struct wire_text text)
{
    if (text.length == 0 || text.length > NAME_BYTES_MAX ||
        text_length_max(text.bytes, text.length) != text.length) {
        return false;
    }
    __builtin_memset(name, 0, NAME_BYTES_MAX + 1);
    __builtin_memcpy(name, text.bytes, text.length);
    return true;
}

static bool spawn_granted(const struct spawn *spawn, const char *name)
{
    for (uint32_t i = 0; i < spawn->request.grant_count; i++) {
        if (bytes_equal(spawn->grants[i].name, name, NAME_BYTES_MAX + 1)) {
            return true;
        }
    }
    return false;
}

static const char *spawn_decode_grants(struct spawn *spawn,
                                       struct process *caller,
                                       struct spawn_request_reader request)
{
    struct wire_list list = spawn_request_get_grants(request);

    if (list.count > SPAWN_GRANTS_MAX) {
        return "more than 64 grants";
    }
    for (uint32_t i = 0; i < list.count; i++) {
        struct grant_reader grant = spawn_request_grants_at(list, i);
        struct process_grant *place = &spawn->grants[i];
        char name[NAME_BYTES_MAX + 1];

        if (!spawn_name(name, grant_get_name(grant))) {
            return "a grant's name is empty or over 31 bytes";
        }
        if (spawn_granted(spawn, name)) {
            return "two grants have one name";
        }
        __builtin_memcpy(place->name, name, sizeof(name));
        place->object = cap_get(&caller->caps, grant_get_cap(grant));
        if (!place->object) {
            return "a grant names a capability that the caller does not hold";
        }
        spawn->request.grant_count = i + 1;
    }
    return NULL;
}

/*
 * NULL, or what is wrong with the limits. What the caller may not hold itself it
 * cannot give; a default is cut down to that.
 */
static const char *spawn_decode_limits(struct spawn *spawn,
                                       const struct ledger *caller,
                                       struct process_limits_reader limits)
{
    const uint64_t asked[LEDGER_KINDS] = {
        [LEDGER_PAGES] = process_limits_get_pages(limits),
        [LEDGER_THREADS] = process_limits_get_threads(limits),
        [LEDGER_CAPS] = process_limits_get_caps(limits),
        [LEDGER_PROCESSES] = process_limits_get_processes(limits),
    };

    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        uint64_t limit = asked[kind] ? asked[kind] : spawn_limits[kind];

        if (asked[kind] > caller->limit[kind]) {
            return "a limit is over the caller's own";
        }
        spawn->limits[kind] =
            limit < caller->limit[kind] ? limit : caller->limit[kind];
    }
    return NULL;
}

/* NULL, or what is wrong with the request. Changes nothing else. */
static const char *spawn_decode(struct spawn *spawn, struct process *caller,
                                struct spawn_request_reader request)
{
    struct wire_data args = spawn_request_get_args(request);
    struct wire_list words = spawn_request_get_words(request);
    const char *wrong;

    spawn->image = cap_get(&caller->caps, spawn_request_get_image(request));
    if (!spawn->image || !memory_object_memory(spawn->image)) {
        return "image is no MemoryObject that the caller holds";
    }
    if (!spawn_name(spawn->name, spawn_request_get_name(request))) {
        return "the name is empty or over 31 bytes";
    }
    if (args.length > ARGS_BYTES_MAX) {
        return "the arguments are over 8192 bytes";
    }
    if (words.count > 3) {
        return "more than three words";
    }
    for (uint32_t i = 0; i < words.count; i++) {
        spawn->request.words[i] = spawn_request_words_at(words, i);
    }
    spawn->request.name = spawn->name;
    spawn->request.parent = caller;
    spawn->request.args = args.bytes;
    spawn->request.args_bytes = args.length;
    spawn->request.grants = spawn->grants;
    spawn->request.limits = spawn->limits;
    spawn->request.stack_bytes = spawn_request_get_stack_bytes(request);
    spawn->request.sq_entries = spawn_request_get_sq_entries(request);
    spawn->request.cq_entries = spawn_request_get_cq_entries(request);
    spawn->request.weight = spawn_request_get_weight(request);
    spawn->request.cpu_hint = spawn_request_get_cpu_hint(request);
    spawn->request.without_self = spawn_request_get_without_self(request);
    wrong = spawn_decode_limits(spawn, caller->ledger,
                                spawn_request_get_limits(request));
    return wrong ? wrong : spawn_decode_grants(spawn, caller, request);
}

/* Lets go of what the request names. */
static void spawn_release(struct spawn *spawn)
{
    for (uint32_t i = 0; i < spawn->request.grant_count; i++) {
        object_put(spawn->grants[i].object);
    }
    if (spawn->image) {
        object_put(spawn->image);
    }
    heap_free(spawn);
}

/* Creates the process and gives its handle to the caller; then it may run. */
static int32_t spawn_commit(struct spawn *spawn, struct server_call *call,
                            struct process_spawner_spawn_results_builder r)
{
    struct process *process;
    const char *reason;
    uint32_t index;
    int32_t error;

    error = process_create(&spawn->request, memory_object_memory(spawn->image),
                           &process, &reason);
    if (error) {
        return kernel_raise(call, error, reason);
    }
    error = kernel_give(call, &process->object, &index);
    if (error) {
        process_end(process, END_KILLED, error);
        object_put(&process->object);
        return kernel_raise(call, error, "no room for the handle");
    }
    process_spawner_spawn_results_set_process(r, index);
    process_spawner_spawn_results_set_process_id(r, process->id);
    process_start(process);
    object_put(&process->object);
    return 0;
}

static int32_t process_spawner_spawn(
    void *self, struct server_call *call,
    struct process_spawner_spawn_params_reader params,
    struct process_spawner_spawn_results_builder results)
{
    struct spawn *spawn = heap_alloc(sizeof(*spawn));
    const char *wrong;
    int32_t status;

    (void)self;
    if (!spawn) {
        return kernel_raise(call, ERR_NO_MEMORY, "no memory to decode in");
    }
    wrong = spawn_decode(spawn, kernel_caller(call),
                         process_spawner_spawn_params_get_request(params));
    status = wrong ? kernel_raise(call, ERR_INVALID, wrong)
                   : spawn_commit(spawn, call, results);
    spawn_release(spawn);
    return status;
}

static const struct process_spawner_server process_spawner_handlers = {
    .spawn = process_spawner_spawn,
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

struct object *process_spawner_root(void)
{
    return root_init(&process_spawner_object, &process_spawner_type);
}
