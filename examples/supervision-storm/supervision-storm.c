/*
 * supervision-storm - services, clients and parents of clients are killed at
 * random moments under load; the others go on, and nothing of the dead is left.
 *
 * Clients call two supervised services without a pause, one of which is a
 * client of the other. After each kill of a service every client must be served
 * by it again. What the system holds with all clients gone and new services is
 * compared before and after. Usage: supervision-storm [KILLS [SEED]].
 */
#include "load.h"
#include "../common/number.h"
#include "../common/processes.h"

#define KILLS 20u
#define KILLS_MAX 100000u
#define WARM_KILLS 6u
#define NAP_US 3000u
#define SERVED_MS 5000u /* within which every client must be served again */
#define SETTLE_MS 10u
#define SETTLE_ROUNDS 200u

struct storm {
    uint64_t random;
    struct load_line *lines;
    struct spawned clients[CLIENTS];
    struct spawned parent;
    uint32_t killed_services;
    uint32_t killed_clients;
    uint32_t killed_parents;
    uint32_t wrong;
};

static uint32_t random_below(struct storm *storm, uint32_t limit)
{
    uint64_t value = storm->random += 0x9e3779b97f4a7c15ull;

    value = (value ^ value >> 31) * 0xd6e8feb86659fd93ull;
    value = (value ^ value >> 29) * 0xd6e8feb86659fd93ull;
    return (uint32_t)((value ^ value >> 32) % limit);
}

static void nap(uint64_t length_ns)
{
    timer_sleep(rt(), capset_need("timer", TIMER_INTERFACE_ID), length_ns);
}

/* -------------------------------------------------------------------- kills */

/* Kills and waits; anything but an end by that is wrong. */
static void kill_child(struct storm *storm, struct spawned *child)
{
    struct spawn_end end;

    process_handle_kill(rt(), child->process, KILL_CODE);
    if (spawn_wait(child, &end) < 0 || end.how != EXIT_KIND_KILLED ||
        end.code != KILL_CODE) {
        storm->wrong++;
    }
}

static void start_child(struct storm *storm, struct spawned *child,
                        enum load_role role, uint64_t line)
{
    storm->wrong += load_spawn(child, role, line) < 0;
}

/* Kills the process of a service as soon as there is one. */
static bool kill_service(enum load_service which)
{
    uint64_t control = capset_need("services", SERVICE_CONTROL_INTERFACE_ID);
    const char *name = load_service_names[which];
    struct wire_text text = {name, (uint32_t)text_length(name)};

    for (uint32_t i = 0; i < SERVED_MS; i++) {
        CAP_AUTO process = CAP_NONE;
        uint64_t memory[64];
        struct rpc_buffer buffer;

        rpc_buffer_init(&buffer, memory, sizeof(memory));
        if (service_control_open(rt(), control, text, &buffer, &process) ==
            0) {
            return process_handle_kill(rt(), process, KILL_CODE) == 0;
        }
        nap(MS);
    }
    return false;
}

/* True when each client was served by that service twice more: the first may
 * have been the last answer of the one that died. */
static bool served_again(const struct storm *storm, enum load_service which)
{
    uint32_t before[LINES];
    uint32_t line = 0;

    for (uint32_t i = 0; i < LINES; i++) {
        before[i] = sync_load(&storm->lines[i].served[which]);
    }
    for (uint32_t i = 0; i < 10 * SERVED_MS; i++) {
        while (line < LINES &&
               sync_load(&storm->lines[line].served[which]) - before[line] >=
                   2) {
            line++;
        }
        if (line == LINES) {
            return true;
        }
        nap(MS / 10);
    }
    return false;
}

static void kill_something(struct storm *storm)
{
    uint32_t what = random_below(storm, 8);
    uint32_t client = random_below(storm, CLIENTS);

    nap(random_below(storm, 1 + random_below(storm, NAP_US)) * US);
    if (what == 0) {
        kill_child(storm, &storm->parent);
        start_child(storm, &storm->parent, LOAD_PARENT, CLIENTS);
        storm->killed_parents++;
    } else if (what <= 2) {
        kill_child(storm, &storm->clients[client]);
        start_child(storm, &storm->clients[client], LOAD_CLIENT, client);
        storm->killed_clients++;
    } else {
        enum load_service which = what & 1 ? LOAD_ECHO : LOAD_RELAY;

        storm->wrong += !kill_service(which) || !served_again(storm, which);
        storm->killed_services++;
    }
}

/* From the first client's start to the last one's end. */
static void blow(struct storm *storm, uint32_t kills)
{
    for (uint32_t i = 0; i < CLIENTS; i++) {
        start_child(storm, &storm->clients[i], LOAD_CLIENT, i);
    }
    start_child(storm, &storm->parent, LOAD_PARENT, CLIENTS);
    while (storm->killed_services < kills && storm->wrong == 0) {
        kill_something(storm);
    }
    kill_child(storm, &storm->parent);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        kill_child(storm, &storm->clients[i]);
    }
}

/* -------------------------------------------------------------------- leaks */

/*
 * Frames that are free or of the kernel's heap: how many that has depends on the order
 * of what was in it, for it is never packed; what lies there the ledgers count to the
 * byte.
 */
struct holding {
    uint64_t free_pages;
    uint64_t init_pages;
    uint32_t init_caps;
    uint32_t processes;
};

