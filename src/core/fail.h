/*
 * fail.h - how the kernel says no, and how it stops when it is wrong.
 *
 * Every error return goes through FAIL, so that a trace can say which line
 * refused and why. ASSERT is for what no input can cause.
 */
#ifndef CAPOS_CORE_FAIL_H
#define CAPOS_CORE_FAIL_H

#include <stdint.h>

#include "errors.h"

/* return FAIL(ERR_BAD_FLAGS, "reserved flag set"); */
#define FAIL(error, reason) fail_note((error), __FILE__, __LINE__, (reason))

/* Always checked: a kernel that goes on from a broken invariant is worse. */
#define ASSERT(condition)                                                      \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fail_stop(#condition, __FILE__, __LINE__);                         \
        }                                                                      \
    } while (0)

/* Traces a refusal (TRACE_ERROR) and returns error. Any context. */
int32_t fail_note(int32_t error, const char *file, uint32_t line,
                  const char *reason);

/* Logs the condition and stops the machine. Any context. */
_Noreturn void fail_stop(const char *condition, const char *file,
                         uint32_t line);

#endif
