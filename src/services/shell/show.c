/* show.c - the commands that show something: ps, caps, time. */
#include "capos.schema.gen.h"
#include "exception.h"
#include "names.h"
#include "shell.h"

#define SHOW_BUFFER_BYTES 8192u

/* One buffer for all: the shell has one thread and runs one command. */
static uint64_t show_memory[SHOW_BUFFER_BYTES / 8];

const char *shell_state_name(enum process_info_state state)
{
    switch (state) {
    case PROCESS_INFO_STATE_RUNNING:
        return "running";
    case PROCESS_INFO_STATE_WAITING:
        return "waiting";
    case PROCESS_INFO_STATE_ENDING:
        return "ending";
    }
    return "?";
}

static void process_show(struct process_info_reader info)
{
    uint64_t microseconds = process_info_get_cpu_nanoseconds(info) / 1000;

    con_print("%5llu %6llu %7u %5u %7llu KiB %4llu.%06llu s %-8s %s\n",
              (unsigned long long)process_info_get_process_id(info),
              (unsigned long long)process_info_get_parent_id(info),
              process_info_get_threads(info), process_info_get_caps(info),
              (unsigned long long)process_info_get_pages(info) * PAGE_SIZE /
                  1024,
              (unsigned long long)(microseconds / 1000000),
              (unsigned long long)(microseconds % 1000000),
              shell_state_name(process_info_get_state(info)),
              process_info_get_name(info).bytes);
}

void command_ps(uint32_t argc, char **argv)
{
    uint64_t system = shell_need("ps", "system", SYSTEM_INFO_INTERFACE_ID);
    uint64_t after = 0;
    struct wire_list list;

    (void)argc;
    (void)argv;
    if (system == CAP_NONE) {
        return;
    }
    con_print("  PID PARENT THREADS  CAPS      MEMORY      CPU TIME STATE    "
              "NAME\n");
    do {
        struct system_info_processes_results_reader results;
        struct rpc_buffer buffer;
        int32_t status;

        rpc_buffer_init(&buffer, show_memory, sizeof(show_memory));
        status = system_info_processes(rt(), system, after, &buffer, &results);
        if (status < 0) {
            con_fail("ps", status);
            return;
        }
        list = system_info_processes_results_get_entries(results);
        for (uint32_t i = 0; i < list.count; i++) {
            struct process_info_reader info =
                system_info_processes_results_entries_at(list, i);

            process_show(info);
            after = process_info_get_process_id(info);
        }
    } while (list.count > 0);
}

static void cap_show(struct cap_entry_reader entry)
{
    uint64_t cap = cap_entry_get_cap(entry);
    uint64_t id = cap_entry_get_interface_id(entry);
    const struct schema_interface *iface =
        schema_find_interface(&capos_schema, id);
    const char *name = names_of(cap);

    if (name == NULL) {
        con_print("%4u.%-3u %s\n", (uint32_t)cap, (uint32_t)(cap >> 32),
                  iface != NULL ? iface->name : "?");
        return;
    }
    con_print("%4u.%-3u %-18s %s\n", (uint32_t)cap, (uint32_t)(cap >> 32),
              iface != NULL ? iface->name : "?", name);
}

void command_caps(uint32_t argc, char **argv)
{
    uint64_t self =
        shell_need("caps", "self-caps", CAPABILITY_MANAGER_INTERFACE_ID);
    uint32_t next = 0;

    (void)argc;
    (void)argv;
    if (self == CAP_NONE) {
        return;
    }
    con_print("    CAP  INTERFACE          NAME\n");
    do {
        struct capability_manager_list_results_reader results;
        struct rpc_buffer buffer;
        struct wire_list list;
        int32_t status;

        rpc_buffer_init(&buffer, show_memory, sizeof(show_memory));
        status = capability_manager_list(rt(), self, next, &buffer, &results);
        if (status < 0) {
            con_fail("caps", status);
            return;
        }
        list = capability_manager_list_results_get_entries(results);
        for (uint32_t i = 0; i < list.count; i++) {
            cap_show(capability_manager_list_results_entries_at(list, i));
        }
        next = capability_manager_list_results_get_next(results);
    } while (next != 0);
}

void command_time(uint32_t argc, char **argv)
{
    uint64_t timer = shell_need("time", "timer", TIMER_INTERFACE_ID);
    uint64_t now = 0;
    int32_t status;

    (void)argc;
    (void)argv;
    if (timer == CAP_NONE) {
        return;
    }
    status = timer_now(rt(), timer, &now);
    if (status < 0) {
        con_fail("time", status);
        return;
    }
    con_print("%llu.%09llu s since boot\n",
              (unsigned long long)(now / 1000000000),
              (unsigned long long)(now % 1000000000));
}
