/*
 * mutex-contention - threads that share things, with all that libcapos has for
 * it: mutex, condition variable, semaphore, read-write lock, once, barrier.
 *
 * Each is a word or two of the program's memory. Who finds it free does not
 * enter the kernel at all, which is counted here at the gate. Threads give the
 * CPU away in the middle of what they guard, to be in each other's way.
 */
#include "capos.h"
#include "sync_barrier.h"
#include "sync_condition.h"
#include "sync_mutex.h"
#include "sync_once.h"
#include "sync_park.h"
#include "sync_rwlock.h"
#include "sync_semaphore.h"

#define THREADS 8u
#define ROUNDS 100u
#define MS 1000000ull

static void give_way(void)
{
    ring_yield(ring_self());
}

/* Runs one function in THREADS threads and waits for them. */
static void together(void (*run)(void *argument))
{
    struct thread *threads[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++) {
        thread_start(&threads[i], run, (void *)i);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        thread_join(threads[i], NULL);
    }
}

/* ------------------------------------------------------- without contention */

static uint32_t entries;
static gate_fn *real_gate;

static int64_t counting_gate(uint64_t number, uint64_t a0, uint64_t a1)
{
    entries++;
    return real_gate(number, a0, a1);
}

static void nothing(void *argument)
{
    (void)argument;
}

static void uncontended(void)
{
    struct mutex mutex = {0};
    struct condition condition = {0};
    struct semaphore semaphore = {.count = 1};
    struct rwlock rwlock = {0};
    struct once once = {0};
    struct barrier barrier = {.threads = 1};

    for (uint32_t i = 0; i < ROUNDS; i++) {
        mutex_acquire(&mutex);
        condition_signal(&condition);
        condition_broadcast(&condition);
        mutex_release(&mutex);
        semaphore_acquire(&semaphore, TIMEOUT_NEVER);
        semaphore_release(&semaphore);
        rwlock_acquire_read(&rwlock);
        rwlock_release_read(&rwlock);
        rwlock_acquire_write(&rwlock);
        rwlock_release_write(&rwlock);
        once_run(&once, nothing, NULL);
    }
    check(entries == 0, "without contention nothing enters the kernel");
    check(barrier_wait(&barrier), "a barrier for one");
}

static void check_uncontended(void)
{
    struct ring_client *client = ring_self();

    real_gate = client->gate;
    client->gate = counting_gate;
    uncontended();
    client->gate = real_gate;
}

/* -------------------------------------------------------------------- mutex */

static struct mutex mutex;
static uint32_t inside;
static uint32_t clashes;
static uint32_t total;

static void add(void *argument)
{
    (void)argument;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t before;

        mutex_acquire(&mutex);
        clashes += inside++ != 0;
        before = total;
        give_way();
        total = before + 1;
        inside--;
        mutex_release(&mutex);
    }
}

static void check_mutex(void)
{
    together(add);
    check(clashes == 0 && total == THREADS * ROUNDS,
          "mutex: %u threads counted to %u", THREADS, THREADS * ROUNDS);
    check(mutex_try(&mutex) && !mutex_try(&mutex), "mutex: held once only");
    mutex_release(&mutex);
}

/* ---------------------------------------------------------------- condition */

#define QUEUE 4u

static uint32_t queue[QUEUE];
static uint32_t head;
static uint32_t tail;
static uint64_t sum;
static struct condition not_empty;
static struct condition not_full;

static void put(uint32_t value)
{
    mutex_acquire(&mutex);
    while (tail - head == QUEUE) {
        condition_wait(&not_full, &mutex, TIMEOUT_NEVER);
    }
    queue[tail++ % QUEUE] = value;
    condition_signal(&not_empty);
    mutex_release(&mutex);
}

static uint32_t get(void)
{
    uint32_t value;

    mutex_acquire(&mutex);
    while (tail == head) {
        condition_wait(&not_empty, &mutex, TIMEOUT_NEVER);
    }
    value = queue[head++ % QUEUE];
    condition_signal(&not_full);
    mutex_release(&mutex);
    return value;
}

/* Half of the threads put numbers in, the others take them out. */
static void produce_or_consume(void *argument)
{
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        if ((uintptr_t)argument % 2) {
            put(i);
        } else {
            uint32_t value = get();

            mutex_acquire(&mutex);
            sum += value;
            mutex_release(&mutex);
        }
    }
}

static void check_condition(void)
{
    together(produce_or_consume);
    check(sum == THREADS / 2 * (ROUNDS * (ROUNDS + 1) / 2) && head == tail,
          "condition: a queue of %u lost nothing", QUEUE);
    mutex_acquire(&mutex);
    check(condition_wait(&not_empty, &mutex, MS) == ERR_TIMED_OUT &&
              !mutex_try(&mutex),
          "condition: a timeout, and the mutex is held again");
    mutex_release(&mutex);
}

