/*
 * engine.h - inside the explorer: actors, accesses, schedules.
 *
 * Layers: main.c and search.c (which schedules) -> schedule.c (one schedule, and
 * who runs next) -> race.c (what is ordered before what) and state.c (the copy
 * of everything, by which each schedule begins at the same point). access.c is
 * where the instrumented code comes in. Nothing of the engine lies in the state.
 */
#ifndef CAPOS_EXPLORE_ENGINE_H
#define CAPOS_EXPLORE_ENGINE_H

#include "explore.h"

#define ENGINE_STEPS_MAX 400000u /* accesses in a schedule: else it has no end */
#define ENGINE_DEPTH_MAX 65536u  /* choices in a schedule */
#define ENGINE_TEXT_BYTES 2048u

/* An access: a bit each. */
enum access {
    ACCESS_WRITE = 1,
    ACCESS_ATOMIC = 2,
};

enum actor_state {
    ACTOR_OFF = 0, /* no such CPU */
    ACTOR_RUNS,
    ACTOR_WAITS,
    ACTOR_SPINS, /* until somebody stores to watch, or anything if that is 0 */
};

struct actor {
    void *at; /* the stack pointer while another one runs */
    enum actor_state state;
    uint32_t watch;
    uint32_t priority;
    uint64_t count; /* accesses in this schedule: names the points in it */
    uint32_t allocator;
    /* The last load, and how often it has been the same one. */
    const void *load_at;
    const void *load_pc;
    uint64_t load_value;
    uint32_t load_repeats;
    bool load_relaxed;
    uint64_t load_stores; /* how many there had been of others */
    uint64_t stores;      /* its own */
    /* Preempted before this access; met: another one conflicts with it. */
    bool preempted;
    bool met;
    uint32_t offset;
    uint32_t bytes;
    uint32_t how;
    uint32_t level; /* the choice, depth first, that preempted it */
    uint32_t to;    /* for whom */
};

extern struct actor actors[EXPLORE_ACTORS];

/* ----------------------------------------------------------------- schedules */

/* Where the schedule leaves the default, which is: go on; or else the lowest. */
struct choice {
    uint32_t actor;
    uint32_t to;
    uint64_t when; /* twice the actor's accesses, odd behind the last one */
};

enum engine_mode {
    MODE_SETUP,  /* take turns */
    MODE_FIRST,  /* the default */
    MODE_SEARCH, /* depth first */
    MODE_RANDOM, /* priorities */
    MODE_REPLAY, /* given choices */
};

enum engine_result {
    RESULT_BEGUN, /* the scenario has called explore_begin */
    RESULT_DONE,  /* all CPUs wait, or the machine is off */
    RESULT_REDUNDANT,
    RESULT_FAILED,
};

struct engine {
    enum engine_mode mode;
    bool begun;
    bool calm;
    uint64_t stores;
    uint64_t stores_then; /* when all that spin were last called ready */
    bool quiet; /* explore_quiet; nobody else runs meanwhile */
    bool mute;  /* accesses are those of a check, not of the machine */
    bool trace; /* print what happens */
    uint32_t cpus;
    uint32_t steps;
    uint32_t points; /* at which there was a choice */
    uint32_t preemptions;
    uint64_t skipped; /* alternatives of the search known to be redundant */
    uint32_t early; /* deadlines that passed while CPUs could run */
    uint32_t bound;
    /* What was chosen in this schedule. */
    struct choice choices[ENGINE_DEPTH_MAX];
    uint32_t choice_count;
    /* MODE_REPLAY: what to choose. */
    const struct choice *replay;
    uint32_t replay_count;
    /* Why it failed. */
    char kind[64];
    char text[ENGINE_TEXT_BYTES];
    void *back; /* the stack of the engine itself */
    enum engine_result result;
};

extern struct engine engine;

/* Runs from the snapshot (or from nothing) to an end. */
enum engine_result schedule_run(enum engine_mode mode);

/* The actor is about to do this: perhaps another one runs first. */
void schedule_point(uint32_t offset, uint32_t bytes, uint32_t how,
                    const void *pc);

/* A store was done: who spins on it, goes on. */
void schedule_stored(uint32_t offset, uint32_t bytes);

/* Ends the schedule. */
_Noreturn void schedule_end(enum engine_result result);

/* --------------------------------------------------------------------- order */

void race_init(void);

/* A new schedule: no actor has seen anything of another. */
void race_start(void);

/* Fails the schedule if an access of another actor is neither before nor after. */
void race_access(uint32_t offset, uint32_t bytes, uint32_t how,
                 const void *pc);

/* An atomic access that takes over what was released there, or releases. */
void race_acquire(uint32_t offset);
void race_release(uint32_t offset, bool keep);

/* True if a choice is needed before an access there. */
bool race_point(uint32_t offset, uint32_t how);

/* Takes what was learnt about locations into account from now on. */
void race_learn(void);

/* True if something was learnt since race_learn. */
bool race_learnt(void);

/* --------------------------------------------------------------------- state */

void state_init(void);
uint32_t state_bytes(void);

/* True if it is in the state; then *offset is where. */
bool state_holds(const void *at, uint32_t *offset);
void *state_at(uint32_t offset);

/* Will be written to. */
void state_dirty(uint32_t offset, uint32_t bytes);

/* Keeps a copy; comes back to it, false if that was not all. */
void state_save(void);
void state_restore(void);
bool state_restored(void);

/* Freed memory, see explore_freed. */
bool state_freed(uint32_t offset);

/* ------------------------------------------------------------ the machine's */

/* A CPU, from its start. */
void machine_cpu(void);

/* Pointers of the stacks that no actor stands on, but that are in use. */
uint32_t machine_stacks(void **at);

/* Makes the first deadline pass; if there is one, true from machine_deadline. */
bool machine_deadline(void);
void machine_clock(void);

/* A new schedule begins. */
void machine_start(void);

/* Nothing happens any more: checks. Fails the schedule if something is wrong. */
void machine_stopped(void);

/* True if programs may access that part of the state. */
bool machine_user_memory(uint32_t offset);

#endif
