/*
 * sim_schedule.c - who runs next in lockstep, by the seed.
 *
 * Without --priorities every CPU that can run is as likely as the others. With
 * them (Burckhardt and others, "A randomized scheduler with probabilistic
 * guarantees of finding bugs", 2010) each CPU has a random priority, the
 * highest one runs, and at a few random moments the one that runs gets the
 * lowest: that finds bugs that need few switches at the right places. A CPU
 * that spins, or that has run long while others could, goes last as well, for
 * it may be waiting for them.
 *
 * The choices have a sequence of random numbers of their own: with one CPU
 * nothing is chosen, and the run is what it was without this file.
 */
#include "sim.h"

#define STRETCH_POINTS 16384u /* in which --priorities changes happen */
#define CHANGES_MAX 64u
#define LONG_RUN 16384u
#define HOG_TURN 64u /* one turn in so many for a CPU whose program hogs it */

static uint64_t sequence;

static uint32_t lowest; /* priority given last; they only go down */
static uint32_t point;  /* in this stretch */
static uint32_t changes[CHANGES_MAX];
static const struct sim_cpu *runs;
static uint32_t runs_points;

static uint32_t below(uint32_t limit)
{
    return (uint32_t)((sim_random_next(&sequence) >> 32) * limit >> 32);
}

static void draw_changes(void)
{
    point = 0;
    for (uint32_t i = 0; i < sim_options.priorities && i < CHANGES_MAX; i++) {
        changes[i] = below(STRETCH_POINTS);
    }
}

void sim_schedule_start(void)
{
    sequence = sim_options.seed ^ 0x5eedc0de5eedc0deull;
    lowest = UINT32_MAX / 2;
    if (sim_options.priorities == 0) {
        return;
    }
    for (uint32_t i = 0; i < hal_sim_cpu_count; i++) {
        hal_sim_cpus[i].priority =
            lowest + 1 + below(UINT32_MAX / 4); /* equal ones: the lower CPU */
    }
    draw_changes();
}

static void put_last(struct sim_cpu *cpu)
{
    cpu->priority = --lowest;
}

/* A moment passes: the one that runs may have to go last. */
static void pass_point(struct sim_cpu *cpu)
{
    for (uint32_t i = 0; i < sim_options.priorities && i < CHANGES_MAX; i++) {
        if (changes[i] == point) {
            put_last(cpu);
        }
    }
    if (++point == STRETCH_POINTS) {
        draw_changes();
    }
    runs_points = runs == cpu ? runs_points + 1 : 0;
    runs = cpu;
    if (runs_points == LONG_RUN) {
        runs_points = 0;
        put_last(cpu);
    }
}

static struct sim_cpu *highest(struct sim_cpu *const *ready, uint32_t count)
{
    struct sim_cpu *best = ready[0];

    for (uint32_t i = 1; i < count; i++) {
        if (ready[i]->priority > best->priority) {
            best = ready[i];
        }
    }
    return best;
}

struct sim_cpu *sim_schedule_choose(struct sim_cpu *const *ready,
                                    uint32_t count)
{
    if (count == 1) {
        return ready[0];
    }
    if (sim_options.priorities != 0) {
        pass_point(sim_cpu_self());
        return highest(ready, count);
    }
    struct sim_cpu *cpu = ready[below(count)];

    if (cpu->hogs && below(HOG_TURN) != 0) {
        cpu = ready[below(count)];
    }
    return cpu;
}

void sim_schedule_spins(struct sim_cpu *cpu)
{
    if (sim_options.priorities != 0) {
        put_last(cpu);
    }
}

bool sim_schedule_point(struct sim_cpu *cpu)
{
    (void)cpu;
    return sim_options.priorities != 0 ||
           (sim_options.switch_in != 0 && below(sim_options.switch_in) == 0);
}
