/*
 * sync_test.c - the locks of libcapos against a gate that is a C function.
 *
 * The test is one thread; the others are played by a function that is called
 * whenever that thread parks on a word that holds what it expects.
 */
#include <stdlib.h>

#include "check_run.h"
#include "fake_ring.h"
#include "process.h"
#include "sync_barrier.h"
#include "sync_condition.h"
#include "sync_once.h"
#include "sync_park.h"
#include "sync_rwlock.h"
#include "sync_semaphore.h"
#include "thread.h"

/* What start.c is in a program; nothing here comes to it. */
const struct start_block *process_start(void)
{
    abort();
}

_Noreturn void process_exit(int64_t code)
{
    (void)code;
    abort();
}

enum { SEEN = 16 };

static struct fake_ring ring;

static struct {
    uint32_t enters;
    uint32_t parks; /* that waited */
    struct sqe unparks[SEEN];
    uint32_t unpark_count;
    int32_t woken; /* result of the next UNPARK; 0 from then on */
    bool broken;
    int32_t (*others)(sync_u32 *word); /* what ends a PARK */
    void (*at_unpark)(void);
} kernel;

static int32_t fake_park(const struct sqe *sqe)
{
    sync_u32 *word = (sync_u32 *)(uintptr_t)sqe->park.address;

    ck_assert_uint_eq(sqe->park.count, 0);
    if (sync_load(word) != sqe->park.expected) {
        return ERR_VALUE_CHANGED;
    }
    kernel.parks++;
    if (kernel.others != NULL) {
        return kernel.others(word);
    }
    ck_assert_uint_ne(sqe->park.timeout_ns, TIMEOUT_NEVER);
    return ERR_TIMED_OUT;
}

static int32_t fake_unpark(const struct sqe *sqe)
{
    int32_t woken = kernel.woken;

    kernel.woken = 0;
    kernel.unparks[kernel.unpark_count++ % SEEN] = *sqe;
    if (kernel.at_unpark != NULL) {
        kernel.at_unpark();
    }
    return woken;
}

static int64_t fake_gate(uint64_t number, uint64_t min, uint64_t timeout)
{
    const struct sqe *sqe;

    ck_assert_uint_eq(number, GATE_ENTER);
    (void)timeout;
    kernel.enters++;
    if (kernel.broken) {
        return ERR_BAD_RING;
    }
    while ((sqe = fake_ring_consume(&ring)) != NULL) {
        int32_t result = 0;

        if (sqe->opcode == RING_PARK) {
            result = fake_park(sqe);
        } else if (sqe->opcode == RING_UNPARK) {
            result = fake_unpark(sqe);
        }
        if (!(sqe->flags & RING_QUIET)) {
            fake_ring_complete(&ring, sqe->user_data, result);
        }
    }
    ck_assert_uint_ge(fake_ring_available(&ring), min);
    return fake_ring_available(&ring);
}

static void setup(void)
{
    struct start_block block = fake_ring_init(&ring, fake_gate);

    ck_assert_int_eq(thread_init_first(&block), 0);
}

static uint64_t last_unparked(void)
{
    ck_assert_uint_gt(kernel.unpark_count, 0);
    return kernel.unparks[(kernel.unpark_count - 1) % SEEN].park.address;
}

/* --------------------------------------------------------------------- park */

START_TEST(test_park_entries)
{
    static sync_u32 word = 3;
    struct rpc rpc = {.complete = NULL};

    setup();
    ck_assert_int_eq(park(&word, 4, TIMEOUT_NEVER), ERR_VALUE_CHANGED);
    ck_assert_int_eq(park(&word, 3, 5), ERR_TIMED_OUT);
    kernel.woken = 2;
    ck_assert_int_eq(unpark_submit(ring_self(), &rpc, &word, 2, RING_SHARED),
                     0);
    ck_assert_int_eq(ring_await(ring_self(), &rpc), 2);
    ck_assert_uint_eq(kernel.unparks[0].flags, RING_SHARED);
    ck_assert_uint_eq(kernel.unparks[0].park.count, 2);
    kernel.woken = 1;
    unpark_one(&word);
    ck_assert_uint_eq(kernel.unparks[1].flags, RING_QUIET);
    ck_assert_uint_eq(kernel.unparks[1].park.count, 1);
    /* With a full queue there is a place all the same. */
    for (uint32_t i = 0; i < FAKE_SQ; i++) {
        ck_assert_int_eq(ring_nop(ring_self(), NULL, 0), 0);
    }
    ck_assert_int_eq(park(&word, 4, TIMEOUT_NEVER), ERR_VALUE_CHANGED);
    kernel.broken = true;
    ck_assert_int_eq(park(&word, 3, TIMEOUT_NEVER), ERR_BAD_RING);
}
END_TEST

