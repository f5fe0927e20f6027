/*
 * thread-scale - many threads, made, working together, and joined.
 *
 * A crowd of threads is alive at once and meets at a barrier. Then a team
 * counts primes, each thread taking the next piece of numbers from a shared
 * counter; more CPUs make it faster: the time is printed. Then threads come and
 * go one after the other, to see that nothing of them is left.
 * Usage: thread-scale [CROWD [TEAM [LIMIT [PASSERS]]]], primes below LIMIT.
 */
#include "capos.h"
#include "sync_barrier.h"

#include "../process-scale/primes.h"
#include "../common/number.h"

#define CROWD 50u
#define TEAM 4u
#define LIMIT 20000u
#define PASSERS 300u
#define CROWD_MAX 512u
#define TEAM_MAX 64u
#define US 1000ull

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
static struct primes primes;
static sync_u32 next_piece;
static sync_u32 found;

static uint64_t now(void)
{
    uint64_t nanoseconds = 0;

    timer_now(rt(), capset_need("timer", TIMER_INTERFACE_ID), &nanoseconds);
    return nanoseconds;
}

static void count(void *argument)
{
    uint32_t first;
    uint32_t mine = 0;

    (void)argument;
    while ((first = sync_add(&next_piece, PRIMES_PIECE)) < limit) {
        uint32_t end = first + PRIMES_PIECE;

        mine += primes_count(&primes, first, end < limit ? end : limit);
        ring_yield(ring_self());
    }
    sync_add(&found, mine);
}

static void check_team(uint32_t team)
{
    struct thread *threads[TEAM_MAX];
    uint64_t begin_ns = now();
    uint32_t joined;
    uint32_t started = 0;

    primes_init(&primes);
    while (started < team &&
           thread_start(&threads[started], count, NULL) == 0) {
        started++;
    }
    joined = join(threads, started);
    check(joined == team && (primes_known(limit) == 0 ||
                             sync_load(&found) == primes_known(limit)),
          "%u threads found %u primes below %u", joined, sync_load(&found),
          limit);
    con_print("  %llu us with %u threads\n",
              (unsigned long long)((now() - begin_ns) / US), team);
}

static sync_u32 passed;

static void pass(void *argument)
{
    (void)argument;
    sync_add(&passed, 1);
}

static void check_passers(uint32_t count)
{
    uint32_t joined = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct thread *thread;

        if (thread_start(&thread, pass, NULL) < 0) {
            break;
        }
        joined += join(&thread, 1);
    }
    check(joined == count && sync_load(&passed) == count,
          "%u threads came and went", count);
}

int main(int argc, char **argv)
{
    limit = number_argument(argc, argv, 3, LIMIT, PRIMES_LIMIT_MAX);
    check_crowd(number_argument(argc, argv, 1, CROWD, CROWD_MAX));
    check_team(number_argument(argc, argv, 2, TEAM, TEAM_MAX));
    check_passers(number_argument(argc, argv, 4, PASSERS, PASSERS));
    return check_status();
}
