/*
 * process-scale - many processes work at the same problem.
 *
 * The primes below a limit are counted by children (this same program, told
 * by the words of its start block which share is its own): child i of n takes
 * every n-th piece of numbers, so that all shares are equally hard, and exits
 * with what it found. More CPUs make it faster: the time is printed.
 * Usage: process-scale [CHILDREN [LIMIT]].
 */
#include "capos.h"
#include "spawn.h"

#include "primes.h"
#include "../common/number.h"

#define CHILDREN 4u
#define CHILDREN_MAX 64u
#define LIMIT 3000000u
#define US 1000ull

static uint64_t now(void)
{
    uint64_t nanoseconds = 0;

    timer_now(rt(), capset_need("timer", TIMER_INTERFACE_ID), &nanoseconds);
    return nanoseconds;
}

/* Counts one share. The exit code is what was found. */
static int child(void)
{
    static struct primes primes;
    const uint64_t *words = process_start()->words;
    uint32_t limit = (uint32_t)words[2];
    uint32_t step = (uint32_t)words[1] * PRIMES_PIECE;
    uint32_t found = 0;

    primes_init(&primes);
    for (uint32_t first = (uint32_t)words[0] * PRIMES_PIECE; first < limit;
         first += step) {
        uint32_t end = first + PRIMES_PIECE;

        found += primes_count(&primes, first, end < limit ? end : limit);
        ring_yield(ring_self());
    }
    return (int)found;
}

static bool start(struct spawned *spawned, uint32_t index, uint32_t count,
                  uint32_t limit)
{
    struct spawn spawn = {.program = "process-scale",
                          .words = {index, count, limit}};

    return capos_spawn(&spawn, spawned, NULL) == 0;
}

/* Starts them all and adds up what they found; returns how many did their part. */
static uint32_t run(uint32_t count, uint32_t limit, uint64_t *found)
{
    static struct spawned children[CHILDREN_MAX];
    struct spawn_end end;
    uint32_t started = 0;
    uint32_t good = 0;

    while (started < count &&
           start(&children[started], started, count, limit)) {
        started++;
    }
    *found = 0;
    for (uint32_t i = 0; i < started; i++) {
        if (spawn_wait(&children[i], &end) == 0 &&
            end.how == EXIT_KIND_EXITED) {
            *found += (uint64_t)end.code;
            good++;
        }
    }
    return good;
}

int main(int argc, char **argv)
{
    uint32_t count = number_argument(argc, argv, 1, CHILDREN, CHILDREN_MAX);
    uint32_t limit =
        number_argument(argc, argv, 2, LIMIT, PRIMES_LIMIT_MAX);
    uint64_t found = 0;
    uint64_t begin_ns;
    uint32_t good;

    if (process_start()->words[1] != 0) {
        return child();
    }
    begin_ns = now();
    good = run(count, limit, &found);
    check(good == count &&
              (primes_known(limit) == 0 || found == primes_known(limit)),
          "%u processes found %llu primes below %u", count,
          (unsigned long long)found, limit);
    con_print("  %llu us with %u processes\n",
              (unsigned long long)((now() - begin_ns) / US), count);
    return check_status();
}