static void more_wait(void)
{
    if (kernel.unpark_count == 2) {
        kernel.woken = 3;
    }
}

START_TEST(test_unpark_all_goes_on)
{
    static sync_u32 word;

    setup();
    kernel.woken = UNPARK_COUNT_MAX;
    kernel.at_unpark = more_wait;
    unpark_all(&word);
    ck_assert_uint_eq(kernel.unpark_count, 2);
    ck_assert_uint_eq(kernel.unparks[0].park.count, UNPARK_COUNT_MAX);
}
END_TEST

/* -------------------------------------------------------------------- mutex */

static uint32_t overtakers;

/* The holder lets go; others take it first as often as the test says. */
static int32_t release_mutex(sync_u32 *word)
{
    ck_assert_uint_eq(sync_load(word), MUTEX_WAITED);
    sync_store(word, overtakers > 0 ? MUTEX_HELD : MUTEX_FREE);
    overtakers -= overtakers > 0;
    return 0;
}

START_TEST(test_mutex)
{
    static struct mutex mutex;

    setup();
    mutex_acquire(&mutex);
    ck_assert(!mutex_try(&mutex));
    mutex_release(&mutex);
    ck_assert(mutex_try(&mutex));
    ck_assert_uint_eq(kernel.enters, 0);
    /* Somebody else holds it now. */
    kernel.others = release_mutex;
    overtakers = 2;
    mutex_acquire(&mutex);
    ck_assert_uint_eq(kernel.parks, 3);
    ck_assert_uint_eq(sync_load(&mutex.state), MUTEX_WAITED);
    mutex_release(&mutex);
    ck_assert_uint_eq(last_unparked(), (uintptr_t)&mutex.state);
    ck_assert_uint_eq(kernel.unparks[0].park.count, 1);
    ck_assert(mutex_try(&mutex));
}
END_TEST

/* ---------------------------------------------------------------- condition */

static struct mutex guard;
static struct condition condition;

static int32_t signalled(sync_u32 *word)
{
    ck_assert_ptr_eq(word, &condition.sequence);
    ck_assert_uint_eq(sync_load(&guard.state), MUTEX_FREE);
    ck_assert_uint_eq(sync_load(&condition.waiters), 1);
    sync_add(&condition.sequence, 1);
    return 0;
}

/* The signal comes after the mutex is let go and before the PARK. */
static void signal_early(void)
{
    sync_add(&condition.sequence, 1);
}

START_TEST(test_condition)
{
    setup();
    condition_signal(&condition);
    condition_broadcast(&condition);
    ck_assert_uint_eq(kernel.enters, 0);
    mutex_acquire(&guard);
    ck_assert_int_eq(condition_wait(&condition, &guard, 5), ERR_TIMED_OUT);
    ck_assert_uint_eq(sync_load(&guard.state), MUTEX_HELD);
    kernel.others = signalled;
    ck_assert_int_eq(condition_wait(&condition, &guard, TIMEOUT_NEVER), 0);
    ck_assert_uint_eq(kernel.parks, 2);
    sync_store(&guard.state, MUTEX_WAITED);
    kernel.at_unpark = signal_early;
    ck_assert_int_eq(condition_wait(&condition, &guard, TIMEOUT_NEVER), 0);
    ck_assert_uint_eq(kernel.parks, 2);
    ck_assert_uint_eq(sync_load(&condition.waiters), 0);
    kernel.at_unpark = NULL;
    sync_store(&condition.waiters, 1);
    condition_signal(&condition);
    ck_assert_uint_eq(last_unparked(), (uintptr_t)&condition.sequence);
}
END_TEST

/* ---------------------------------------------------------------- semaphore */

static struct semaphore semaphore = {.count = 1};

static int32_t released(sync_u32 *word)
{
    ck_assert_uint_eq(sync_load(&semaphore.waiters), 1);
    sync_add(word, 1);
    return 0;
}

static int32_t released_too_late(sync_u32 *word)
{
    sync_add(word, 1);
    return ERR_TIMED_OUT;
}

START_TEST(test_semaphore)
{
    setup();
    ck_assert_int_eq(semaphore_acquire(&semaphore, TIMEOUT_NEVER), 0);
    ck_assert(!semaphore_try(&semaphore));
    semaphore_release(&semaphore);
    ck_assert(semaphore_try(&semaphore));
    ck_assert_uint_eq(kernel.enters, 0);
    ck_assert_int_eq(semaphore_acquire(&semaphore, 5), ERR_TIMED_OUT);
    kernel.others = released;
    ck_assert_int_eq(semaphore_acquire(&semaphore, TIMEOUT_NEVER), 0);
    kernel.others = released_too_late;
    ck_assert_int_eq(semaphore_acquire(&semaphore, 5), 0);
    ck_assert_uint_eq(sync_load(&semaphore.waiters), 0);
    sync_store(&semaphore.waiters, 1);
    semaphore_release(&semaphore);
    ck_assert_uint_eq(last_unparked(), (uintptr_t)&semaphore.count);
}
END_TEST

