/*
 * park-unpark - waiting on a word of memory.
 *
 * PARK waits while a 32-bit word holds an expected value, UNPARK wakes who
 * waits on it; locks are made of these two (sync_mutex.h and its like). The
 * kernel compares and queues in one step, so a change of the word followed by
 * an UNPARK is never missed. A private word is known by its address in the
 * process, a shared one by its memory object, so that processes can wake each
 * other.
 */
#include "capos.h"
#include "spawn.h"
#include "sync_park.h"

#define MS 1000000ull
#define ROUNDS 1000u
#define WAITERS 3u

static uint64_t now(void)
{
    uint64_t nanoseconds = 0;

    timer_now(rt(), capset_need("timer", TIMER_INTERFACE_ID), &nanoseconds);
    return nanoseconds;
}

/* Wakes up to count; how many, or an error. */
static int32_t wake(const sync_u32 *word, uint32_t count, uint8_t flags)
{
    struct rpc rpc = {.complete = NULL};

    unpark_submit(ring_self(), &rpc, word, count, flags);
    return ring_await(ring_self(), &rpc);
}

/* ------------------------------------------------ what ends a PARK, and how */

static void check_refusals(void)
{
    static sync_u32 word = 7;
    const sync_u32 *odd = (const sync_u32 *)(const void *)((char *)&word + 2);

    check(park(&word, 8, TIMEOUT_NEVER) == ERR_VALUE_CHANGED,
          "another value: no waiting");
    check(park(&word, 7, TIMEOUT_POLL) == ERR_TIMED_OUT,
          "timeout 0 only compares");
    check(park(odd, 7, TIMEOUT_NEVER) == ERR_BAD_BUFFER &&
              park((const sync_u32 *)8, 0, TIMEOUT_NEVER) == ERR_BAD_BUFFER,
          "a word that is not aligned or not mapped is refused");
    check(wake(&word, 1, 0) == 0, "nobody to wake is no error");
    check(wake(&word, 0, 0) == ERR_INVALID &&
              wake(&word, UNPARK_COUNT_MAX + 1, 0) == ERR_INVALID,
          "counts are 1 to %u", UNPARK_COUNT_MAX);
    check(wake(&word, 1, RING_SHARED) == ERR_BAD_BUFFER,
          "shared means: in a memory object");
}

static void check_timeout(void)
{
    static sync_u32 word;
    uint64_t begin_ns = now();

    check(park(&word, 0, 5 * MS) == ERR_TIMED_OUT &&
              now() - begin_ns >= 5 * MS,
          "a timeout of 5 ms, and not earlier");
}

static void check_records(void)
{
    static sync_u32 word;
    struct ring_client *client = ring_self();
    struct rpc rpcs[PARK_RECORDS + 1];
    uint32_t cancelled = 0;

    for (uint32_t i = 0; i <= PARK_RECORDS; i++) {
        rpcs[i] = (struct rpc){.complete = NULL};
        park_submit(client, &rpcs[i], &word, 0, TIMEOUT_NEVER, 0);
    }
    check(ring_await(client, &rpcs[PARK_RECORDS]) == ERR_OVERLOADED,
          "a thread parks at most %u at a time", PARK_RECORDS);
    check(wake(&word, 1, 0) == 1 && ring_await(client, &rpcs[0]) == 0,
          "the longest parked is woken first");
    for (uint32_t i = 1; i < PARK_RECORDS; i++) {
        ring_cancel(client, &rpcs[i]);
        cancelled += rpcs[i].status == ERR_CANCELLED;
    }
    check(cancelled == PARK_RECORDS - 1, "the others are cancelled");
    check(wake(&word, UNPARK_COUNT_MAX, 0) == 0, "and nobody is left");
}

/* Unmapping the word does not end a PARK, nor does it break anything. */
static void check_unmapped(void)
{
    uint64_t memory = capset_need("self-memory", VIRTUAL_MEMORY_INTERFACE_ID);
    struct ring_client *client = ring_self();
    struct rpc rpc = {.complete = NULL};
    uint64_t address = 0;
    sync_u32 *word;

    virtual_memory_map(rt(), memory, 0, 1, PROTECTION_READ_WRITE, &address);
    word = (sync_u32 *)(uintptr_t)address;
    park_submit(client, &rpc, word, 0, TIMEOUT_NEVER, 0);
    check(virtual_memory_unmap(rt(), memory, address, 1) == 0 && !rpc.done,
          "the word is unmapped, the PARK stays");
    check(wake(word, 1, 0) == 1 && ring_await(client, &rpc) == 0,
          "an UNPARK of its address ends it");
}

/* ------------------------------------------------------------------ threads */

static sync_u32 gate_word;
static sync_u32 parked;
static uint32_t order[WAITERS];
static uint32_t woken;

/* Parks, and says so when the kernel has taken the entry, not before. */
static void park_aloud(const sync_u32 *word)
{
    struct rpc rpc = {.complete = NULL};

    park_submit(ring_self(), &rpc, word, 0, TIMEOUT_NEVER, 0);
    ring_poll(ring_self());
    sync_add(&parked, 1);
    ring_await(ring_self(), &rpc);
}

static void waiter(void *argument)
{
    park_aloud(&gate_word);
    order[woken++] = (uint32_t)(uintptr_t)argument;
}

/* Lets the others run until count are parked. */
static void until_parked(uint32_t count)
{
    while (sync_load(&parked) < count) {
        ring_yield(ring_self());
    }
}

