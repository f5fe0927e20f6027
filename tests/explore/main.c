/*
 * main.c - the explorer's command line.
 *
 * Every scenario is explored in a process of its own, some at a time. Exits with
 * 1 if a schedule failed or a space that had to be exhausted was not.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay.h"
#include "scenarios.h"
#include "search.h"

static const struct explore_scenario *const scenarios[] = {
#define SCENARIO_ENTRY(name) &scenario_##name,
    SCENARIOS(SCENARIO_ENTRY)
#undef SCENARIO_ENTRY
};

#define SCENARIO_COUNT (sizeof(scenarios) / sizeof(scenarios[0]))

static const char usage[] =
    "usage: explore [options] [SCENARIO[+general]...]\n"
    "  --list             names and what they are about\n"
    "  --bound N          all schedules with at most N preemptions (2)\n"
    "  --no-search        none of them\n"
    "  --seeds N          so many schedules of random priorities (1000)\n"
    "  --changes N        of priorities in each (3)\n"
    "  --seconds N        at most for a scenario (600)\n"
    "  --jobs N           scenarios at a time (1)\n"
    "  --directory DIR    where replay files go (.)\n"
    "  --replay FILE      run one failing schedule and print what happens\n"
    "  --verify           that each schedule begins at the same state\n";

#define GENERAL "+general"
#define NAME_BYTES sizeof(replay.scenario)

/* A scenario, and which way its entries go (explore_general). */
struct task {
    const struct explore_scenario *scenario;
    bool general;
};

static struct replay replay;

static void task_name(const struct task *task, char *name)
{
    (void)snprintf(name, NAME_BYTES, "%s%s", task->scenario->name,
                   task->general ? GENERAL : "");
}

static bool task_find(const char *wanted, struct task *task)
{
    for (size_t i = 0; i < 2 * SCENARIO_COUNT; i++) {
        char name[NAME_BYTES];

        *task = (struct task){scenarios[i / 2], i % 2};
        task_name(task, name);
        if (strcmp(name, wanted) == 0) {
            return true;
        }
    }
    return false;
}

/* All that there is to explore; returns how many. */
static size_t task_all(struct task *tasks)
{
    size_t count = 0;

    for (size_t i = 0; i < SCENARIO_COUNT; i++) {
        tasks[count++] = (struct task){scenarios[i], false};
        if (scenarios[i]->both) {
            tasks[count++] = (struct task){scenarios[i], true};
        }
    }
    return count;
}

/* ---------------------------------------------------------------------- replay */

static int run_replay(const char *path)
{
    struct task task;

    if (!replay_read(path, &replay)) {
        return 2;
    }
    if (!task_find(replay.scenario, &task)) {
        fprintf(stderr, "%s: no scenario %s\n", path, replay.scenario);
        return 2;
    }
    explore_general = task.general;
    if (replay.program != replay_program()) {
        fprintf(stderr, "%s was written by another build of the explorer; "
                        "its choices may mean something else here\n", path);
    }
    if (!search_prepare(task.scenario)) {
        fprintf(stderr, "setup: %s\n", engine.text);
        return 2;
    }
    race_learn();
    if (search_replay(replay.choices, replay.count, true) != RESULT_FAILED) {
        printf("the schedule does not fail\n");
        return 1;
    }
    printf("%s: %s: ", replay.scenario, engine.kind);
    replay_print(engine.text);
    printf("\n");
    return strcmp(engine.kind, replay.kind) == 0 ? 0 : 1;
}

/* --------------------------------------------------------------------- explore */

/* A schedule has failed: makes it small, and a file of it. */
static void keep_failure(const char *name, const char *directory)
{
    char path[512];
    uint32_t before = engine.choice_count;

    printf("%s: FAILED: %s: ", name, engine.kind);
    replay_print(engine.text);
    printf("\n");
    (void)snprintf(replay.scenario, sizeof(replay.scenario), "%s", name);
    (void)snprintf(replay.kind, sizeof(replay.kind), "%s", engine.kind);
    replay.program = replay_program();
    replay.count = before;
    memcpy(replay.choices, engine.choices,
           before * sizeof(replay.choices[0]));
    if (search_replay(replay.choices, replay.count, false) != RESULT_FAILED) {
        printf("%s: it does not repeat from its %u choices\n", name, before);
        return;
    }
    replay.count =
        search_shrink(replay.choices, replay.count, replay.kind);
    (void)snprintf(path, sizeof(path), "%s/%s.schedule", directory, name);
    if (!replay_write(path, &replay)) {
        perror(path);
        return;
    }
    printf("%s: %u choices, shrunk to %u\nrepeat: %s --replay %s\n", name,
           before, replay.count, program_invocation_name, path);
}

