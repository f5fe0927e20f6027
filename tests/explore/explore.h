/*
 * explore.h - the explorer as its machine and its scenarios see it.
 *
 * Core, ring client, machine and scenarios are one program on one host thread.
 * Each virtual CPU is an actor with a stack; one more actor, the clock, has none
 * and only makes deadlines pass. At any time one actor runs. It goes on until
 * the schedule says that another one runs (before an access that matters), or
 * until it waits.
 *
 * The instrumented parts (core, library, ring client) report every access to
 * the state by themselves (access.c). The machine, which is not instrumented,
 * reports with the functions below what of it several CPUs can see.
 */
#ifndef CAPOS_EXPLORE_H
#define CAPOS_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPLORE_CPUS_MAX 3u
#define EXPLORE_ACTORS (EXPLORE_CPUS_MAX + 1u)
#define EXPLORE_CLOCK EXPLORE_CPUS_MAX /* the actor that is the clock */

/* The CPU that runs. */
extern uint32_t explore_cpu;

struct user;

/*
 * The kernel's trace is on: then every entry goes the general way, and no call or
 * hand-over a short one. It is said by the name: SCENARIO+general.
 */
extern bool explore_general;

/* One small program with several CPUs in it. */
struct explore_scenario {
    const char *name;
    const char *about;
    uint32_t cpus;
    bool ticks; /* deadlines may pass while CPUs run, not only when all wait */
    bool both;  /* its calls go a short way: the general one is explored, too */
    uint32_t bound_max; /* more preemptions take too long; 0: as many as asked */
    void (*run)(struct user *self); /* the first process */
};

extern const struct explore_scenario *explore_scenario;

/* ------------------------------------------------------- what the machine says */

/* A plain access of the machine on behalf of the CPU that runs. */
void explore_read(const void *at, size_t bytes);
void explore_write(const void *at, size_t bytes);

/* The same for words that order CPUs among themselves. */
void explore_load(const void *at);
void explore_store(const void *at);

/* The CPU that runs waits for explore_ready, which another actor calls. */
void explore_wait(void);
void explore_ready(uint32_t cpu);

/* The CPU that runs spins until somebody stores to `at`, or calls it ready. */
void explore_spin_on(const void *at);

/* As explore_spin_on, for what this CPU has loaded last. */
void explore_spin(void);

/* Before explore_begin: another CPU's turn. */
void explore_turn(void);

/* Bytes of memory that nobody may touch any more, or may touch again. */
void explore_freed(const void *at, size_t bytes);
void explore_taken(const void *at, size_t bytes);

/* Until the matching end, this CPU is an allocator and may touch such memory. */
void explore_allocator_begin(void);
void explore_allocator_end(void);

/* What this CPU does until the matching end concerns nobody else. */
void explore_quiet(bool quiet);

/* Ends the schedule: kind is one of a few words, the same for the same defect. */
_Noreturn void explore_fail(const char *kind, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends the schedule: the machine was switched off. */
_Noreturn void explore_off(void);

/* For people who look at one schedule; nothing otherwise. */
bool explore_tracing(void);
void explore_trace(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* ------------------------------------------------------ what scenarios say */

/*
 * Everything is set up: from the next access on, schedules are explored. Before
 * that the CPUs take turns.
 */
void explore_begin(void);

/* What follows is not interesting: no more choices in this schedule. */
void explore_calm(void);

/* True from explore_begin on. */
bool explore_begun(void);

#endif
