/* search.c - the searches, and shrinking what they find (search.h). */
#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "choose.h"
#include "fiber.h"

#define SHRINK_SECONDS 120.0
#define LEARN_SEEDS 100u /* schedules that only teach which locations matter */

const struct explore_scenario *explore_scenario;

/* Where every schedule begins. */
static struct {
    struct actor actors[EXPLORE_ACTORS];
    uint32_t cpu;
    struct fiber_copy stacks[2 * FIBERS_MAX];
    uint32_t count;
} origin;

static uint32_t points_usual; /* of choice, for change points */

static double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void origin_save(void)
{
    void *at[FIBERS_MAX * 2];
    uint32_t count = machine_stacks(at);

    for (uint32_t i = 0; i < engine.cpus; i++) {
        at[count++] = actors[i].at;
    }
    for (uint32_t i = 0; i < count; i++) {
        origin.stacks[i] = fiber_save(at[i]);
    }
    origin.count = count;
    origin.cpu = explore_cpu;
    memcpy(origin.actors, actors, sizeof(actors));
    state_save();
}

static void origin_restore(void)
{
    state_restore();
    for (uint32_t i = 0; i < origin.count; i++) {
        fiber_restore(&origin.stacks[i]);
    }
    explore_cpu = origin.cpu;
    memcpy(actors, origin.actors, sizeof(actors));
    machine_start();
}

static void cpu_fiber(void)
{
    machine_cpu();
    abort();
}

bool search_prepare(const struct explore_scenario *scenario)
{
    enum engine_result result;

    explore_scenario = scenario;
    engine.cpus = scenario->cpus;
    state_init();
    race_init();
    fiber_init();
    for (uint32_t i = 0; i < scenario->cpus; i++) {
        actors[i].at = fiber_make(i, cpu_fiber);
        actors[i].state = i == 0 ? ACTOR_RUNS : ACTOR_WAITS;
    }
    result = schedule_run(MODE_SETUP);
    if (result != RESULT_BEGUN) {
        (void)snprintf(engine.kind, sizeof(engine.kind), "%s", "setup");
        return false;
    }
    engine.begun = true;
    origin_save();
    return true;
}

static enum engine_result run(enum engine_mode mode)
{
    origin_restore();
    return schedule_run(mode);
}

/* ------------------------------------------------------------------- searches */

static enum engine_result run_random(uint64_t seed, uint32_t changes)
{
    origin_restore();
    choose_draw(seed, changes, points_usual);
    return schedule_run(MODE_RANDOM);
}

/* What several CPUs touch, seen in some schedules. True: one failed. */
static bool learn(void)
{
    if (run(MODE_FIRST) == RESULT_FAILED) {
        return true;
    }
    for (uint32_t seed = 0; seed < LEARN_SEEDS; seed++) {
        race_learn();
        points_usual = engine.points;
        if (run_random(seed, 2) == RESULT_FAILED) {
            return true;
        }
    }
    race_learn();
    return false;
}

static bool pass(const struct search_options *options,
                 struct search_report *report, double end)
{
    report->schedules = report->redundant = 0;
    engine.skipped = 0;
    report->passes++;
    choose_restart();
    do {
        enum engine_result result = run(MODE_SEARCH);

        if (options->verify) {
            state_restore();
            if (!state_restored()) {
                abort();
            }
        }
        report->schedules += result != RESULT_REDUNDANT;
        report->redundant += result == RESULT_REDUNDANT;
        if (engine.points > report->points_max) {
            report->points_max = engine.points;
        }
        if (result == RESULT_FAILED) {
            report->failed = true;
            return false;
        }
        if (now() > end) {
            return false;
        }
    } while (choose_next());
    report->skipped = engine.skipped;
    return true;
}

void search_run(const struct search_options *options,
                struct search_report *report)
{
    double start = now();

    memset(report, 0, sizeof(*report));
    engine.bound = options->bound;
    if (explore_scenario->bound_max &&
        explore_scenario->bound_max < options->bound) {
        engine.bound = explore_scenario->bound_max;
    }
    report->failed = learn();
    for (uint64_t seed = 1; seed <= options->seeds && !report->failed;
         seed++) {
        report->failed =
            run_random(seed << 16, options->changes) == RESULT_FAILED;
        report->random++;
    }
    if (options->bound != UINT32_MAX) {
        while (!report->failed &&
               pass(options, report, start + options->seconds_max)) {
            if (!race_learnt()) {
                report->exhausted = true;
                break;
            }
            race_learn();
        }
    }
    report->seconds = now() - start;
}

/* ---------------------------------------------------------- one schedule again */

enum engine_result search_replay(const struct choice *choices, uint32_t count,
                                 bool trace)
{
    enum engine_result result;

    engine.replay = choices;
    engine.replay_count = count;
    engine.trace = trace;
    result = run(MODE_REPLAY);
    engine.trace = false;
    return result;
}

static bool fails(const struct choice *choices, uint32_t count,
                  const char *kind)
{
    return search_replay(choices, count, false) == RESULT_FAILED &&
           strcmp(engine.kind, kind) == 0;
}

/* Without the piece from `from` on: true if it still fails, then it is gone. */
static bool cut(struct choice *choices, uint32_t *count, uint32_t from,
                uint32_t piece, const char *kind)
{
    static struct choice rest[ENGINE_DEPTH_MAX];
    uint32_t end = from + piece < *count ? from + piece : *count;
    uint32_t left = *count - (end - from);

    memcpy(rest, choices, from * sizeof(*rest));
    memcpy(rest + from, choices + end, (*count - end) * sizeof(*rest));
    if (!fails(rest, left, kind)) {
        return false;
    }
    memcpy(choices, rest, left * sizeof(*rest));
    *count = left;
    return true;
}

uint32_t search_shrink(struct choice *choices, uint32_t count,
                       const char *kind)
{
    double end = now() + SHRINK_SECONDS;
    uint32_t piece = count;

    while (piece > 0 && now() < end) {
        bool smaller = false;

        for (uint32_t from = 0; from < count && now() < end;) {
            if (cut(choices, &count, from, piece, kind)) {
                smaller = true;
            } else {
                from += piece;
            }
        }
        if (piece == 1 && smaller) {
            continue;
        }
        piece = piece / 2;
    }
    return count;
}
