/* system_info.c - SystemInfo: what runs, for people. */
#include "mem/heap.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "proc/process.h"
#include "sched/run.h"
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

/* True if one of its threads runs or could. */
static bool info_running(struct process *process)
{
    struct list_node *node;
    bool running = false;

    lock_acquire(&process->lock);
    for (node = list_first(&process->threads); node && !running;
         node = list_next(&process->threads, node)) {
        uint32_t state =
            sync_load(&container_of(node, struct thread, link)->state);

        running = state == THREAD_RUNNING || state == THREAD_READY;
    }
    lock_release(&process->lock);
    return running;
}

static uint16_t info_state(struct process *process)
{
    if (process_state(process) != PROCESS_ALIVE) {
        return PROCESS_INFO_STATE_ENDING;
    }
    return info_running(process) ? PROCESS_INFO_STATE_RUNNING
                                 : PROCESS_INFO_STATE_WAITING;
}

/* Time that threads of a process have run, those that run now included. */
static uint64_t info_cpu_ns(struct process *process)
{
    uint64_t ran_ns = process_ran_ns(process);
    struct run_look look;

    for (uint32_t i = 0; i < cpu_count(); i++) {
        run_look(&cpus[i], &look);
        ran_ns += look.process == process->id ? look.running_ns : 0;
    }
    return ran_ns;
}

static void info_fill(struct process_info_builder entry,
                      struct process *process)
{
    process_info_set_process_id(entry, process->id);
    process_info_set_parent_id(entry, process->parent_id);
    process_info_set_name(entry, info_text(process->name));
    process_info_set_threads(entry, sync_load(&process->threads_alive));
    process_info_set_caps(entry, sync_load(&process->caps.live));
    process_info_set_pages(
        entry, ledger_used_itself(process->ledger, LEDGER_PAGES));
    process_info_set_cpu_nanoseconds(entry, info_cpu_ns(process));
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
    struct wire_builder_list list;
    struct process *first;
    uint32_t count = 0;

    (void)self;
    process_list_lock();
    first = process_after(after);
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
    process_list_unlock();
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

static void cpu_fill(struct cpu_info_builder entry, uint32_t number)
{
    struct run_look look;
    uint64_t now_ns;

    run_look(&cpus[number], &look);
    now_ns = hal_time_now();
    cpu_info_set_number(entry, number);
    cpu_info_set_queued(entry, look.queued);
    cpu_info_set_busy_nanoseconds(entry, look.busy_ns);
    cpu_info_set_idle_nanoseconds(
        entry, now_ns > look.busy_ns ? now_ns - look.busy_ns : 0);
    cpu_info_set_thread_id(entry, look.thread);
    cpu_info_set_process_id(entry, look.process);
}

static int32_t system_info_cpus(
    void *self, struct server_call *call,
    struct system_info_cpus_params_reader params,
    struct system_info_cpus_results_builder results)
{
    uint32_t room = wire_builder_room(&call->builder);
    uint32_t fit = room < 8 ? 0 : (room - 8) / CPU_INFO_BYTES;
    uint32_t start = system_info_cpus_params_get_start(params);
    uint32_t count = start < cpu_count() ? cpu_count() - start : 0;
    struct wire_builder_list list;

    (void)self;
    count = count < fit ? count : fit;
    list = system_info_cpus_results_init_entries(results, count);
    for (uint32_t i = 0; i < count; i++) {
        cpu_fill(system_info_cpus_results_entries_build(list, i), start + i);
    }
    return 0;
}

/* Of a class that does not exist the heap says how many pages it has. */
static int32_t system_info_heap(void *self, struct server_call *call,
                                struct system_info_heap_params_reader params,
                                struct system_info_heap_results_builder results)
{
    uint64_t pages;

    (void)self;
    (void)call;
    (void)params;
    (void)heap_use(UINT32_MAX, &pages);
    system_info_heap_results_set_pages(results, pages);
    return 0;
}

static const struct system_info_server system_info_handlers = {
    .processes = system_info_processes,
    .version = system_info_version,
    .cpus = system_info_cpus,
    .heap = system_info_heap,
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

static void system_info_start(const struct root_start *start)
{
    system_machine = start->boot->machine;
}

const struct root system_info_root = {
    .name = "system",
    .object = &system_info_object,
    .type = &system_info_type,
    .start = system_info_start,
};