static void check_order(void)
{
    struct thread *threads[WAITERS];
    bool right = true;

    for (uint32_t i = 0; i < WAITERS; i++) {
        thread_start(&threads[i], waiter, (void *)(uintptr_t)i);
        until_parked(i + 1);
    }
    for (uint32_t i = 0; i < WAITERS; i++) {
        right = right && wake(&gate_word, 1, 0) == 1;
        thread_join(threads[i], NULL);
        right = right && woken == i + 1 && order[i] == i;
    }
    check(right, "%u threads are woken in the order of parking", WAITERS);
}

static sync_u32 ball;

static void player(void *argument)
{
    (void)argument;
    for (uint32_t i = 1; i < 2 * ROUNDS; i += 2) {
        while (sync_load(&ball) != i) {
            park(&ball, i - 1, TIMEOUT_NEVER);
        }
        sync_store(&ball, i + 1);
        unpark_one(&ball);
    }
}

static void check_ping_pong(void)
{
    struct thread *thread;

    thread_start(&thread, player, NULL);
    for (uint32_t i = 0; i < 2 * ROUNDS; i += 2) {
        sync_store(&ball, i + 1);
        unpark_one(&ball);
        while (sync_load(&ball) != i + 2) {
            park(&ball, i + 1, TIMEOUT_NEVER);
        }
    }
    thread_join(thread, NULL);
    check(sync_load(&ball) == 2 * ROUNDS, "%u rounds of ping-pong", ROUNDS);
}

static void stuck(void *argument)
{
    park_aloud(argument);
}

/* An UNPARK for one must not go to a thread that has ended. */
static void check_ended(void)
{
    static sync_u32 word;
    struct thread *first;
    struct thread *second;
    int64_t code = 0;

    sync_store(&parked, 0);
    thread_start(&first, stuck, &word);
    until_parked(1);
    thread_start(&second, stuck, &word);
    until_parked(2);
    check(thread_handle_end(rt(), first->handle, 9) == 0 &&
              thread_join(first, &code) == 0 && code == 9,
          "a parked thread is ended");
    check(wake(&word, 1, 0) == 1 && thread_join(second, &code) == 0,
          "the one behind it is woken");
}

static sync_u32 alive = 1;

static void leave(void *argument)
{
    (void)argument;
    thread_exit_clear(3, &alive);
}

static void check_exit(void)
{
    struct thread *thread;
    int64_t code = 0;

    thread_start(&thread, leave, NULL);
    while (sync_load(&alive)) {
        park(&alive, 1, TIMEOUT_NEVER);
    }
    check(thread_join(thread, &code) == 0 && code == 3,
          "a thread's end clears a word and wakes who waits on it");
}

/* ---------------------------------------------------------------- processes */

/* Two words: one for each direction. */
static sync_u32 *map(uint64_t object)
{
    uint64_t address = 0;

    memory_object_map(rt(), object, 0, 0, 1, PROTECTION_READ_WRITE, &address);
    return (sync_u32 *)(uintptr_t)address;
}

static int32_t park_shared(const sync_u32 *word, uint32_t expected)
{
    struct rpc rpc = {.complete = NULL};

    park_submit(ring_self(), &rpc, word, expected, TIMEOUT_NEVER,
                RING_SHARED);
    return ring_await(ring_self(), &rpc);
}

static int child(void)
{
    sync_u32 *words =
        map(capset_need("object", MEMORY_OBJECT_INTERFACE_ID));

    sync_store(&words[0], 1);
    wake(&words[0], 1, RING_SHARED);
    while (sync_load(&words[1]) == 0) {
        park_shared(&words[1], 0);
    }
    return (int)sync_load(&words[1]);
}

static void check_shared(void)
{
    uint64_t frames = capset_need("frames", FRAME_ALLOCATOR_INTERFACE_ID);
    uint64_t object = CAP_NONE;
    uint64_t view = CAP_NONE;
    static const char *const args[] = {"child"};
    struct spawn_grant grant = {"object", CAP_NONE};
    struct spawn spawn = {.program = "park-unpark",
                          .args = args,
                          .arg_count = 1,
                          .grants = &grant,
                          .grant_count = 1};
    struct spawned spawned;
    struct spawn_end end = {.code = 0};
    struct rpc rpc = {.complete = NULL};
    sync_u32 *words;

    frame_allocator_allocate(rt(), frames, 1, &object);
    memory_object_share(rt(), object, false, &view);
    words = map(object);
    grant.cap = view;
    check(capos_spawn(&spawn, &spawned, NULL) == 0, "a child with a share");
    while (sync_load(&words[0]) == 0) {
        park_shared(&words[0], 0);
    }
    check(sync_load(&words[0]) == 1, "it woke its parent");
    sync_store(&words[1], 5);
    wake(&words[1], 1, RING_SHARED);
    check(spawn_wait(&spawned, &end) == 0 && end.code == 5,
          "and was woken by it");
    park_submit(ring_self(), &rpc, &words[1], 5, TIMEOUT_NEVER, RING_SHARED);
    check(wake(&words[1], 1, 0) == 0 && wake(&words[1], 1, RING_SHARED) == 1,
          "shared and private words are different things");
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        return child();
    }
    check_refusals();
    check_timeout();
    check_records();
    check_unmapped();
    check_order();
    check_ping_pong();
    check_ended();
    check_exit();
    check_shared();
    return check_status();
}
