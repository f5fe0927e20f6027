/*
 * sync_explore_test.c - the locks of libcapos under every schedule.
 *
 * Their sources are compiled into this test with a switch point before each
 * atomic access. Threads are contexts on one host thread; a schedule is a list
 * of choices, and all schedules with at most BOUND preemptions are run, one
 * after the other. What must not happen: two inside, a lost wake-up (all wait),
 * no end. PARK and UNPARK are what the kernel promises: compare and wait in one
 * step, first come, first served.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "check_run.h"

static void explore_point(void);

/* In the place of sync-plain/sync_variant.h. */
#define CAPOS_ABI_SYNC_VARIANT_H
#define SYNC_POINT() explore_point()
#define SYNC_RELAX() ((void)0)

#include "sync_barrier.c"
#include "sync_condition.c"
#include "sync_mutex.c"
#include "sync_once.c"
#include "sync_rwlock.c"
#include "sync_semaphore.c"

enum {
    BOUND = 2,
    FIBERS = 3,
    DEPTH = 4096,     /* choices in a schedule */
    STEPS = 100000,   /* switch points in a schedule */
    STACK = 64 * 1024,
};

enum state { RUNNABLE, PARKED, DONE };

static struct fiber {
    ucontext_t context;
    enum state state;
    const sync_u32 *word; /* PARKED */
    uint64_t order;       /* PARKED: since when */
    bool timed;           /* PARKED: may time out */
    bool timed_out;
    char stack[STACK];
} fibers[FIBERS];

static uint32_t fiber_count;
static struct fiber *self; /* NULL outside of a schedule */
static ucontext_t outside;
static void (*body)(uint32_t number);

static uint32_t path[DEPTH];
static uint32_t options[DEPTH];
static uint32_t depth;
static uint32_t known; /* choices given by the schedule to run */
static uint32_t preemptions;
static uint32_t steps;
static uint64_t clock_order;
static uint64_t schedules;

/* ------------------------------------------------------------------- schedule */

static uint32_t choose(uint32_t count)
{
    if (count == 1) {
        return 0;
    }
    ck_assert_uint_lt(depth, DEPTH);
    if (depth >= known) {
        path[depth] = 0;
    }
    options[depth] = count;
    return path[depth++];
}

static void switch_to(struct fiber *next)
{
    struct fiber *before = self;

    self = next;
    swapcontext(&before->context, &next->context);
}

/* True if the fiber could run next; a timed PARK may end by itself. */
static bool ready(const struct fiber *fiber)
{
    return fiber->state == RUNNABLE ||
           (fiber->state == PARKED && fiber->timed);
}

/* The index-th fiber that is ready, the current one left out. */
static struct fiber *other(uint32_t index)
{
    for (uint32_t i = 0; i < fiber_count; i++) {
        if (&fibers[i] != self && ready(&fibers[i]) && index-- == 0) {
            return &fibers[i];
        }
    }
    return NULL;
}

static uint32_t others(void)
{
    uint32_t count = 0;

    while (other(count) != NULL) {
        count++;
    }
    return count;
}

static void run_other(struct fiber *next)
{
    if (next->state == PARKED) {
        next->timed_out = true;
        next->state = RUNNABLE;
    }
    switch_to(next);
}

static void explore_point(void)
{
    uint32_t count;
    uint32_t choice;

    if (self == NULL) {
        return;
    }
    ck_assert_msg(++steps < STEPS, "no end in sight");
    count = preemptions < BOUND ? others() : 0;
    choice = choose(1 + count);
    if (choice > 0) {
        preemptions++;
        run_other(other(choice - 1));
    }
}

/* The current fiber cannot go on. */
static void stop(void)
{
    uint32_t count = others();

    if (count > 0) {
        run_other(other(choose(count)));
        return;
    }
    for (uint32_t i = 0; i < fiber_count; i++) {
        ck_assert_msg(fibers[i].state == DONE,
                      "schedule %llu: all wait, thread %u for ever",
                      (unsigned long long)schedules, i);
    }
    swapcontext(&self->context, &outside);
}

/* --------------------------------------------------------------- the kernel's */