static int explore(const struct task *task,
                   const struct search_options *options)
{
    struct search_report report;
    char name[NAME_BYTES];

    task_name(task, name);
    explore_general = task->general;
    if (!search_prepare(task->scenario)) {
        printf("%s: the setup fails: ", name);
        replay_print(engine.text);
        printf("\n");
        return 1;
    }
    search_run(options, &report);
    if (report.failed) {
        keep_failure(name, options->directory);
    }
    printf("%-24s %u CPUs: ", name, task->scenario->cpus);
    if (options->bound != UINT32_MAX) {
        printf("%llu schedules (%llu redundant, %llu skipped) at bound %u, "
               "%s, ",
               (unsigned long long)report.schedules,
               (unsigned long long)report.redundant,
               (unsigned long long)report.skipped, engine.bound,
               report.exhausted ? "exhausted" : "NOT exhausted");
    }
    printf("%llu random; up to %u points; %u passes, %.1f s: %s\n",
           (unsigned long long)report.random, report.points_max,
           report.passes, report.seconds, report.failed ? "FAILED" : "ok");
    return report.failed ||
           (options->bound != UINT32_MAX && !report.exhausted);
}

/* Runs the tasks, `jobs` at a time; true if all were good. */
static bool explore_all(const struct task *list, size_t count,
                        const struct search_options *options, size_t jobs)
{
    size_t running = 0;
    bool good = true;

    for (size_t i = 0; i < count || running > 0;) {
        int status;

        if (i < count && running < jobs) {
            pid_t child;

            (void)fflush(stdout);
            child = fork();
            if (child == 0) {
                int result = explore(&list[i], options);

                (void)fflush(stdout);
                _exit(result);
            }
            good = good && child > 0;
            running += child > 0;
            i++;
            continue;
        }
        (void)wait(&status);
        running--;
        if (WIFSIGNALED(status)) {
            printf("a scenario ended by signal %d\n", WTERMSIG(status));
        }
        good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return good;
}

static const struct option long_options[] = {
    {"list", no_argument, NULL, 'l'},
    {"bound", required_argument, NULL, 'b'},
    {"no-search", no_argument, NULL, 'n'},
    {"seeds", required_argument, NULL, 's'},
    {"changes", required_argument, NULL, 'c'},
    {"seconds", required_argument, NULL, 't'},
    {"jobs", required_argument, NULL, 'j'},
    {"directory", required_argument, NULL, 'd'},
    {"replay", required_argument, NULL, 'r'},
    {"verify", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

static uint32_t number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*end || end == text || value >= UINT32_MAX) {
        fprintf(stderr, "%s is not a number\n", text);
        exit(2);
    }
    return (uint32_t)value;
}

static void list_scenarios(void)
{
    for (size_t i = 0; i < SCENARIO_COUNT; i++) {
        printf("%-24s %s\n", scenarios[i]->name, scenarios[i]->about);
    }
}

/* One option; false: it was not one. */
static bool take_option(int letter, struct search_options *options,
                        size_t *jobs)
{
    switch (letter) {
    case 'b':
        options->bound = number(optarg);
        return true;
    case 'n':
        options->bound = UINT32_MAX;
        return true;
    case 's':
        options->seeds = number(optarg);
        return true;
    case 'c':
        options->changes = number(optarg) % 8;
        return true;
    case 't':
        options->seconds_max = number(optarg);
        return true;
    case 'j':
        *jobs = number(optarg) ? number(optarg) : 1;
        return true;
    case 'd':
        options->directory = optarg;
        return true;
    case 'v':
        options->verify = true;
        return true;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    struct search_options options = {.bound = 2,
                                     .seeds = 1000,
                                     .changes = 3,
                                     .seconds_max = 600,
                                     .directory = "."};
    struct task chosen[2 * SCENARIO_COUNT];
    size_t count = 0;
    size_t jobs = 1;
    int letter;

    while ((letter = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (letter == 'l') {
            list_scenarios();
            return 0;
        }
        if (letter == 'r') {
            return run_replay(optarg);
        }
        if (!take_option(letter, &options, &jobs)) {
            fputs(usage, stderr);
            return 2;
        }
    }
    for (; optind < argc && count < 2 * SCENARIO_COUNT; optind++) {
        if (!task_find(argv[optind], &chosen[count++])) {
            fprintf(stderr, "no scenario %s\n", argv[optind]);
            return 2;
        }
    }
    if (count == 0) {
        count = task_all(chosen);
    }
    return explore_all(chosen, count, &options, jobs) ? 0 : 1;
}
