/*
 * sim_valgrind.h - what is asked of Helgrind, if it runs us.
 *
 * Programs are none of its business: they may race as they like, and what the
 * kernel sees of them it must not trust. So it looks at no window, neither for
 * programs nor for the kernel; ThreadSanitizer sees the kernel there.
 */
#ifndef SIM_VALGRIND_H
#define SIM_VALGRIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <valgrind/helgrind.h>

static inline bool sim_valgrind_running(void)
{
    return RUNNING_ON_VALGRIND != 0;
}

/* The bytes, in a window, were mapped. */
static inline void sim_valgrind_defined(const void *bytes, size_t size)
{
    VALGRIND_HG_DISABLE_CHECKING(bytes, size);
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
    VALGRIND_ENABLE_ERROR_REPORTING;
}

#endif