static bool go;

static void start_line(void *argument)
{
    (void)argument;
    mutex_acquire(&mutex);
    inside++;
    while (!go) {
        condition_wait(&not_empty, &mutex, TIMEOUT_NEVER);
    }
    inside--;
    mutex_release(&mutex);
}

static void fire(void *argument)
{
    if (argument != NULL) {
        start_line(argument);
        return;
    }
    for (bool all = false; !all; give_way()) {
        mutex_acquire(&mutex);
        all = inside == THREADS - 1;
        mutex_release(&mutex);
    }
    mutex_acquire(&mutex);
    go = true;
    condition_broadcast(&not_empty);
    mutex_release(&mutex);
}

static void check_broadcast(void)
{
    together(fire);
    check(inside == 0, "condition: a broadcast woke all");
}

/* ---------------------------------------------------------------- semaphore */

#define PLACES 3u

static struct semaphore places = {.count = PLACES};
static sync_u32 seated;
static sync_u32 crowded;

static void sit(void *argument)
{
    (void)argument;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        semaphore_acquire(&places, TIMEOUT_NEVER);
        if (sync_add(&seated, 1) >= PLACES) {
            sync_add(&crowded, 1);
        }
        give_way();
        sync_sub(&seated, 1);
        semaphore_release(&places);
    }
}

static void check_semaphore(void)
{
    together(sit);
    check(sync_load(&crowded) == 0 && sync_load(&places.count) == PLACES,
          "semaphore: never more than %u at a time", PLACES);
    for (uint32_t i = 0; i < PLACES; i++) {
        semaphore_acquire(&places, TIMEOUT_NEVER);
    }
    check(semaphore_acquire(&places, MS) == ERR_TIMED_OUT,
          "semaphore: a timeout when all are taken");
}

/* ------------------------------------------------------------------- rwlock */

static struct rwlock rwlock;
static uint32_t left;
static uint32_t right;
static sync_u32 torn;
static struct barrier inside_all = {.threads = THREADS};
static sync_u32 readers_met;

static void read_pair(void)
{
    rwlock_acquire_read(&rwlock);
    give_way();
    if (left != right) {
        sync_add(&torn, 1);
    }
    rwlock_release_read(&rwlock);
}

/* Nobody gets out before all are in. */
static void read_together(void *argument)
{
    (void)argument;
    rwlock_acquire_read(&rwlock);
    barrier_wait(&inside_all);
    sync_add(&readers_met, 1);
    rwlock_release_read(&rwlock);
}

static void write_pair(void)
{
    rwlock_acquire_write(&rwlock);
    left++;
    give_way();
    right++;
    rwlock_release_write(&rwlock);
}

static void read_or_write(void *argument)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        if ((uintptr_t)argument % 4 == 0) {
            write_pair();
        } else {
            read_pair();
        }
    }
}

static void check_rwlock(void)
{
    together(read_or_write);
    check(sync_load(&torn) == 0 && left == THREADS / 4 * ROUNDS,
          "rwlock: nobody read while somebody wrote");
    together(read_together);
    check(sync_load(&readers_met) == THREADS,
          "rwlock: readers read together");
}

/* --------------------------------------------------------- once and barrier */

static struct once once;
static uint32_t firsts;
static sync_u32 early;
static sync_u32 lasts;
static sync_u32 laps[THREADS];
static struct barrier barrier = {.threads = THREADS};

static void first(void *argument)
{
    (void)argument;
    give_way();
    firsts++;
}

static void march(void *argument)
{
    once_run(&once, first, NULL);
    if (firsts != 1) {
        sync_add(&early, 1);
    }
    for (uint32_t lap = 1; lap <= ROUNDS; lap++) {
        sync_store(&laps[(uintptr_t)argument], lap);
        if (barrier_wait(&barrier)) {
            sync_add(&lasts, 1);
        }
        for (uint32_t i = 0; i < THREADS; i++) {
            if (sync_load(&laps[i]) < lap) {
                sync_add(&early, 1);
            }
        }
    }
}

static void check_once_and_barrier(void)
{
    together(march);
    check(firsts == 1, "once: done once");
    check(sync_load(&early) == 0 && sync_load(&lasts) == ROUNDS,
          "barrier: %u laps, nobody early, one last each time", ROUNDS);
}

int main(void)
{
    check_uncontended();
    check_mutex();
    check_condition();
    check_broadcast();
    check_semaphore();
    check_rwlock();
    check_once_and_barrier();
    return check_status();
}
