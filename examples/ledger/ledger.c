/*
 * ledger - who pays, and who dies with whom.
 *
 * Every process has a Ledger: what it may hold of each kind, and what it holds.
 * The limits of a child are taken from the ledger that pays for it. Whoever owns
 * a ledger takes with him, when he ends, all who are paid from below it; a job
 * that is to outlive its shell is paid from elsewhere.
 *
 * Arguments make this program one of the others: the shell, or one of its jobs.
 */
#include "capos.h"
#include "spawn.h"
#include "usage.h"

#define PAGES 10u
#define JOB_KEPT 1u  /* bit of the job that outlives its shell */
#define JOB_LOST 2u  /* bit of the job that does not */
#define NAP_NS 2000000ull

static struct usage now(uint64_t ledger)
{
    struct usage usage;

    if (usage_read(ledger, &usage) < 0) {
        check(false, "a ledger says what it holds");
    }
    return usage;
}

static uint64_t self(void)
{
    return capset_need("self-ledger", LEDGER_INTERFACE_ID);
}

static void sleep_ns(uint64_t nanoseconds)
{
    timer_sleep(rt(), capset_need("timer", TIMER_INTERFACE_ID), nanoseconds);
}

/* ------------------------------------------------------------ shell and jobs */

/* Waits until it is told to go on, and says that it is still there. */
static int job(uint64_t bit)
{
    uint64_t bits = 0;

    notification_wait(rt(), capset_need("go", NOTIFICATION_INTERFACE_ID),
                      &bits);
    return notification_signal(
        rt(), capset_need("done", NOTIFICATION_INTERFACE_ID), bit);
}

static bool job_start(uint64_t bit, uint64_t ledger)
{
    static const char *const argument = "job";
    const struct spawn_grant grants[] = {{"console", capset_find("console", 0)},
                                         {"go", capset_find("go", 0)},
                                         {"done", capset_find("done", 0)}};
    const struct spawn spawn = {.program = "ledger",
                                .name = bit == JOB_KEPT ? "kept" : "lost",
                                .args = &argument,
                                .arg_count = 1,
                                .grants = grants,
                                .grant_count = 3,
                                .words = {bit},
                                .ledger = ledger,
                                .pages_max = 100,
                                .tables_max = 12,
                                .virtual_max = 1000,
                                .threads_max = 1,
                                .caps_max = 12,
                                .rings_max = 12,
                                .calls_max = 64,
                                .objects_max = 20000,
                                .weight_max = 1024};
    struct spawned spawned;

    if (capos_spawn(&spawn, &spawned, NULL) < 0) {
        return false;
    }
    cap_release(spawned.process);
    return true;
}

/* Starts a job of its own and one that others pay for, and ends. */
static int shell(void)
{
    uint64_t jobs = capset_need("jobs", LEDGER_INTERFACE_ID);

    check(job_start(JOB_LOST, 0), "the shell starts a job of its own");
    check(job_start(JOB_KEPT, jobs), "and one that another ledger pays");
    return check_status();
}

/* -------------------------------------------------------------------- checks */

static void check_usage(void)
{
    uint64_t frames = capset_need("frames", FRAME_ALLOCATOR_INTERFACE_ID);
    struct usage before = now(self());
    struct usage after;
    uint64_t memory = CAP_NONE;
    bool within = true;

    for (uint32_t i = 0; i < before.count; i++) {
        within = within && before.kinds[i].used <= before.kinds[i].limit &&
                 before.kinds[i].limit < UINT64_MAX / 2;
        con_print("  kind: %s\n", before.kinds[i].name);
    }
    check(within, "everything has a limit, and nothing is over it");
    check(frame_allocator_allocate(rt(), frames, PAGES, &memory) == 0,
          "memory is allocated");
    after = now(self());
    check(usage_used(&after, "pages") == usage_used(&before, "pages") + PAGES &&
              usage_used(&after, "caps") == usage_used(&before, "caps") + 1 &&
              usage_used(&after, "objects") > usage_used(&before, "objects"),
          "pages, a capability and what the kernel needs for it are charged");
    cap_release(memory);
    after = now(self());
    check(usage_difference(&before, &after) == NULL, "and all come back");
}

static int32_t below(uint64_t ledger, uint64_t pages, uint64_t *child)
{
    uint64_t memory[64];
    struct rpc_buffer buffer;
    struct process_limits_builder limits;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    limits = ledger_create_params_init_limits(ledger_create_begin(&buffer));
    process_limits_set_pages(limits, pages);
    process_limits_set_processes(limits, 2);
    return ledger_create(rt(), ledger, &buffer, child);
}

