/* spawn.c - building SpawnRequests; see spawn.h. */
#include "spawn.h"

#include "alloc.h"
#include "cap.h"
#include "fmt.h"
#include "process.h"
#include "text.h"
#include "thread.h"

/* Fixed parts of the request, and what an exception needs behind it. */
#define SPAWN_BUFFER_BYTES KERNEL_MESSAGE_BYTES_MAX

static struct wire_text text_of(const char *string)
{
    return (struct wire_text){string, (uint32_t)text_length(string)};
}

/* Opens the image. The caller releases *image. */
static int32_t image_open(const char *program, uint64_t *image,
                          struct exception *exception)
{
    uint64_t package = capset_find("package", BOOT_PACKAGE_INTERFACE_ID);
    uint64_t memory[64];
    struct rpc_buffer buffer;
    struct rpc rpc = {.complete = NULL};
    int32_t status;

    if (package == CAP_NONE) {
        return ERR_NOT_FOUND;
    }
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    status = boot_package_open_submit(rt(), &rpc, package, text_of(program),
                                      &buffer);
    if (status >= 0) {
        status = transport_await(rt(), &rpc);
    }
    if (status < 0) {
        return rpc.done ? exception_read(&rpc, exception) : status;
    }
    return boot_package_open_finish(&rpc, image, NULL);
}

/* The argument area: name and arguments, each with its NUL. */
static bool args_build(struct spawn_request_builder request,
                       const struct spawn *spawn, const char *name)
{
    uint64_t bytes = text_length(name) + 1;
    uint8_t *at;

    for (uint32_t i = 0; i < spawn->arg_count; i++) {
        bytes += text_length(spawn->args[i]) + 1;
    }
    if (bytes > ARGS_BYTES_MAX) {
        return false;
    }
    at = spawn_request_init_args(request, (uint32_t)bytes);
    if (at == NULL) {
        return false;
    }
    for (uint32_t i = 0; i <= spawn->arg_count; i++) {
        const char *string = i == 0 ? name : spawn->args[i - 1];
        uint64_t length = text_length(string) + 1;

        __builtin_memcpy(at, string, length);
        at += length;
    }
    return true;
}

/* A quota as asked: 0 is the default, or in a generous spawn half of the rest. */
static uint64_t quota(const struct spawn *spawn, uint64_t asked)
{
    return asked == 0 && spawn->generous ? LIMIT_HALF : asked;
}

static void limits_build(struct spawn_request_builder request,
                         const struct spawn *spawn)
{
    struct process_limits_builder limits = spawn_request_init_limits(request);

    process_limits_set_pages(limits, quota(spawn, spawn->pages_max));
    process_limits_set_threads(limits,
                               (uint32_t)quota(spawn, spawn->threads_max));
    process_limits_set_caps(limits, (uint32_t)quota(spawn, spawn->caps_max));
    process_limits_set_processes(
        limits, (uint32_t)quota(spawn, spawn->processes_max));
    process_limits_set_tables(limits, quota(spawn, spawn->tables_max));
    process_limits_set_virtual(limits, quota(spawn, spawn->virtual_max));
    process_limits_set_rings(limits, quota(spawn, spawn->rings_max));
    process_limits_set_calls(limits, quota(spawn, spawn->calls_max));
    process_limits_set_objects(limits, quota(spawn, spawn->objects_max));
    process_limits_set_scratch(limits, quota(spawn, spawn->scratch_max));
    process_limits_set_log_bytes(limits, quota(spawn, spawn->log_bytes_max));
    process_limits_set_weight(limits, quota(spawn, spawn->weight_max));
}

/* False: arguments do not fit. */
static bool request_build(struct spawn_request_builder request,
                          const struct spawn *spawn, uint64_t image)
{
    const char *name = spawn->name != NULL ? spawn->name : spawn->program;
    struct wire_builder_list list;

    spawn_request_set_image(request, image);
    spawn_request_set_name(request, text_of(name));
    if (!args_build(request, spawn, name)) {
        return false;
    }
    list = spawn_request_init_grants(request, spawn->grant_count);
    for (uint32_t i = 0; i < spawn->grant_count; i++) {
        struct grant_builder grant = spawn_request_grants_build(list, i);

        grant_set_name(grant, text_of(spawn->grants[i].name));
        grant_set_cap(grant, spawn->grants[i].cap);
    }
    list = spawn_request_init_words(request, 3);
    for (uint32_t i = 0; i < 3; i++) {
        spawn_request_words_set(list, i, spawn->words[i]);
    }
    spawn_request_set_without_self(request, spawn->without_self);
    spawn_request_set_ledger(request, spawn->ledger);
    spawn_request_set_session_authority(request, spawn->session_authority);
    spawn_request_set_session(request, spawn->session);
    limits_build(request, spawn);
    return true;
}

/* A request to the spawner, in the making and under way. */
struct request {
    uint64_t spawner;
    void *memory; /* to be freed */
    struct rpc_buffer buffer;
    struct rpc rpc;
};

