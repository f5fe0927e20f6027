/*
 * sync_explore_test.c - the locks of libcapos under every schedule.
 *
 * What must not happen: two inside, a lost wake-up (all wait), no end.
 */
#include "sync_explore.h"

#include <string.h>

#include "check_run.h"

#include "sync_barrier.c"
#include "sync_condition.c"
#include "sync_mutex.c"
#include "sync_once.c"
#include "sync_rwlock.c"
#include "sync_semaphore.c"

/* ---------------------------------------------------------------- scenarios */

static struct {
    struct mutex mutex;
    struct condition condition;
    struct semaphore semaphore;
    struct rwlock rwlock;
    struct once once;
    struct barrier barrier;
    uint32_t inside;
    uint32_t readers;
    uint32_t total;
    uint32_t queued;
    uint32_t timeouts;
    bool ready;
} world;

static void reset(void)
{
    memset(&world, 0, sizeof(world));
    world.semaphore.count = 1;
    world.barrier.threads = EXPLORE_THREADS;
}

/* Something that only one thread may do at a time. */
static void alone(void)
{
    ck_assert_uint_eq(world.inside++, 0);
    ck_assert_uint_eq(world.readers, 0);
    explore_point();
    world.total++;
    world.inside--;
}

static void after_total(void)
{
    ck_assert_uint_eq(world.total, EXPLORE_THREADS);
    ck_assert_uint_eq(world.inside, 0);
}

static void run_mutex(uint32_t number)
{
    (void)number;
    mutex_acquire(&world.mutex);
    alone();
    mutex_release(&world.mutex);
}

START_TEST(test_explore_mutex)
{
    explore("mutex", run_mutex, reset, after_total);
}
END_TEST

/* One puts two things in, the others take one each. */
static void run_condition(uint32_t number)
{
    mutex_acquire(&world.mutex);
    if (number == 0) {
        world.queued = 2;
        mutex_release(&world.mutex);
        condition_signal(&world.condition);
        condition_signal(&world.condition);
        return;
    }
    while (world.queued == 0) {
        condition_wait(&world.condition, &world.mutex, TIMEOUT_NEVER);
    }
    world.queued--;
    mutex_release(&world.mutex);
}

static void after_condition(void)
{
    ck_assert_uint_eq(world.queued, 0);
    ck_assert_uint_eq(sync_load(&world.condition.waiters), 0);
}

START_TEST(test_explore_condition)
{
    explore("condition", run_condition, reset, after_condition);
}
END_TEST

static void run_broadcast(uint32_t number)
{
    mutex_acquire(&world.mutex);
    if (number == 0) {
        world.ready = true;
        condition_broadcast(&world.condition);
    }
    while (!world.ready) {
        condition_wait(&world.condition, &world.mutex, TIMEOUT_NEVER);
    }
    alone();
    mutex_release(&world.mutex);
}

START_TEST(test_explore_broadcast)
{
    explore("broadcast", run_broadcast, reset, after_total);
}
END_TEST

/* A wait that times out must not swallow the signal for another one. */
static void run_condition_timed(uint32_t number)
{
    mutex_acquire(&world.mutex);
    if (number == 0) {
        world.ready = true;
        mutex_release(&world.mutex);
        condition_signal(&world.condition);
        return;
    }
    while (!world.ready &&
           condition_wait(&world.condition, &world.mutex,
                          number == 1 ? 5 : TIMEOUT_NEVER) == 0) {
    }
    ck_assert(number == 1 || world.ready);
    if (number == 1) {
        condition_signal(&world.condition); /* passes it on */
    }
    mutex_release(&world.mutex);
}

START_TEST(test_explore_condition_timed)
{
    explore("condition timed", run_condition_timed, reset,
            after_condition);
}
END_TEST

static void run_semaphore(uint32_t number)
{
    (void)number;
    ck_assert_int_eq(semaphore_acquire(&world.semaphore, TIMEOUT_NEVER), 0);
    alone();
    semaphore_release(&world.semaphore);
}

START_TEST(test_explore_semaphore)
{
    explore("semaphore", run_semaphore, reset, after_total);
}
END_TEST

static void run_semaphore_timed(uint32_t number)
{
    if (semaphore_acquire(&world.semaphore,
                          number == 0 ? TIMEOUT_NEVER : 5) < 0) {
        world.timeouts++;
        return;
    }
    alone();
    semaphore_release(&world.semaphore);
}

static void after_semaphore_timed(void)
{
    ck_assert_uint_eq(world.total + world.timeouts, EXPLORE_THREADS);
    ck_assert_uint_eq(sync_load(&world.semaphore.count), 1);
    ck_assert_uint_eq(sync_load(&world.semaphore.waiters), 0);
}

START_TEST(test_explore_semaphore_timed)
{
    explore("semaphore timed", run_semaphore_timed, reset,
            after_semaphore_timed);
}
END_TEST

static void read_once(void)
{
    rwlock_acquire_read(&world.rwlock);
    ck_assert_uint_eq(world.inside, 0);
    world.readers++;
    explore_point();
    ck_assert_uint_eq(world.inside, 0);
    world.readers--;
    world.total++;
    rwlock_release_read(&world.rwlock);
}

static void write_once(void)
{
    rwlock_acquire_write(&world.rwlock);
    alone();
    rwlock_release_write(&world.rwlock);
}

static void after_rwlock(void)
{
    after_total();
    ck_assert_uint_eq(sync_load(&world.rwlock.state), 0);
    ck_assert_uint_eq(sync_load(&world.rwlock.readers_waiting), 0);
}

static void run_one_writer(uint32_t number)
{
    if (number == 0) {
        write_once();
    } else {
        read_once();
    }
}

static void run_two_writers(uint32_t number)
{
    if (number == 0) {
        read_once();
    } else {
        write_once();
    }
}

START_TEST(test_explore_rwlock)
{
    explore("one writer", run_one_writer, reset, after_rwlock);
    explore("two writers", run_two_writers, reset, after_rwlock);
}
END_TEST

static void first(void *argument)
{
    (void)argument;
    alone();
}

static void run_once(uint32_t number)
{
    (void)number;
    once_run(&world.once, first, NULL);
    ck_assert_uint_eq(world.total, 1);
}

static void after_once(void)
{
    ck_assert_uint_eq(world.total, 1);
}

START_TEST(test_explore_once)
{
    explore("once", run_once, reset, after_once);
}
END_TEST

static void run_barrier(uint32_t number)
{
    (void)number;
    for (uint32_t round = 1; round <= 2; round++) {
        world.total++;
        if (barrier_wait(&world.barrier)) {
            world.queued++;
        }
        ck_assert_uint_ge(world.total, round * EXPLORE_THREADS);
    }
}

static void after_barrier(void)
{
    ck_assert_uint_eq(world.queued, 2);
}

START_TEST(test_explore_barrier)
{
    explore("barrier", run_barrier, reset, after_barrier);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_explore_mutex,           test_explore_condition,
        test_explore_broadcast,       test_explore_condition_timed,
        test_explore_semaphore,       test_explore_semaphore_timed,
        test_explore_rwlock,          test_explore_once,
        test_explore_barrier,         NULL,
    };

    return check_run("sync_explore", tests);
}
