/*
 * bench.h - the rows of the benchmark: what is measured, in several files.
 */
#ifndef CAPOS_BENCH_H
#define CAPOS_BENCH_H

#include <stdint.h>

struct spawned;

/* Tables of these end with one whose name is NULL. */
struct bench_row {
    const char *name; /* in the arguments */
    const char *text; /* for people */
    void (*run)(uint32_t times);
    int32_t (*begin)(void); /* before, and after it is measured; or NULL */
    void (*end)(void);
};

extern const struct bench_row bench_ring_rows[];
extern const struct bench_row bench_call_rows[];
extern const struct bench_row bench_wait_rows[];

/* The time stamp counter. */
uint64_t bench_stamp(void);

/*
 * Starts this program as a peer in that role, with a capability (name NULL: with
 * none). 0 or as capos_spawn.
 */
int32_t bench_spawn(const char *role, const char *name, uint64_t cap,
                    struct spawned *peer);

/* What the peers do, as their main does. */
int bench_serve(void);
int bench_yield(void);

#endif
