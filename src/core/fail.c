/* fail.c - refusals and broken invariants. */
#include "fail.h"

#include "fmt.h"
#include "hal.h"
#include "log.h"
#include "sched/cpu.h"
#include "proc/thread.h"

int32_t fail_note(int32_t error, const char *file, uint32_t line,
                  const char *reason)
{
    const struct thread *thread = cpu_self()->current;

    if (hal_trace_enabled()) {
        hal_trace(TRACE_ERROR, thread ? (uint32_t)thread->id : 0,
                  (uint64_t)(int64_t)error, line);
    }
    log_debug("refused (%d) at %s:%u: %s", error, file, line, reason);
    return error;
}

void fail_stop(const char *condition, const char *file, uint32_t line)
{
    static char message[192];

    (void)fmt_format(message, sizeof(message), "%s:%u: not true: %s", file,
                     line, condition);
    hal_stop(message);
}
