/*
 * bench.h - the rows of the benchmark: what is measured, in several files.
 */
#ifndef CAPOS_BENCH_H
#define CAPOS_BENCH_H

#include <stdint.h>

struct spawned;

#define BENCH_IN_FLIGHT 32u
#define BENCH_DATA_BYTES 4096u
#define BENCH_HOLDERS_MAX 10000u

/* Tables of these end with one whose name is NULL. */
struct bench_row {
    const char *name; /* in the arguments */
    const char *text; /* for people */
    void (*run)(uint32_t times);
    int32_t (*begin)(void); /* before, and after it is measured; or NULL */
    void (*end)(void);
    int32_t (*prepare)(void); /* before each round, not measured; or NULL */
    uint32_t times;           /* in a round; 0: the usual number */
};

extern const struct bench_row bench_ring_rows[];
extern const struct bench_row bench_call_rows[];
extern const struct bench_row bench_cap_rows[];
extern const struct bench_row bench_wait_rows[];

/* The time stamp counter. */
uint64_t bench_stamp(void);

/*
 * Starts this program as a peer in that role, with a capability (name NULL: with
 * none), and room for caps_max capabilities (0: the usual). 0 or as capos_spawn.
 */
int32_t bench_spawn(const char *role, const char *name, uint64_t cap,
                    uint32_t caps_max, struct spawned *peer);

/*
 * Starts the server, with room for that many capabilities (0: the usual), and
 * ends it. 0 or an ERR_*.
 */
int32_t bench_begin(uint32_t caps_max);
void bench_end(void);

/* How it is called, between these two. */
extern uint64_t bench_facet;

/* What the peers do, as their main does. */
int bench_serve(void);
int bench_yield(void);

#endif
