/*
 * thread-scale - many threads, made, working together, and joined.
 *
 * A crowd of threads is alive at once and meets at a barrier. Then a team
 * counts primes, each thread taking the next piece of numbers from a shared
 * counter. Then threads come and go one after the other, to see that nothing of
 * them is left. Usage: thread-scale [CROWD [TEAM [LIMIT]]], primes below LIMIT
 * (a multiple of 100).
 */
#include "capos.h"
#include "sync_barrier.h"

#define CROWD 50u
#define TEAM 4u
#define LIMIT 20000u
#define LIMIT_PRIMES 2262u /* primes below LIMIT */
#define PIECE 100u
#define PASSERS 300u
#define CROWD_MAX 512u
#define TEAM_MAX 64u
#define LIMIT_MAX 100000000u

static struct barrier barrier;
static sync_u32 last_ones;

static void meet(void *argument)
{
    (void)argument;
    if (barrier_wait(&barrier)) {
        sync_add(&last_ones, 1);
    }
}

/* Joins them all; how many ended well. */
static uint32_t join(struct thread **threads, uint32_t count)
{
    uint32_t good = 0;

    for (uint32_t i = 0; i < count; i++) {
        int64_t code = -1;

        good += thread_join(threads[i], &code) == 0 && code == 0;
    }
    return good;
}

static void check_crowd(uint32_t crowd)
{
    static struct thread *threads[CROWD_MAX];
    uint32_t started = 0;

    barrier.threads = crowd;
    while (started < crowd &&
           thread_start(&threads[started], meet, NULL) == 0) {
        started++;
    }
    if (check(started == crowd, "%u threads alive at once", crowd)) {
        check(join(threads, crowd) == crowd && sync_load(&last_ones) == 1,
              "they met and were joined");
    }
}

static uint32_t limit = LIMIT;
static sync_u32 next_piece;
static sync_u32 primes;

static bool prime(uint32_t number)
{
    for (uint32_t divisor = 3; divisor * divisor <= number; divisor += 2) {
        if (number % divisor == 0) {
            return false;
        }
    }
    return number > 1 && (number == 2 || number % 2);
}

static void count(void *argument)
{
    uint32_t piece;

    (void)argument;
    while ((piece = sync_add(&next_piece, PIECE)) < limit) {
        uint32_t found = 0;

        for (uint32_t i = 0; i < PIECE; i++) {
            found += prime(piece + i);
        }
        sync_add(&primes, found);
        ring_yield(ring_self());
    }
}

static void check_team(uint32_t team)
{
    struct thread *threads[TEAM_MAX];
    uint32_t joined;

    for (uint32_t i = 0; i < team; i++) {
        if (thread_start(&threads[i], count, NULL) < 0) {
            team = i;
        }
    }
    joined = join(threads, team);
    check(joined == team &&
              (limit != LIMIT || sync_load(&primes) == LIMIT_PRIMES),
          "%u threads found %u primes below %u", team, sync_load(&primes),
          limit);
}

static sync_u32 passed;

static void pass(void *argument)
{
    (void)argument;
    sync_add(&passed, 1);
}

static void check_passers(void)
{
    uint32_t joined = 0;

    for (uint32_t i = 0; i < PASSERS; i++) {
        struct thread *thread;

        if (thread_start(&thread, pass, NULL) < 0) {
            break;
        }
        joined += join(&thread, 1);
    }
    check(joined == PASSERS && sync_load(&passed) == PASSERS,
          "%u threads came and went", PASSERS);
}

/* What an argument says, at most most; usual if it is not there or 0. */
static uint32_t number(const char *text, uint32_t usual, uint32_t most)
{
    uint32_t value = 0;

    for (; text != NULL && *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (uint32_t)(*text - '0');
    }
    if (value == 0) {
        return usual;
    }
    return value < most ? value : most;
}

int main(int argc, char **argv)
{
    limit = number(argc > 3 ? argv[3] : NULL, LIMIT, LIMIT_MAX);
    check_crowd(number(argc > 1 ? argv[1] : NULL, CROWD, CROWD_MAX));
    check_team(number(argc > 2 ? argv[2] : NULL, TEAM, TEAM_MAX));
    check_passers();
    return check_status();
}
