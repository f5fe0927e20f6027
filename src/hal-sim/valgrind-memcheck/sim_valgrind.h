/* sim_valgrind.h - what is asked of Valgrind, if it runs us. */
#ifndef SIM_VALGRIND_H
#define SIM_VALGRIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <valgrind/memcheck.h>

#define SIM_VALGRIND_STACKS_MAX 256u

/* Stacks told to Valgrind; low is 0 where the place is free. */
struct sim_valgrind_stacks {
    uint64_t low[SIM_VALGRIND_STACKS_MAX];
    unsigned id[SIM_VALGRIND_STACKS_MAX];
};

/* sim_space.c is the only file that uses its stacks. */
static struct sim_valgrind_stacks sim_valgrind_stacks;

static inline bool sim_valgrind_running(void)
{
    return RUNNING_ON_VALGRIND != 0;
}

/* The bytes hold values, whatever was known of their addresses. */
static inline void sim_valgrind_defined(const void *bytes, size_t size)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(bytes, size);
}

/* [low, high) is a user stack: needed for whole stack traces. */
static inline void sim_valgrind_stack(uint64_t low, uint64_t high)
{
    struct sim_valgrind_stacks *stacks = &sim_valgrind_stacks;

    for (uint32_t i = 0; i < SIM_VALGRIND_STACKS_MAX; i++) {
        if (stacks->low[i] == low) {
            return;
        }
        if (stacks->low[i] == 0) {
            stacks->low[i] = low;
            stacks->id[i] = VALGRIND_STACK_REGISTER(low, high);
            return;
        }
    }
}

/* The stacks in a window are no more. */
static inline void sim_valgrind_stacks_forget(uint64_t base, uint64_t size)
{
    struct sim_valgrind_stacks *stacks = &sim_valgrind_stacks;

    for (uint32_t i = 0; i < SIM_VALGRIND_STACKS_MAX; i++) {
        if (stacks->low[i] >= base && stacks->low[i] - base < size) {
            VALGRIND_STACK_DEREGISTER(stacks->id[i]);
            stacks->low[i] = 0;
        }
    }
}

/*
 * A program that faults on purpose may have turned the reports of errors off
 * (VALGRIND_DISABLE_ERROR_REPORTING) for its host thread: on again.
 */
static inline void sim_valgrind_errors_shown(void)
{
    VALGRIND_ENABLE_ERROR_REPORTING;
}

#endif