int32_t park(const sync_u32 *word, uint32_t expected, uint64_t timeout_ns)
{
    explore_point();
    if (atomic_load(word) != expected) {
        return ERR_VALUE_CHANGED;
    }
    self->state = PARKED;
    self->word = word;
    self->order = ++clock_order;
    self->timed = timeout_ns != TIMEOUT_NEVER;
    self->timed_out = false;
    stop();
    return self->timed_out ? ERR_TIMED_OUT : 0;
}

static struct fiber *first_parked(const sync_u32 *word)
{
    struct fiber *first = NULL;

    for (uint32_t i = 0; i < fiber_count; i++) {
        struct fiber *fiber = &fibers[i];

        if (fiber->state == PARKED && fiber->word == word &&
            (first == NULL || fiber->order < first->order)) {
            first = fiber;
        }
    }
    return first;
}

void unpark_one(const sync_u32 *word)
{
    struct fiber *first;

    explore_point();
    first = first_parked(word);
    if (first != NULL) {
        first->state = RUNNABLE;
    }
}

void unpark_all(const sync_u32 *word)
{
    explore_point();
    for (struct fiber *next; (next = first_parked(word)) != NULL;) {
        next->state = RUNNABLE;
    }
}

/* -------------------------------------------------------------------- exploring */

static void fiber_main(void)
{
    body((uint32_t)(self - fibers));
    self->state = DONE;
    stop();
}

static void run_schedule(void)
{
    depth = preemptions = steps = 0;
    for (uint32_t i = 0; i < fiber_count; i++) {
        struct fiber *fiber = &fibers[i];

        fiber->state = RUNNABLE;
        getcontext(&fiber->context);
        fiber->context.uc_stack.ss_sp = fiber->stack;
        fiber->context.uc_stack.ss_size = STACK;
        makecontext(&fiber->context, fiber_main, 0);
    }
    self = &fibers[0];
    swapcontext(&outside, &self->context);
    self = NULL;
}

/* The next schedule in depth-first order; false: that was the last. */
static bool next_schedule(void)
{
    while (depth > 0 && path[depth - 1] + 1 == options[depth - 1]) {
        depth--;
    }
    if (depth == 0) {
        return false;
    }
    path[depth - 1]++;
    known = depth;
    return true;
}

/* Runs count threads under every schedule; reset before, check after each. */
static void explore(const char *name, uint32_t count,
                    void (*run)(uint32_t number), void (*reset)(void),
                    void (*after)(void))
{
    fiber_count = count;
    body = run;
    known = 0;
    schedules = 0;
    do {
        reset();
        schedules++;
        run_schedule();
        after();
    } while (next_schedule());
    ck_assert_uint_gt(schedules, 10);
    printf("%s: all %llu schedules with at most %d preemptions\n", name,
           (unsigned long long)schedules, BOUND);
}

/* -------------------------------------------------------------------- scenarios */

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
    world.barrier.threads = FIBERS;
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
    ck_assert_uint_eq(world.total, FIBERS);
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
    explore("mutex", FIBERS, run_mutex, reset, after_total);
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
    explore("condition", FIBERS, run_condition, reset, after_condition);
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
    explore("broadcast", FIBERS, run_broadcast, reset, after_total);
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
    explore("condition timed", FIBERS, run_condition_timed, reset, after_condition);
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
    explore("semaphore", FIBERS, run_semaphore, reset, after_total);
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
    ck_assert_uint_eq(world.total + world.timeouts, FIBERS);
    ck_assert_uint_eq(sync_load(&world.semaphore.count), 1);
    ck_assert_uint_eq(sync_load(&world.semaphore.waiters), 0);
}

START_TEST(test_explore_semaphore_timed)
{
    explore("semaphore timed", FIBERS, run_semaphore_timed, reset, after_semaphore_timed);
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
    explore("one writer", FIBERS, run_one_writer, reset, after_rwlock);
    explore("two writers", FIBERS, run_two_writers, reset, after_rwlock);
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
    explore("once", FIBERS, run_once, reset, after_once);
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
        ck_assert_uint_ge(world.total, round * FIBERS);
    }
}

static void after_barrier(void)
{
    ck_assert_uint_eq(world.queued, 2);
}

START_TEST(test_explore_barrier)
{
    explore("barrier", FIBERS, run_barrier, reset, after_barrier);
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
