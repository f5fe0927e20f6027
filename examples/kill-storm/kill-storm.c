/*
 * kill-storm - processes are spawned and killed at random, whatever they are
 * doing; nothing of them is left.
 *
 * A storm (storm.c) is a process whose threads spawn victims and kill them,
 * for some time; a second storm is killed itself in the middle, and its victims
 * die with it. The watcher compares what the system holds before and after.
 * Usage: kill-storm [MILLISECONDS [SEED]]; the seed that decides all choices
 * is printed.
 */
#include "storm.h"
#include "../common/number.h"
#include "../common/processes.h"

#define MILLISECONDS 1000u
#define MILLISECONDS_MAX 3600000u
#define WARM_MS 20u
#define SETTLE_MS 10u
#define SETTLE_ROUNDS 200u

/* What the system and this process hold. */
struct holding {
    uint64_t free_pages; /* or of the kernel's heap, which is never packed */
    uint64_t used_pages; /* of this process and below */
    uint32_t caps;       /* of this process */
    uint32_t processes;
};

static uint32_t count_caps(void)
{
    static uint64_t memory[1024];
    uint64_t self =
        capset_need("self-caps", CAPABILITY_MANAGER_INTERFACE_ID);
    uint32_t next = 0;
    uint32_t count = 0;

    do {
        struct capability_manager_list_results_reader results;
        struct rpc_buffer buffer;

        rpc_buffer_init(&buffer, memory, sizeof(memory));
        if (capability_manager_list(rt(), self, next, &buffer, &results) < 0) {
            return 0;
        }
        count += capability_manager_list_results_get_entries(results).count;
        next = capability_manager_list_results_get_next(results);
    } while (next != 0);
    return count;
}

static struct holding holding_now(void)
{
    uint64_t frames = capset_need("frames", FRAME_ALLOCATOR_INTERFACE_ID);
    struct holding holding = {.caps = count_caps(),
                              .processes = processes_each(NULL, NULL)};
    uint64_t heap_pages = 0;

    frame_allocator_info(rt(), frames, NULL, &holding.free_pages, NULL,
                         &holding.used_pages);
    system_info_heap(rt(), capset_find("system", SYSTEM_INFO_INTERFACE_ID),
                     &heap_pages);
    holding.free_pages += heap_pages;
    return holding;
}

static bool holding_equal(const struct holding *a, const struct holding *b)
{
    return a->free_pages == b->free_pages && a->used_pages == b->used_pages &&
           a->caps == b->caps && a->processes == b->processes;
}

/* What is held when nothing is on its way any more. */
static struct holding holding_settled(void)
{
    uint64_t timer = capset_need("timer", TIMER_INTERFACE_ID);
    struct holding now = holding_now();
    struct holding before;

    do {
        before = now;
        timer_sleep(rt(), timer, SETTLE_MS * MS);
        now = holding_now();
    } while (!holding_equal(&before, &now));
    return now;
}

/*
 * Checks that all is as before. What other CPUs may still look at is freed when
 * they have left the kernel, a moment later.
 */
static void check_holding(const struct holding *before)
{
    uint64_t timer = capset_need("timer", TIMER_INTERFACE_ID);
    struct holding after = holding_now();

    for (uint32_t i = 0;
         i < SETTLE_ROUNDS && !holding_equal(before, &after); i++) {
        timer_sleep(rt(), timer, SETTLE_MS * MS);
        after = holding_now();
    }
    check(after.processes == before->processes, "no process is left");
    check(after.caps == before->caps, "no capability is left");
    if (!check(after.free_pages == before->free_pages &&
                   after.used_pages == before->used_pages,
               "no frame is left")) {
        con_print("    free: %llu before, %llu after; charged: %llu, %llu\n",
                  (unsigned long long)before->free_pages,
                  (unsigned long long)after.free_pages,
                  (unsigned long long)before->used_pages,
                  (unsigned long long)after.used_pages);
    }
}

/* Starts a storm; if kill, it is killed when half of its time has passed. */
static bool run_storm(uint64_t seed, uint64_t duration_ms, bool kill)
{
    static const char *const names[] = {"console", "timer",   "frames",
                                        "spawner", "package", "endpoints"};
    struct spawn_grant grants[sizeof(names) / sizeof(names[0])];
    struct spawn spawn = {.program = "kill-storm",
                          .name = "storm",
                          .grants = grants,
                          .grant_count = sizeof(names) / sizeof(names[0]),
                          .words = {STORM_STORM, seed, duration_ms},
                          .pages_max = 5000,
                          .tables_max = 600,
                          .virtual_max = 400000,
                          .threads_max = 150,
                          .processes_max = 60,
                          .caps_max = 1500,
                          .rings_max = 800,
                          .calls_max = 7000,
                          .objects_max = 1500000,
                          .weight_max = 300000};
    struct spawned spawned;
    struct spawn_end end;
    char text[96];

    for (uint32_t i = 0; i < spawn.grant_count; i++) {
        grants[i] = (struct spawn_grant){names[i], capset_need(names[i], 0)};
    }
    if (capos_spawn(&spawn, &spawned, NULL) < 0) {
        return false;
    }
    if (kill) {
        timer_sleep(rt(), capset_need("timer", TIMER_INTERFACE_ID),
                    duration_ms * MS / 2);
        process_handle_kill(rt(), spawned.process, STORM_KILL_CODE);
    }
    if (spawn_wait(&spawned, &end) < 0) {
        return false;
    }
    if (kill ? end.how == EXIT_KIND_KILLED && end.code == STORM_KILL_CODE
             : end.how == EXIT_KIND_EXITED && end.code == 0) {
        return true;
    }
    con_print("    the storm %s\n", spawn_end_text(&end, text, sizeof(text)));
    return false;
}

static void check_storms(uint64_t seed, uint64_t duration_ms)
{
    struct holding before;

    /* What the kernel keeps for itself is there after a first one. */
    run_storm(seed, WARM_MS, false);
    before = holding_settled();
    check(run_storm(seed, duration_ms, false), "a storm blew over");
    check_holding(&before);
    check(run_storm(~seed, duration_ms / 10, true),
          "another one was cut short");
    check_holding(&before);
}

int main(int argc, char **argv)
{
    const struct start_block *start = process_start();
    uint64_t duration_ms = number_argument(argc, argv, 1, MILLISECONDS,
                                  MILLISECONDS_MAX);
    uint32_t seed;

    switch (start->words[0]) {
    case STORM_STORM:
        return storm_main(start->words[1], start->words[2]);
    case STORM_VICTIM:
        return victim_main(start->words[1],
                           (enum victim_kind)start->words[2]);
    default:
        __builtin_memcpy(&seed, start->random, sizeof(seed));
        seed = (uint32_t)number_argument(argc, argv, 2, seed, UINT32_MAX);
        con_print("  seed %u\n", seed);
        check_storms(seed, duration_ms);
        return check_status();
    }
}
