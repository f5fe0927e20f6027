/*
 * scale_linux.c - process-scale and thread-scale as a Linux program, and as the
 * whole user space of a Linux guest, to compare with (tests/bench/scale).
 *
 * usage: scale_linux LIMIT ROUNDS
 * Counts the primes below LIMIT ROUNDS times by one and by two processes and
 * threads, shared out as the capOS programs do, and prints for each
 *   MICROSECONDS us with COUNT processes|threads
 * As process 1 it switches the machine off in the end.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../examples/process-scale/primes.h"

#define WORKERS_MAX 2u

static uint32_t limit;
static struct primes primes;
static _Atomic uint32_t next_piece;
static _Atomic uint32_t *found; /* shared with children */

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static uint32_t count_piece(uint32_t first)
{
    uint32_t end = first + PRIMES_PIECE;

    return primes_count(&primes, first, end < limit ? end : limit);
}

static void count_share(uint32_t index, uint32_t workers)
{
    uint32_t mine = 0;

    primes_init(&primes);
    for (uint32_t first = index * PRIMES_PIECE; first < limit;
         first += workers * PRIMES_PIECE) {
        mine += count_piece(first);
        sched_yield();
    }
    atomic_fetch_add(found, mine);
}

static void run_processes(uint32_t workers)
{
    for (uint32_t i = 0; i < workers; i++) {
        pid_t child = fork();

        if (child == 0) {
            count_share(i, workers);
            _exit(0);
        }
    }
    while (wait(NULL) > 0) {
        /* until none is left */
    }
}

static void *count_pieces(void *argument)
{
    uint32_t mine = 0;
    uint32_t first;

    while ((first = atomic_fetch_add(&next_piece, PRIMES_PIECE)) < limit) {
        mine += count_piece(first);
        sched_yield();
    }
    atomic_fetch_add(found, mine);
    return argument;
}

static void run_threads(uint32_t workers)
{
    pthread_t threads[WORKERS_MAX];

    primes_init(&primes);
    atomic_store(&next_piece, 0);
    for (uint32_t i = 0; i < workers; i++) {
        if (pthread_create(&threads[i], NULL, count_pieces, NULL) != 0) {
            abort();
        }
    }
    for (uint32_t i = 0; i < workers; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void measure(void (*run)(uint32_t workers), uint32_t workers,
                    const char *what)
{
    uint64_t begin_us = now_us();

    atomic_store(found, 0);
    run(workers);
    begin_us = now_us() - begin_us;
    if (primes_known(limit) != 0 && *found != primes_known(limit)) {
        printf("wrong: %u primes below %u\n", *found, limit);
    }
    printf("  %llu us with %u %s\n", (unsigned long long)begin_us, workers,
           what);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    uint32_t rounds = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1;

    limit = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 3000000u;
    found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (found == MAP_FAILED || limit > PRIMES_LIMIT_MAX) {
        return 1;
    }
    while (rounds-- > 0) {
        for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
            measure(run_processes, workers, "processes");
        }
        for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
            measure(run_threads, workers, "threads");
        }
    }
    if (getpid() == 1) {
        reboot(RB_AUTOBOOT);
    }
    return 0;
}
