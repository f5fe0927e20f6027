/* bench_wait.c - giving way to another process, and waiting for a thread. */
#include "bench.h"

#include "capos.h"
#include "spawn.h"
#include "sync_park.h"

static struct spawned yielder;
static struct thread *waker;
static sync_u32 turns[2]; /* whose turn it is not any more is 1 */
static sync_u32 stop;

/* ------------------------------------------------------------------- yielding */

int bench_yield(void)
{
    for (;;) {
        ring_yield(ring_self());
    }
}

static int32_t begin_yield(void)
{
    return bench_spawn("yield", NULL, 0, 0, &yielder);
}

/* Each yield comes with one of the other process. */
static void run_yield(uint32_t times)
{
    for (; times >= 2; times -= 2) {
        ring_yield(ring_self());
    }
}

static void end_yield(void)
{
    struct spawn_end how;

    (void)process_handle_kill(rt(), yielder.process, 0);
    (void)spawn_wait(&yielder, &how);
}

/* -------------------------------------------------------------------- parking */

/* Wakes who waits for its turn, and waits for the own one: one entry. */
static void take_turns(uint32_t own)
{
    struct ring_client *client = ring_self();
    struct rpc rpc = {.complete = NULL};

    sync_store(&turns[own], 1);
    sync_store(&turns[1 - own], 0);
    (void)unpark_submit(client, NULL, &turns[1 - own], 1, 0);
    (void)park_submit(client, &rpc, &turns[own], 1, TIMEOUT_NEVER, 0);
    (void)ring_await(client, &rpc);
}

static void wake_in_turn(void *unused)
{
    (void)unused;
    while (!sync_load(&stop)) {
        take_turns(1);
    }
}

static int32_t begin_park(void)
{
    sync_store(&stop, 0);
    return thread_start(&waker, wake_in_turn, NULL);
}

/* Each turn comes with one of the other thread. */
static void run_park(uint32_t times)
{
    for (; times >= 2; times -= 2) {
        take_turns(0);
    }
}

static void end_park(void)
{
    sync_store(&stop, 1);
    sync_store(&turns[1], 0);
    unpark_one(&turns[1]);
    (void)thread_join(waker, NULL);
}

const struct bench_row bench_wait_rows[] = {
    {.name = "yield", .text = "yield between processes",
     .run = run_yield, .begin = begin_yield, .end = end_yield},
    {.name = "park", .text = "unpark + park until the other runs",
     .run = run_park, .begin = begin_park, .end = end_park},
    {.name = NULL},
};