/* ERR_OVERLOADED: no memory. ERR_NOT_FOUND: no spawner. Nothing is kept then. */
static int32_t request_open(struct request *request)
{
    request->spawner =
        capset_find("spawner", PROCESS_SPAWNER_INTERFACE_ID);
    if (request->spawner == CAP_NONE) {
        return ERR_NOT_FOUND;
    }
    request->memory = mem_alloc(SPAWN_BUFFER_BYTES);
    if (request->memory == NULL) {
        return ERR_OVERLOADED;
    }
    request->rpc.complete = NULL;
    request->rpc.done = false;
    rpc_buffer_init(&request->buffer, request->memory, SPAWN_BUFFER_BYTES);
    return 0;
}

/* Waits for the answer, if submitting went well; tells of an exception. */
static int32_t request_await(struct request *request, int32_t status,
                             struct exception *exception)
{
    if (status >= 0) {
        status = transport_await(rt(), &request->rpc);
    }
    if (status < 0 && request->rpc.done) {
        status = exception_read(&request->rpc, exception);
    }
    return status;
}

static int32_t image_spawn(const struct spawn *spawn, uint64_t image,
                           struct spawned *spawned, struct exception *exception)
{
    struct request request;
    int32_t status = request_open(&request);

    if (status < 0) {
        return status;
    }
    status = ERR_TOO_LARGE;
    if (request_build(process_spawner_spawn_params_init_request(
                          process_spawner_spawn_begin(&request.buffer)),
                      spawn, image)) {
        status = process_spawner_spawn_submit(rt(), &request.rpc,
                                              request.spawner,
                                              &request.buffer);
    }
    status = request_await(&request, status, exception);
    if (status >= 0) {
        status = process_spawner_spawn_finish(&request.rpc, &spawned->process,
                                              &spawned->id);
    }
    mem_free(request.memory);
    return status;
}

int32_t capos_spawn(const struct spawn *spawn, struct spawned *spawned,
                    struct exception *exception)
{
    struct exception unused;
    struct exception *told = exception != NULL ? exception : &unused;
    CAP_AUTO image = CAP_NONE;
    int32_t status;

    *told = (struct exception){.reason = ""};
    status = image_open(spawn->program, &image, told);
    if (status < 0) {
        return status;
    }
    return image_spawn(spawn, image, spawned, told);
}

int32_t capos_create(const struct spawn *spawn, struct spawn_parts *parts,
                     struct exception *exception)
{
    struct exception unused;
    struct exception *told = exception != NULL ? exception : &unused;
    struct request request;
    int32_t status = request_open(&request);

    *told = (struct exception){.reason = ""};
    if (status < 0) {
        return status;
    }
    status = ERR_TOO_LARGE;
    if (request_build(process_spawner_create_params_init_request(
                          process_spawner_create_begin(&request.buffer)),
                      spawn, CAP_NONE)) {
        status = process_spawner_create_submit(rt(), &request.rpc,
                                               request.spawner,
                                               &request.buffer);
    }
    status = request_await(&request, status, told);
    if (status >= 0) {
        status = process_spawner_create_finish(
            &request.rpc, &parts->process, &parts->memory, &parts->builder,
            &parts->id, &parts->window_base, &parts->window_size);
    }
    mem_free(request.memory);
    return status;
}

int32_t spawn_wait(struct spawned *spawned, struct spawn_end *end)
{
    int32_t status = process_handle_wait(rt(), spawned->process, &end->how,
                                         &end->code, &end->address);

    cap_release(cap_take(&spawned->process));
    return status;
}

const char *fault_name(int64_t vector)
{
    static const char *const names[] = {
        "divide error",
        "debug exception",
        "non-maskable interrupt",
        "breakpoint",
        "overflow",
        "bound range exceeded",
        "invalid opcode",
        "device not available",
        "double fault",
        "coprocessor overrun",
        "invalid task state",
        "segment not present",
        "stack fault",
        "general protection fault",
        "page fault",
        "exception",
        "x87 floating-point error",
        "alignment check",
        "machine check",
        "SIMD floating-point error",
    };

    if (vector == 256) {
        return "system call from outside the gate";
    }
    if (vector < 0 || vector >= (int64_t)(sizeof(names) / sizeof(names[0]))) {
        return "exception";
    }
    return names[vector];
}

const char *spawn_end_text(const struct spawn_end *end, char *buffer,
                           uint32_t size)
{
    switch (end->how) {
    case EXIT_KIND_EXITED:
        fmt_format(buffer, size, "exited with %lld", (long long)end->code);
        break;
    case EXIT_KIND_KILLED:
        fmt_format(buffer, size, "killed with %lld", (long long)end->code);
        break;
    default:
        fmt_format(buffer, size, "faulted: %s (vector %lld) at image+0x%llx",
                   fault_name(end->code), (long long)end->code,
                   (unsigned long long)end->address);
        break;
    }
    return buffer;
}
