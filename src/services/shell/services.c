/*
 * services.c - the commands that look after services and processes: services,
 * restart, stop, kill.
 *
 * A process can be killed by who holds a handle of it: the shell's own children,
 * handles that call has kept, and, through its ServiceControl, services.
 */
#include "names.h"
#include "services.h"
#include "shell.h"

#define LIST_BYTES 8192u

static uint64_t list_memory[LIST_BYTES / 8];

static const char *state_name(enum service_info_state state)
{
    static const char *const names[] = {"idle",     "waiting", "starting",
                                        "ready",    "backoff", "ended",
                                        "given up", "stopped"};

    return (uint32_t)state < SERVICE_INFO_STATE_COUNT ? names[state] : "?";
}

static const char *policy_name(enum restart_policy_when when)
{
    static const char *const names[] = {"never", "on failure", "always"};

    return (uint32_t)when < RESTART_POLICY_WHEN_COUNT ? names[when] : "?";
}

void services_each(const char *command,
                   bool (*visit)(void *context,
                                 struct service_info_reader info),
                   void *context)
{
    uint64_t control =
        shell_need(command, "services", SERVICE_CONTROL_INTERFACE_ID);
    uint32_t start = 0;
    struct wire_list list;

    if (control == CAP_NONE) {
        return;
    }
    do {
        struct service_control_list_results_reader results;
        struct rpc_buffer buffer;
        int32_t status;

        rpc_buffer_init(&buffer, list_memory, sizeof(list_memory));
        status = service_control_list(rt(), control, start, &buffer, &results);
        if (status < 0) {
            con_fail(command, status);
            return;
        }
        list = service_control_list_results_get_entries(results);
        for (uint32_t i = 0; i < list.count; i++) {
            if (!visit(context,
                       service_control_list_results_entries_at(list, i))) {
                return;
            }
        }
        start += list.count;
    } while (list.count > 0);
}

static bool show(void *context, struct service_info_reader info)
{
    uint64_t id = service_info_get_process_id(info);
    char process[24] = "-";

    (void)context;
    if (id != 0) {
        fmt_format(process, sizeof(process), "%llu", (unsigned long long)id);
    }
    con_print("%-20s %-9s %5s %8u %s\n", service_info_get_name(info).bytes,
              state_name(service_info_get_state(info)), process,
              service_info_get_restarts(info),
              policy_name(service_info_get_policy(info)));
    return true;
}

void command_services(uint32_t argc, char **argv)
{
    (void)argc;
    if (capset_find("services", SERVICE_CONTROL_INTERFACE_ID) != CAP_NONE) {
        con_print("NAME                 STATE       PID RESTARTS RESTARTED\n");
    }
    services_each(argv[0], show, NULL);
}

/* Asks for one service by name: what restart and stop have in common. */
static void ask(uint32_t argc, char **argv, uint16_t method)
{
    uint64_t control =
        shell_need(argv[0], "services", SERVICE_CONTROL_INTERFACE_ID);
    uint64_t memory[64];
    struct rpc_buffer buffer;
    struct wire_text name;
    int32_t status;

    if (control == CAP_NONE) {
        return;
    }
    if (argc != 2) {
        con_print("%s: which service? \"services\" lists them\n", argv[0]);
        return;
    }
    name = (struct wire_text){argv[1], (uint32_t)text_length(argv[1])};
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    status = method == SERVICE_CONTROL_METHOD_RESTART
                 ? service_control_restart(rt(), control, name, &buffer)
                 : service_control_stop(rt(), control, name, &buffer);
    if (status == ERR_EXCEPTION_TRUNCATED) {
        con_print("%s: \"%s\" is no service that can be asked that; "
                  "\"services\" lists them\n",
                  argv[0], argv[1]);
    } else if (status < 0) {
        con_fail(argv[0], status);
    }
}

void command_restart(uint32_t argc, char **argv)
{
    ask(argc, argv, SERVICE_CONTROL_METHOD_RESTART);
}

void command_stop(uint32_t argc, char **argv)
{
    ask(argc, argv, SERVICE_CONTROL_METHOD_STOP);
}

/* --------------------------------------------------------------------- kill */

/* A number from 1 on; 0 for anything else. */
static uint64_t id_parse(const char *text)
{
    uint64_t value = 0;

    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || value > UINT64_MAX / 10 - 1) {
            return 0;
        }
        value = value * 10 + (uint64_t)(*text - '0');
    }
    return value;
}

/* A kept handle of that process, or CAP_NONE. */
static uint64_t kept_process(uint64_t id)
{
    struct named_cap found;

    for (uint32_t i = names_kept_from(); names_at(i, &found); i++) {
        uint64_t its_id = 0;

        if (found.interface_id == PROCESS_HANDLE_INTERFACE_ID &&
            process_handle_info(rt(), found.cap, &its_id, NULL, NULL) == 0 &&
            its_id == id) {
            return found.cap;
        }
    }
    return CAP_NONE;
}

struct search {
    uint64_t id;
    uint64_t process;
};

static bool open_if(void *context, struct service_info_reader info)
{
    uint64_t control =
        capset_find("services", SERVICE_CONTROL_INTERFACE_ID);
    struct search *search = context;
    uint64_t memory[64];
    struct rpc_buffer buffer;

    if (service_info_get_process_id(info) != search->id) {
        return true;
    }
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    service_control_open(rt(), control, service_info_get_name(info), &buffer,
                         &search->process);
    return false;
}

/* A handle of the service that runs as that process; the caller releases it. */
static uint64_t service_process(uint64_t id)
{
    struct search search = {id, CAP_NONE};

    if (capset_find("services", SERVICE_CONTROL_INTERFACE_ID) != CAP_NONE) {
        services_each("kill", open_if, &search);
    }
    return search.process;
}

void command_kill(uint32_t argc, char **argv)
{
    uint64_t id = argc == 2 ? id_parse(argv[1]) : 0;
    CAP_AUTO opened = CAP_NONE;
    uint64_t process;

    if (id == 0) {
        con_print("kill: which process? Give one number; \"ps\" shows them\n");
        return;
    }
    process = shell_job_process(id);
    if (process == CAP_NONE) {
        process = kept_process(id);
    }
    if (process == CAP_NONE) {
        process = opened = service_process(id);
    }
    if (process == CAP_NONE) {
        con_print("kill: this shell has no handle of a process %llu: it can "
                  "kill services and\nwhat it has started itself\n",
                  (unsigned long long)id);
        return;
    }
    process_handle_kill(rt(), process, 0);
}