/* Init has no parent. */
static void holding_add(void *context, struct process_info_reader info)
{
    struct holding *holding = context;

    if (process_info_get_parent_id(info) == 0) {
        holding->init_pages = process_info_get_pages(info);
        holding->init_caps = process_info_get_caps(info);
    }
}

static struct holding holding_now(void)
{
    uint64_t system = capset_need("system", SYSTEM_INFO_INTERFACE_ID);
    uint64_t frames = capset_need("frames", FRAME_ALLOCATOR_INTERFACE_ID);
    struct holding holding = {.free_pages = 0};
    uint64_t heap_pages = 0;

    holding.processes = processes_each(holding_add, &holding);
    frame_allocator_info(rt(), frames, NULL, &holding.free_pages, NULL, NULL);
    system_info_heap(rt(), system, &heap_pages);
    holding.free_pages += heap_pages;
    return holding;
}

static bool holding_equal(const struct holding *a, const struct holding *b)
{
    return a->free_pages == b->free_pages && a->init_pages == b->init_pages &&
           a->init_caps == b->init_caps && a->processes == b->processes;
}

/* New instances of both services, which have answered once. */
static void services_anew(struct storm *storm)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < LOAD_SERVICES; i++) {
        struct client client;

        storm->wrong += !kill_service(i);
        nap(SETTLE_MS * MS);
        storm->wrong +=
            client_open(&client, load_service_names[i], ECHO_INTERFACE_ID) <
                0 ||
            client_call(&client, echo_add, 1, 2, &sum) < 0;
        client_close(&client);
    }
}

/* What is held when nothing changes any more. */
static struct holding holding_settled(struct storm *storm)
{
    struct holding now;
    struct holding before;
    uint32_t rounds = 0;

    services_anew(storm);
    now = holding_now();
    do {
        before = now;
        nap(SETTLE_MS * MS);
        now = holding_now();
    } while (!holding_equal(&before, &now) && rounds++ < SETTLE_ROUNDS);
    return now;
}

static void check_leaks(struct storm *storm, const struct holding *before)
{
    struct holding after = holding_settled(storm);

    for (uint32_t i = 0;
         i < SETTLE_ROUNDS && !holding_equal(before, &after); i++) {
        nap(SETTLE_MS * MS);
        after = holding_now();
    }
    check(after.processes == before->processes, "no process is left");
    check(after.init_caps == before->init_caps &&
              after.init_pages == before->init_pages,
          "nothing is left in init");
    if (!check(after.free_pages == before->free_pages, "no frame is left")) {
        con_print("    free or the kernel's: %llu before, %llu after\n",
                  (unsigned long long)before->free_pages,
                  (unsigned long long)after.free_pages);
    }
}

/* --------------------------------------------------------------------- main */

static void check_storm(struct storm *storm, uint32_t kills)
{
    uint32_t sums[4] = {0};
    struct holding before;

    blow(storm, WARM_KILLS);
    before = holding_settled(storm);
    storm->killed_services = storm->killed_clients = storm->killed_parents = 0;
    blow(storm, kills);
    for (uint32_t i = 0; i < LINES; i++) {
        sums[0] += sync_load(&storm->lines[i].served[LOAD_ECHO]) +
                   sync_load(&storm->lines[i].served[LOAD_RELAY]);
        sums[1] += sync_load(&storm->lines[i].reconnected);
        sums[2] += sync_load(&storm->lines[i].wrong);
        sums[3] += sync_load(&storm->lines[i].failed);
    }
    con_print("  killed: %u services, %u clients, %u parents\n",
              storm->killed_services, storm->killed_clients,
              storm->killed_parents);
    con_print("  %u answers, %u reconnections, %u calls gave up\n", sums[0],
              sums[1], sums[3]);
    check(storm->wrong == 0, "after each kill every client was served again");
    check(sums[0] > 0 && sums[1] >= kills && sums[2] == 0,
          "clients were disconnected, found the next instance, and no answer "
          "was wrong");
    check_leaks(storm, &before);
    check(storm->wrong == 0, "and the services still serve");
}

static int watch(int argc, char **argv)
{
    uint64_t frames = capset_need("frames", FRAME_ALLOCATOR_INTERFACE_ID);
    static struct storm storm;
    uint32_t seed;

    __builtin_memcpy(&seed, process_start()->random, sizeof(seed));
    storm.random = number_argument(argc, argv, 2, seed, UINT32_MAX);
    con_print("  seed %u\n", (uint32_t)storm.random);
    if (!check(frame_allocator_allocate(rt(), frames, 1, &load_shared) == 0 &&
                   (storm.lines = load_lines()) != NULL,
               "a page to count in")) {
        return check_status();
    }
    check_storm(&storm, (uint32_t)number_argument(argc, argv, 1, KILLS,
                                         KILLS_MAX));
    return check_status();
}

int main(int argc, char **argv)
{
    const struct start_block *start = process_start();

    switch (start->words[0]) {
    case LOAD_CLIENT:
        return load_client(start->words[1]);
    case LOAD_PARENT:
        return load_parent(start->words[1]);
    default:
        return argc > 1 && text_equal(argv[1], "relay") ? load_relay()
                                                        : watch(argc, argv);
    }
}
