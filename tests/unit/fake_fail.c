/* fake_fail.c - refusals without a trace; a broken invariant aborts. */
#include <stdio.h>
#include <stdlib.h>

#include "fail.h"

int32_t fail_note(int32_t error, const char *file, uint32_t line,
                  const char *reason)
{
    (void)file, (void)line, (void)reason;
    return error;
}

_Noreturn void fail_stop(const char *condition, const char *file, uint32_t line)
{
    fprintf(stderr, "%s:%u: %s\n", file, line, condition);
    abort();
}
