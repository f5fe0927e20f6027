/*
 * system-info - what a program is told of the whole system, if it was granted that.
 *
 * SystemInfo only tells; who holds it can neither end nor change anything with it.
 * The program finds itself among the processes, and what it takes shows there.
 */
#include "capos.h"
#include "spawn.h"

static uint64_t info;

/* What there is to see of one process. */
struct seen {
    uint32_t processes;
    bool ordered; /* ids rise */
    bool found;
    uint64_t parent;
    uint32_t threads;
    uint32_t caps;
    uint64_t pages;
    uint64_t cpu_ns;
};

static void seen_add(struct seen *seen, struct process_info_reader entry,
                     uint64_t wanted)
{
    seen->processes++;
    if (process_info_get_process_id(entry) == wanted) {
        seen->found = process_info_get_state(entry) !=
                      PROCESS_INFO_STATE_ENDING;
        seen->parent = process_info_get_parent_id(entry);
        seen->threads = process_info_get_threads(entry);
        seen->caps = process_info_get_caps(entry);
        seen->pages = process_info_get_pages(entry);
        seen->cpu_ns = process_info_get_cpu_nanoseconds(entry);
    }
}

/* Goes through all of them, as many at a time as fit words. */
static struct seen look(uint64_t wanted, uint32_t words)
{
    uint64_t memory[1024];
    struct seen seen = {.ordered = true};
    struct wire_list list = {.count = 1};
    uint64_t after = 0;

    while (list.count > 0) {
        struct system_info_processes_results_reader results;
        struct rpc_buffer buffer;

        rpc_buffer_init(&buffer, memory, words * sizeof(memory[0]));
        if (system_info_processes(rt(), info, after, &buffer, &results) < 0) {
            break;
        }
        list = system_info_processes_results_get_entries(results);
        for (uint32_t i = 0; i < list.count; i++) {
            struct process_info_reader entry =
                system_info_processes_results_entries_at(list, i);
            uint64_t id = process_info_get_process_id(entry);

            seen.ordered &= id > after;
            after = id;
            seen_add(&seen, entry, wanted);
        }
    }
    return seen;
}

static void check_processes(void)
{
    uint64_t self = process_start()->process_id;
    struct seen first = look(1, 1024);
    struct seen mine = look(self, 1024);
    struct seen pieces = look(self, 32);

    check(first.found && first.parent == 0, "the first process has no parent");
    check(mine.found && mine.parent == 1 && mine.threads == 1 &&
              mine.caps > 0 && mine.pages > 0,
          "this one has, and it has a thread, capabilities and pages");
    check(mine.ordered && pieces.ordered && pieces.found &&
              pieces.processes == mine.processes,
          "a few at a time are as many as all at once");
}

/* A capability, a page and a process more. */
static void check_changes(void)
{
    const struct spawn spawn = {.program = "hello"};
    uint64_t self = process_start()->process_id;
    struct seen before = look(self, 1024);
    struct spawned child;
    struct spawn_end end;
    uint64_t memory = CAP_NONE;
    struct seen after;

    frame_allocator_allocate(rt(), capset_need("frames", 0), 3, &memory);
    after = look(self, 1024);
    check(after.caps == before.caps + 1 && after.pages == before.pages + 3 &&
              after.cpu_ns >= before.cpu_ns,
          "three pages and their capability show");
    cap_release(memory);
    if (check(capos_spawn(&spawn, &child, NULL) == 0, "a child")) {
        uint64_t id = child.id;

        check(spawn_wait(&child, &end) == 0 && !look(id, 1024).found,
              "who has ended is not listed any more");
    }
    check(look(self, 1024).caps == before.caps, "and all is as it was");
}

static void check_cpus(void)
{
    uint64_t memory[512];
    struct system_info_cpus_results_reader results;
    struct rpc_buffer buffer;
    struct wire_list list;
    uint32_t runs_me = 0;
    bool numbered = true;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    system_info_cpus(rt(), info, 0, &buffer, &results);
    list = system_info_cpus_results_get_entries(results);
    for (uint32_t i = 0; i < list.count; i++) {
        struct cpu_info_reader cpu = system_info_cpus_results_entries_at(list, i);

        numbered &= cpu_info_get_number(cpu) == i;
        runs_me += cpu_info_get_thread_id(cpu) == process_start()->thread_id;
    }
    check(list.count > 0 && numbered, "the CPUs, in order");
    check(runs_me == 1, "one of them runs this thread");
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    system_info_cpus(rt(), info, list.count, &buffer, &results);
    list = system_info_cpus_results_get_entries(results);
    check(list.count == 0, "there are none beyond");
}

static void check_machine(void)
{
    uint64_t memory[64];
    struct system_info_version_results_reader results;
    struct rpc_buffer buffer;
    struct wire_text machine = {.length = 0};
    struct wire_text version = {.length = 0};
    uint64_t pages = 0;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    if (system_info_version(rt(), info, &buffer, &results) == 0) {
        version = system_info_version_results_get_version(results);
        machine = system_info_version_results_get_machine(results);
    }
    check(version.length > 0 && machine.length > 0,
          "the kernel's version, and the machine that it runs on");
    check(system_info_heap(rt(), info, &pages) == 0 && pages > 0,
          "and how many frames its own structures take");
}

int main(void)
{
    info = capset_need("system", SYSTEM_INFO_INTERFACE_ID);
    check_machine();
    check_cpus();
    check_processes();
    check_changes();
    return check_status();
}
