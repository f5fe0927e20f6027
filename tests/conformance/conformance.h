/*
 * conformance.h - the test of hal.h, for every back end.
 *
 * A toy kernel stands where the core stands. It is a list of steps; each starts
 * with its start function and ends with step_end, at once or in an event that
 * the machine reports to it. Every check prints a line "ok N - what" or "not ok
 * N - what" on the terminal; the machine is powered off with the number of
 * failures (99 at most).
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include "hal.h"
#include "sync.h"
#include "user.h"

struct step {
    const char *name;
    void (*start)(void);
};

/* What the machine reports goes to the running step; NULL: not expected. */
struct events {
    void (*syscall)(uint64_t number, uint64_t a0, uint64_t a1);
    void (*tick)(void);
    void (*fault)(const struct hal_fault *fault);
    void (*attention)(void);
};

/*
 * The same for the CPUs other than 0, which are given their number. They do
 * nothing by themselves; attention is how a step makes them.
 */
struct other_events {
    void (*attention)(uint32_t cpu);
    void (*syscall)(uint32_t cpu);
    void (*tick)(uint32_t cpu);
    void (*fault)(uint32_t cpu, const struct hal_fault *fault);
};

extern struct events on;
extern struct hal_boot boot_copy;
extern bool under_valgrind;

extern const struct step memory_steps[];
extern const struct step run_steps[];
extern const struct step fault_steps[];
extern const struct step time_steps[];
extern const struct step cpu_steps[];
extern const struct step flush_steps[];

/* Prints a result and counts it. */
void check(bool good, const char *what);

/* Prints a line that explains the one after it. */
void note(const char *what, uint64_t value);

/* The running step is over; the next starts before the kernel is left. */
void step_end(void);

/* ----------------------------------------------------------- several CPUs */

/* CPUs that have called core_on_cpu, bit n for CPU n. */
extern sync_u64 started;

/* All CPUs but 0 that the machine has, one bit each. */
uint64_t other_cpus(void);

/* From now on these go there; what they point to must stay. */
void others_do(const struct other_events *events);

/* Interrupts all other CPUs. */
void others_attention(void);

/*
 * The step waits until all other CPUs have set their bits, looking now and
 * then; after too long a time the check fails. Then next is called.
 */
void await_others(const sync_u64 *bits, const char *what, void (*next)(void));

/* The same inside of the kernel, where time may stand still. */
void spin_for_others(const sync_u64 *bits, const char *what);

/* Contiguous zeroed frames, never given back. */
uint64_t frames(uint64_t count);

/* ----------------------------------------------------------------- programs */

/* A space with code, one data page and a stack, and one context in it. */
struct program {
    struct hal_space space;
    struct hal_context context;
    uint64_t data;       /* address of the data page */
    uint64_t data_phys;
    uint64_t code;
    uint32_t tables;     /* frames given to the space */
};

/* Makes a program that will start at a label of user.S. */
void program_make(struct program *program, const char *entry);

/* Where the program has a label of user.S. */
uint64_t program_address(const struct program *program, const char *label);

/* The kernel's way to an offset in the data page; the program may be any. */
uint64_t *program_word(struct program *program, uint64_t offset);

/* Makes it the one that runs. */
void program_run(struct program *program);

/* Makes none the one that runs. */
void program_none(void);

/* Unmaps all, takes the tables back, ends the space; checks the accounts. */
void program_end(struct program *program);

/* Maps pages, giving the frames for tables that are asked for. */
int32_t map_pages(struct hal_space *space, uint64_t va, uint64_t phys,
                  uint64_t pages, uint32_t protection, uint32_t *tables);

/* Takes back every frame given to an empty space; returns how many. */
uint32_t take_tables(struct hal_space *space);

#define CODE_OFFSET (4ull << 20)
#define DATA_OFFSET (8ull << 20)
#define STACK_OFFSET (16ull << 20)
#define STACK_PAGES 4u

extern const char conf_user_begin[], conf_user_end[];

#endif