/* ------------------------------------------------------------------- rwlock */

static struct rwlock rwlock;

/* The readers leave while a writer waits. */
static int32_t readers_leave(sync_u32 *word)
{
    ck_assert_ptr_eq(word, &rwlock.turn);
    ck_assert_uint_eq(sync_load(&rwlock.state),
                      RWLOCK_WAITING + 2 * RWLOCK_READER);
    sync_store(&rwlock.state, RWLOCK_WAITING);
    sync_add(&rwlock.turn, 1);
    return 0;
}

/* The writer leaves; another one waits and has its time first. */
static int32_t writer_leaves(sync_u32 *word)
{
    uint32_t state = sync_load(word);

    ck_assert_ptr_eq(word, &rwlock.state);
    sync_store(word, state == RWLOCK_WRITER ? RWLOCK_WAITING : 0);
    return 0;
}

START_TEST(test_rwlock)
{
    setup();
    rwlock_acquire_read(&rwlock);
    rwlock_acquire_read(&rwlock);
    ck_assert_uint_eq(sync_load(&rwlock.state), 2);
    ck_assert_uint_eq(kernel.enters, 0);
    kernel.others = readers_leave;
    rwlock_acquire_write(&rwlock);
    ck_assert_uint_eq(sync_load(&rwlock.state), RWLOCK_WRITER);
    kernel.others = writer_leaves;
    rwlock_acquire_read(&rwlock);
    ck_assert_uint_eq(kernel.parks, 3);
    ck_assert_uint_eq(sync_load(&rwlock.state), 1);
    ck_assert_uint_eq(kernel.unpark_count, 0);
    /* Who leaves last wakes a writer if one waits, else all readers. */
    sync_add(&rwlock.state, RWLOCK_WAITING);
    rwlock_release_read(&rwlock);
    ck_assert_uint_eq(last_unparked(), (uintptr_t)&rwlock.turn);
    sync_store(&rwlock.state, RWLOCK_WRITER);
    sync_store(&rwlock.readers_waiting, 2);
    rwlock_release_write(&rwlock);
    ck_assert_uint_eq(last_unparked(), (uintptr_t)&rwlock.state);
    ck_assert_uint_eq(sync_load(&rwlock.state), 0);
}
END_TEST

/* --------------------------------------------------------- once and barrier */

static uint32_t times;

static void run(void *argument)
{
    times += *(const uint32_t *)argument;
}

static int32_t once_ends(sync_u32 *word)
{
    ck_assert_uint_eq(sync_load(word), ONCE_WAITED);
    sync_store(word, ONCE_DONE);
    return 0;
}

START_TEST(test_once)
{
    struct once once = {0};
    uint32_t one = 1;

    setup();
    once_run(&once, run, &one);
    once_run(&once, run, &one);
    ck_assert_uint_eq(times, 1);
    ck_assert_uint_eq(kernel.enters, 0);
    sync_store(&once.state, ONCE_RUNNING); /* by another thread */
    kernel.others = once_ends;
    once_run(&once, run, &one);
    ck_assert_uint_eq(times, 1);
    ck_assert_uint_eq(kernel.parks, 1);
}
END_TEST

static struct barrier barrier = {.threads = 3};

static int32_t others_arrive(sync_u32 *word)
{
    ck_assert_ptr_eq(word, &barrier.round);
    if (kernel.parks == 1) {
        return 0; /* woken without reason */
    }
    ck_assert_uint_eq(sync_add(&barrier.arrived, 2), 1);
    sync_store(&barrier.arrived, 0);
    sync_add(word, 1);
    return 0;
}

START_TEST(test_barrier)
{
    setup();
    kernel.others = others_arrive;
    ck_assert(!barrier_wait(&barrier));
    ck_assert_uint_eq(kernel.parks, 2);
    sync_store(&barrier.arrived, 2);
    ck_assert(barrier_wait(&barrier));
    ck_assert_uint_eq(last_unparked(), (uintptr_t)&barrier.round);
    ck_assert_uint_eq(sync_load(&barrier.arrived), 0);
    ck_assert_uint_eq(sync_load(&barrier.round), 2);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_park_entries, test_unpark_all_goes_on, test_mutex, test_condition,
        test_semaphore,    test_rwlock,             test_once,  test_barrier,
        NULL,
    };

    return check_run("sync", tests);
}
