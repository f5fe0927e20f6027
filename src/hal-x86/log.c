/*
 * log.c - lines of this back end in the kernel's log.
 */
#include <stdarg.h>

#include "fmt.h"
#include "internal.h"

void x86_log(const char *format, ...)
{
    char line[160];
    size_t length;
    va_list args;

    va_start(args, format);
    length = fmt_vformat(line, sizeof(line), format, args);
    va_end(args);
    if (length >= sizeof(line)) {
        length = sizeof(line) - 1;
    }
    hal_console_write(HAL_PORT_LOG, "hal: ", 5);
    hal_console_write(HAL_PORT_LOG, line, length);
    hal_console_write(HAL_PORT_LOG, "\n", 1);
}

void hal_trace(enum trace_kind kind, uint32_t thread, uint64_t a, uint64_t b)
{
    (void)kind, (void)thread, (void)a, (void)b; /* see hal_trace_enabled */
}