static void check_delegation(void)
{
    struct usage before = now(self());
    const struct usage_kind *pages = usage_find(&before, "pages");
    uint64_t child = CAP_NONE;
    uint64_t none = CAP_NONE;
    struct usage after;

    check(below(self(), pages->limit, &none) < 0,
          "a ledger cannot give what it has not left");
    after = now(self());
    check(usage_difference(&before, &after) == NULL,
          "and the attempt took nothing");
    check(below(self(), 300, &child) == 0, "a ledger below");
    after = now(self());
    check(usage_used(&after, "pages") == pages->used + 300,
          "its limit is taken from the one above");
    after = now(child);
    check(usage_used(&after, "pages") == 0 &&
              usage_find(&after, "pages")->limit == 300,
          "it is empty");
    check(below(child, 301, &none) < 0 && below(child, 300, &none) == 0 &&
              below(child, 1, &none) < 0,
          "the same holds below it");
    cap_release(none);
    cap_release(child);
    after = now(self());
    check(usage_difference(&before, &after) == NULL,
          "what was taken comes back when nobody holds it");
}

static bool shell_run(uint64_t jobs, uint64_t go, uint64_t done)
{
    static const char *const argument = "shell";
    const struct spawn_grant grants[] = {
        {"console", capset_find("console", 0)},
        {"go", go},
        {"spawner", capset_find("spawner", 0)},
        {"package", capset_find("package", 0)},
        {"jobs", jobs},
        {"done", done}};
    const struct spawn spawn = {.program = "ledger",
                                .name = "shell",
                                .args = &argument,
                                .arg_count = 1,
                                .grants = grants,
                                .grant_count = 6,
                                .pages_max = 400,
                                .tables_max = 50,
                                .virtual_max = 20000,
                                .threads_max = 4,
                                .caps_max = 60,
                                .processes_max = 4,
                                .rings_max = 40,
                                .calls_max = 300,
                                .objects_max = 90000,
                                .weight_max = 4096};
    struct spawned spawned;
    struct spawn_end end;

    return capos_spawn(&spawn, &spawned, NULL) == 0 &&
           spawn_wait(&spawned, &end) == 0 && end.how == EXIT_KIND_EXITED &&
           end.code == 0;
}

/* The allocator keeps what a spawn has needed once: have that behind us. */
static void rehearse(void)
{
    static const char *const argument = "nothing";
    const struct spawn spawn = {.program = "ledger",
                                .args = &argument,
                                .arg_count = 1};
    struct spawned spawned;
    struct spawn_end end;

    check(capos_spawn(&spawn, &spawned, NULL) == 0 &&
              spawn_wait(&spawned, &end) == 0,
          "a child takes its defaults");
}

static void check_subtree(void)
{
    uint64_t factory =
        capset_need("notifications", NOTIFICATION_FACTORY_INTERFACE_ID);
    uint64_t done = CAP_NONE;
    uint64_t go = CAP_NONE;
    uint64_t jobs = CAP_NONE;
    uint64_t bits = 0;
    struct usage before = now(self());
    struct usage after;

    notification_factory_create(rt(), factory, &done);
    notification_factory_create(rt(), factory, &go);
    below(self(), 200, &jobs);
    if (!check(shell_run(jobs, go, done), "a shell ends")) {
        return;
    }
    after = now(jobs);
    check(usage_used(&after, "processes") > 0,
          "the job that others pay for is still there");
    notification_signal(rt(), go, 1);
    notification_wait(rt(), done, &bits);
    check(bits == JOB_KEPT, "it does its work");
    while (after = now(jobs), usage_used(&after, "processes") > 0) {
        sleep_ns(NAP_NS);
    }
    notification_signal(rt(), go, 1); /* nobody is left to take it */
    sleep_ns(NAP_NS);
    notification_signal(rt(), done, 4);
    notification_wait(rt(), done, &bits);
    check(bits == 4, "the shell's own job went with it");
    cap_release(jobs);
    cap_release(done);
    cap_release(go);
    check(usage_settle(self(), &before, &after) == NULL,
          "and the ledger is as it was");
}

int main(int argc, char **argv)
{
    if (argc > 1 && text_equal(argv[1], "shell")) {
        return shell();
    }
    if (argc > 1 && text_equal(argv[1], "job")) {
        return job(process_start()->words[0]);
    }
    if (argc > 1) {
        return 0;
    }
    check_usage();
    check_delegation();
    rehearse();
    check_subtree();
    return check_status();
}
