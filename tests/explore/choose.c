/*
 * choose.c - what is chosen where there is a choice.
 *
 * Depth first, choices are levels, and the last one that has an alternative left
 * takes it in the next schedule. Of the alternatives at a point those are skipped
 * that are redundant as a whole (advance): whoever preempts there would do the
 * same as when it preempts at the actor's next point, which was tried before.
 * With priorities, the highest actor runs, and a few points lower the one that
 * runs. A replay is given its choices by name.
 */
#include <string.h>

#include "choose.h"

#define LEVELS_MAX 8192u /* choices in a schedule, depth first */
#define CHANGES_MAX 8u   /* of priorities in a schedule */

/*
 * What others do while an actor is preempted, a bit for each location (several
 * share one, so a conflict may be seen where there is none).
 */
#define FOOTPRINT_WORDS 32u
#define FOOTPRINT_UNIT 4u /* bytes */

struct footprint {
    uint64_t reads[FOOTPRINT_WORDS];
    uint64_t writes[FOOTPRINT_WORDS];
};

/* A choice in the depth-first search. */
struct level {
    uint8_t chosen;
    uint8_t count;
    uint8_t to[EXPLORE_ACTORS];
    /* At a point: who was to make which access; and what the others do then. */
    bool point;
    uint32_t actor;
    uint32_t offset;
    uint32_t bytes;
    uint32_t how;
    struct footprint others[EXPLORE_ACTORS]; /* by whom it is preempted for */
    /* The same of the next choice, if it is a point of this actor. */
    bool next_known[EXPLORE_ACTORS];
    struct footprint next[EXPLORE_ACTORS];
};

static struct level levels[LEVELS_MAX];
static uint32_t depth;
static uint32_t depth_known; /* levels that the search has decided */

static uint32_t change_at[CHANGES_MAX];
static uint32_t change_count;

static uint32_t replay_next[EXPLORE_ACTORS];

/* ------------------------------------------------------------ the searches */

void choose_start(void)
{
    depth = 0;
    memset(replay_next, 0, sizeof(replay_next));
}

void choose_restart(void)
{
    depth = 0;
    depth_known = 0;
}

/* True if the access that a point is before may conflict with what others do. */
static bool conflicts(const struct level *level,
                      const struct footprint *others)
{
    uint32_t last = (level->offset + level->bytes - 1) / FOOTPRINT_UNIT;

    for (uint32_t i = level->offset / FOOTPRINT_UNIT; i <= last; i++) {
        uint32_t word = i / 64 % FOOTPRINT_WORDS;
        uint64_t seen = others->writes[word];

        if (level->how & ACCESS_WRITE) {
            seen |= others->reads[word];
        }
        if (seen >> (i % 64) & 1) {
            return true;
        }
    }
    return false;
}

/*
 * The last level is done: the one before it, if it has gone on so far, learns
 * what others do if they preempt its actor at the next point.
 */
static void tell_parent(void)
{
    const struct level *level = &levels[depth - 1];
    struct level *parent = depth < 2 ? NULL : &levels[depth - 2];

    if (!parent || parent->chosen != 0 || !parent->point || !level->point ||
        parent->actor != level->actor) {
        return;
    }
    for (uint32_t i = 1; i < level->count; i++) {
        parent->next_known[level->to[i]] = true;
        parent->next[level->to[i]] = level->others[level->to[i]];
    }
}

/*
 * Takes the next alternative of a level. One is redundant as a whole if what the
 * others do when they preempt at the next point does not conflict with the
 * access at this point: then they do the same here.
 */
static bool advance(struct level *level)
{
    while (level->chosen + 1u < level->count) {
        uint32_t to = level->to[++level->chosen];

        if (!level->point || !level->next_known[to] ||
            conflicts(level, &level->next[to])) {
            return true;
        }
        level->others[to] = level->next[to];
        engine.skipped++;
    }
    return false;
}

bool choose_next(void)
{
    while (depth > 0) {
        if (advance(&levels[depth - 1])) {
            depth_known = depth;
            return true;
        }
        tell_parent();
        depth--;
    }
    return false;
}

