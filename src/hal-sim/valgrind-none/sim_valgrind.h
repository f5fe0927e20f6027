/* sim_valgrind.h - builds without Valgrind's headers: there is no Valgrind. */
#ifndef SIM_VALGRIND_H
#define SIM_VALGRIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool sim_valgrind_running(void)
{
    return false;
}

/* The bytes hold values, whatever was known of their addresses. */
static inline void sim_valgrind_defined(const void *bytes, size_t size)
{
    (void)bytes, (void)size;
}

/* [low, high) is a user stack: needed for whole stack traces. */
static inline void sim_valgrind_stack(uint64_t low, uint64_t high)
{
    (void)low, (void)high;
}

/* The stacks in a window are no more. */
static inline void sim_valgrind_stacks_forget(uint64_t base, uint64_t size)
{
    (void)base, (void)size;
}

/*
 * A program that faults on purpose may have turned the reports of errors off
 * (VALGRIND_DISABLE_ERROR_REPORTING) for its host thread: on again.
 */
static inline void sim_valgrind_errors_shown(void)
{
}

#endif
