/*
 * storm.h - what the parts of kill-storm share.
 *
 * The program is three in one; the words of its start block say which:
 *   kill-storm.c  the watcher (words are 0): starts storms, looks for leaks
 *   storm.c       a storm: spawns victims and kills them
 *   victim.c, victim_calls.c  a victim: does one of many things until it is
 *                 killed, or ends by itself
 */
#ifndef CAPOS_EXAMPLES_STORM_H
#define CAPOS_EXAMPLES_STORM_H

#include "capos.h"
#include "spawn.h"

#define US 1000ull
#define MS 1000000ull
#define STORM_KILL_CODE 9

enum storm_role {
    STORM_WATCHER = 0,
    STORM_STORM = 1,  /* words[1] seed, words[2] duration in ms */
    STORM_VICTIM = 2, /* words[1] seed, words[2] enum victim_kind */
};

/* What a victim does. */
enum victim_kind {
    VICTIM_CALLER,  /* has calls in flight, queued and delivered */
    VICTIM_SERVER,  /* receives calls and answers late or never */
    VICTIM_PARKER,  /* threads parked on private and on shared words */
    VICTIM_MAPPER,  /* threads that map, protect and unmap */
    VICTIM_SLEEPER, /* many timers at a time */
    VICTIM_THREADS, /* threads that come and go in every way */
    VICTIM_PARENT,  /* children that are killed, or die with it */
    VICTIM_KINDS,
};

/* A sequence of numbers that follows from its seed; of one thread. */
struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
    uint64_t value = random->state += 0x9e3779b97f4a7c15ull;

    value = (value ^ value >> 31) * 0xd6e8feb86659fd93ull;
    value = (value ^ value >> 29) * 0xd6e8feb86659fd93ull;
    return value ^ value >> 32;
}

/* 0 to below limit. */
static inline uint32_t random_below(struct random *random, uint32_t limit)
{
    return (uint32_t)(random_next(random) % limit);
}

/* Starts a victim with all that the caller was granted itself. 0 or an ERR_*. */
int32_t storm_spawn(struct spawned *spawned, enum victim_kind kind,
                    uint64_t seed);

/*
 * Kills, in one of several ways, and waits. ERR_INVALID: it did not end by that
 * kill or by its own exit with 0; or another ERR_*.
 */
int32_t storm_kill(struct random *random, struct spawned *spawned);

/* Waits up to below_us microseconds, mostly less, sometimes not at all. */
void storm_nap(struct random *random, uint32_t below_us);

/* A storm from beginning to end; the exit code. */
int storm_main(uint64_t seed, uint64_t duration_ms);

/* A victim from beginning to end; the exit code. */
int victim_main(uint64_t seed, enum victim_kind kind);

/* One round of a victim's life, of those that are in victim_calls.c. */
void victim_call(struct random *random);
void victim_sleep(struct random *random);
int victim_serve(struct random *random);

#endif