static uint64_t random_next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
    return *seed >> 33;
}

void choose_draw(uint64_t seed, uint32_t changes, uint32_t points)
{
    seed = seed * 0x9e3779b97f4a7c15ull + 1;
    for (uint32_t i = 0; i < EXPLORE_ACTORS; i++) {
        actors[i].priority =
            100 + (uint32_t)(random_next(&seed) % 1000) * EXPLORE_ACTORS + i;
    }
    change_count = changes;
    for (uint32_t i = 0; i < changes; i++) {
        change_at[i] = (uint32_t)(random_next(&seed) % (points + 1));
    }
}

static uint32_t choose_search(const uint32_t *to, uint32_t count)
{
    if (count == 1) {
        return 0;
    }
    if (depth == LEVELS_MAX) {
        explore_fail("no end", "more than %u choices", LEVELS_MAX);
    }
    if (depth >= depth_known) {
        memset(&levels[depth], 0, sizeof(levels[depth]));
        levels[depth].count = (uint8_t)count;
        for (uint32_t i = 0; i < count; i++) {
            levels[depth].to[i] = (uint8_t)to[i];
        }
    }
    if (levels[depth].count != count) {
        explore_fail("explorer", "a schedule did not repeat");
    }
    return levels[depth++].chosen;
}

static uint32_t choose_random(const uint32_t *to, uint32_t count)
{
    uint32_t best = 0;

    for (uint32_t i = 0; i < change_count; i++) {
        if (change_at[i] == engine.points) {
            actors[explore_cpu].priority = i;
        }
    }
    for (uint32_t i = 1; i < count; i++) {
        if (actors[to[i]].priority > actors[to[best]].priority) {
            best = i;
        }
    }
    return best;
}

/* The next of the given choices, if it is for here. */
static uint32_t choose_replay(const uint32_t *to, uint32_t count,
                              uint64_t when)
{
    uint32_t *next = &replay_next[explore_cpu];

    for (; *next < engine.replay_count; ++*next) {
        const struct choice *choice = &engine.replay[*next];

        if (choice->actor != explore_cpu ||
            choice->when < when) {
            continue;
        }
        if (choice->when > when) {
            break;
        }
        ++*next;
        for (uint32_t i = 0; i < count; i++) {
            if (to[i] == choice->to) {
                return i;
            }
        }
        break;
    }
    return 0;
}

uint32_t choose(const uint32_t *to, uint32_t count, uint64_t when)
{
    uint32_t chosen = 0;

    if (engine.begun && !engine.calm && count > 1) {
        engine.points++;
        if (engine.mode == MODE_SEARCH) {
            chosen = choose_search(to, count);
        } else if (engine.mode == MODE_RANDOM) {
            chosen = choose_random(to, count);
        } else if (engine.mode == MODE_REPLAY) {
            chosen = choose_replay(to, count, when);
        }
    }
    if (chosen != 0 && engine.choice_count < ENGINE_DEPTH_MAX) {
        engine.choices[engine.choice_count++] = (struct choice){
            explore_cpu, to[chosen], when};
    }
    return to[chosen];
}

void choose_met(const struct actor *actor, uint32_t offset, uint32_t bytes,
                uint32_t how)
{
    struct footprint *footprint = &levels[actor->level].others[actor->to];
    uint32_t last = (offset + bytes - 1) / FOOTPRINT_UNIT;

    for (uint32_t i = offset / FOOTPRINT_UNIT; i <= last; i++) {
        uint64_t *words =
            how & ACCESS_WRITE ? footprint->writes : footprint->reads;

        words[i / 64 % FOOTPRINT_WORDS] |= 1ull << (i % 64);
    }
}

void choose_at_point(struct actor *self, uint32_t next)
{
    struct level *level;

    if (engine.mode != MODE_SEARCH || depth == 0) {
        return;
    }
    level = &levels[depth - 1];
    level->point = true;
    level->actor = explore_cpu;
    level->offset = self->offset;
    level->bytes = self->bytes;
    level->how = self->how;
    self->level = depth - 1;
    self->to = next;
}
