/*
 * log.c - lines of this back end in the kernel's log.
 */
#include <stdarg.h>

#include "fmt.h"
#include "internal.h"

void x86_log(const char *format, ...)
{
    char line[168] = "hal: "; /* one write: other CPUs write, too */
    const size_t prefix = 5, room = sizeof(line) - prefix - 1;
    size_t length;
    va_list args;

    va_start(args, format);
    length = fmt_vformat(line + prefix, room, format, args);
    va_end(args);
    length = prefix + (length < room ? length : room - 1);
    line[length++] = '\n';
    hal_console_write(HAL_PORT_LOG, line, length);
}
