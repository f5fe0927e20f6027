/* system_info.c - SystemInfo: what runs, for people. */
#include "obj/methods.h"
#include "obj/root.h"
#include "proc/process.h"
#include "text.h"
#include "version.h"

static struct object system_info_object;
static const char *system_machine;

/* An entry with the longest name, in a list. */
#define PROCESS_LISTED_BYTES (PROCESS_INFO_BYTES + NAME_BYTES_MAX + 1)

static struct wire_text info_text(const char *text)
{
    return (struct wire_text){text, (uint32_t)text_length(text)};
}

static uint16_t info_state(const struct process *process)
{
    struct list_node *node = list_first(&process->threads);

    if (process->state != PROCESS_ALIVE) {
        return PROCESS_INFO_STATE_ENDING;
    }
    for (; node; node = list_next(&process->threads, node)) {
        struct thread *thread = container_of(node, struct thread, link);

        if (thread->state == THREAD_RUNNING || thread->state == THREAD_READY) {
            return PROCESS_INFO_STATE_RUNNING;
        }
    }
    return PROCESS_INFO_STATE_WAITING;
}

static void info_fill(struct process_info_builder entry,
                      const struct process *process)
{
    process_info_set_process_id(entry, process->id);
    process_info_set_parent_id(entry, process->parent_id);
    process_info_set_name(entry, info_text(process->name));
    process_info_set_threads(entry, process->threads_alive);
    process_info_set_caps(entry, process->caps.live);
    process_info_set_pages(entry, process->ledger ? ledger_used(
        process->ledger, LEDGER_PAGES) : 0);
    process_info_set_cpu_nanoseconds(entry, process->cpu_ns);
    process_info_set_state(entry, info_state(process));
}

static int32_t system_info_processes(
    void *self, struct server_call *call,
    struct system_info_processes_params_reader params,
    struct system_info_processes_results_builder results)
{
    uint32_t room = wire_builder_room(&call->builder);
    uint32_t fit = room < 8 ? 0 : (room - 8) / PROCESS_LISTED_BYTES;
    uint64_t after = system_info_processes_params_get_after(params);
    struct process *first = process_after(after);
    struct wire_builder_list list;
    uint32_t count = 0;

    (void)self;
    for (struct process *process = first; process && count < fit;
         process = process_next(process)) {
        count++;
    }
    list = system_info_processes_results_init_entries(results, count);
    for (uint32_t i = 0; i < count; i++) {
        info_fill(system_info_processes_results_entries_build(list, i),
                  first);
        first = process_next(first);
    }
    return 0;
}

static int32_t system_info_version(
    void *self, struct server_call *call,
    struct system_info_version_params_reader params,
    struct system_info_version_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    system_info_version_results_set_version(results,
                                            info_text(CAPOS_VERSION));
    system_info_version_results_set_machine(results,
                                            info_text(system_machine));
    return 0;
}

static const struct system_info_server system_info_handlers = {
    .processes = system_info_processes,
    .version = system_info_version,
};

static int32_t system_info_methods(struct object *object,
                                   struct kernel_call *call)
{
    return system_info_dispatch(&system_info_handlers, object, &call->server);
}

static const struct object_type system_info_type = {
    .interface_id = SYSTEM_INFO_INTERFACE_ID,
    .name = "system-info",
    .dispatch = system_info_methods,
    .destroy = root_destroy,
};

struct object *system_info_root(const char *machine)
{
    system_machine = machine;
    return root_init(&system_info_object, &system_info_type);
}
