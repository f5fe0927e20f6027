/*
 * victim.c - what is killed in a storm; see storm.h.
 *
 * A victim repeats rounds of its kind, and now and then it ends by itself, so
 * that kills meet processes that end already.
 */
#include "storm.h"
#include "sync_park.h"

#define ROUNDS_LEAST 2u
#define ROUNDS_MORE 20u
#define NAP_US 8000u
#define THREADS 2u
#define WORDS 8u
#define PAGES 4u

/* ------------------------------------------------------------------- parker */

static sync_u32 private_words[WORDS];
static sync_u32 *shared_words;

/* Parks on some word for a moment, and wakes some other. */
static void park_round(struct random *random)
{
    bool shared = random_below(random, 2);
    const sync_u32 *words = shared ? shared_words : private_words;
    struct rpc parked = {.complete = NULL};
    struct rpc woken = {.complete = NULL};

    park_submit(ring_self(), &parked, &words[random_below(random, WORDS)], 0,
                1 + random_below(random, 3000) * US,
                shared ? RING_SHARED : 0);
    unpark_submit(ring_self(), &woken, &words[random_below(random, WORDS)], 1,
                  shared ? RING_SHARED : 0);
    ring_await(ring_self(), &woken);
    if (random_below(random, 4) == 0) {
        ring_cancel(ring_self(), &parked);
    }
    ring_await(ring_self(), &parked);
}

static void map_shared(void)
{
    uint64_t object = capset_need("shared", MEMORY_OBJECT_INTERFACE_ID);
    uint64_t address = 0;

    if (memory_object_map(rt(), object, 0, 0, 1, PROTECTION_READ_WRITE,
                          &address) < 0) {
        process_exit(3);
    }
    shared_words = (sync_u32 *)(uintptr_t)address;
}

/* ------------------------------------------------------------------- mapper */

static void map_anonymous(struct random *random)
{
    uint64_t memory = capset_need("self-memory", VIRTUAL_MEMORY_INTERFACE_ID);
    uint32_t pages = 1 + random_below(random, PAGES);
    uint64_t address = 0;

    if (virtual_memory_map(rt(), memory, 0, pages, PROTECTION_READ_WRITE,
                           &address) < 0) {
        return;
    }
    for (uint32_t i = 0; i < pages; i++) {
        *(volatile char *)(uintptr_t)(address + i * PAGE_SIZE) = 1;
    }
    virtual_memory_protect(rt(), memory, address, 1, PROTECTION_READ);
    storm_nap(random, 500);
    if (random_below(random, 2)) { /* in two parts */
        virtual_memory_unmap(rt(), memory, address + (pages - 1) * PAGE_SIZE,
                             1);
        pages--;
    }
    if (pages > 0) {
        virtual_memory_unmap(rt(), memory, address, pages);
    }
}

static void map_object(struct random *random)
{
    uint64_t frames = capset_need("frames", FRAME_ALLOCATOR_INTERFACE_ID);
    CAP_AUTO object = CAP_NONE;
    CAP_AUTO view = CAP_NONE;
    uint64_t address = 0;

    if (frame_allocator_allocate(rt(), frames, PAGES, &object) < 0 ||
        memory_object_share(rt(), object, random_below(random, 2), &view) <
            0 ||
        memory_object_map(rt(), view, 0, 0, PAGES, PROTECTION_READ,
                          &address) < 0) {
        return;
    }
    (void)*(volatile char *)(uintptr_t)address;
    if (random_below(random, 2)) {
        cap_release(cap_take(&object));
    }
    storm_nap(random, 500);
    memory_object_unmap(rt(), view, address, PAGES);
}

static void map_round(struct random *random)
{
    if (random_below(random, 2)) {
        map_anonymous(random);
    } else {
        map_object(random);
    }
}

/* ------------------------------------------------------------------ threads */

static void stay(void *argument)
{
    (void)argument;
    for (;;) {
        ring_wait(ring_self(), TIMEOUT_NEVER);
    }
}

static void leave(void *argument)
{
    (void)argument;
    ring_yield(ring_self());
}

static void threads_round(struct random *random)
{
    struct thread *threads[THREADS];
    bool stays[THREADS];
    uint32_t count = 0;

    while (count < THREADS) {
        stays[count] = random_below(random, 2);
        if (thread_start(&threads[count], stays[count] ? stay : leave, NULL) <
            0) {
            break;
        }
        count++;
    }
    storm_nap(random, 1000);
    for (uint32_t i = 0; i < count; i++) {
        if (stays[i]) {
            thread_handle_end(rt(), threads[i]->handle, 1);
        }
        thread_join(threads[i], NULL);
    }
}

/* ------------------------------------------------------------------- parent */

static void parent_round(struct random *random)
{
    struct spawned child;
    enum victim_kind kind =
        (enum victim_kind)random_below(random, VICTIM_PARENT);

    if (storm_spawn(&child, kind, random_next(random)) < 0) {
        return;
    }
    storm_nap(random, 8000);
    if (storm_kill(random, &child) < 0) {
        process_exit(4);
    }
}

/* --------------------------------------------------------------------- life */

struct life {
    struct random random;
    void (*round)(struct random *random);
};

static void live_once(struct random *random,
                      void (*round)(struct random *random))
{
    round(random);
    storm_nap(random, NAP_US);
}

/* A second thread does the same, for ever. */
static void accompany(void *argument)
{
    struct life *life = argument;

    for (;;) {
        live_once(&life->random, life->round);
    }
}

static void live(struct random *random, void (*round)(struct random *random),
                 bool accompanied)
{
    static struct life life;
    struct thread *thread;
    uint32_t rounds = ROUNDS_LEAST + random_below(random, ROUNDS_MORE);

    if (accompanied) {
        life = (struct life){{random_next(random)}, round};
        thread_start(&thread, accompany, &life);
    }
    while (rounds-- > 0) {
        live_once(random, round);
    }
}

int victim_main(uint64_t seed, enum victim_kind kind)
{
    struct random random = {seed};

    switch (kind) {
    case VICTIM_CALLER:
        live(&random, victim_call, false);
        return 0;
    case VICTIM_SERVER:
        return victim_serve(&random);
    case VICTIM_PARKER:
        map_shared();
        live(&random, park_round, true);
        return 0;
    case VICTIM_MAPPER:
        live(&random, map_round, true);
        return 0;
    case VICTIM_SLEEPER:
        live(&random, victim_sleep, true);
        return 0;
    case VICTIM_THREADS:
        live(&random, threads_round, true);
        return 0;
    case VICTIM_PARENT:
        live(&random, parent_round, false);
        return 0;
    default:
        return 5;
    }
}
