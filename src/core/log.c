/* log.c - the kernel's log. */
#include "log.h"

#include <stdarg.h>

#include "fmt.h"
#include "hal.h"
#include "lock.h"

#define LOG_BYTES 65536u
#define LOG_LINE_BYTES 256u

static struct lock log_lock;
static enum log_level log_level = LOG_INFO;
static char log_ring[LOG_BYTES];
static uint64_t log_end; /* bytes ever written */

static const char *const log_names[] = {"error", "warning", "info", "debug"};

void log_init(void)
{
    lock_init(&log_lock, LOCK_LOG);
}

void log_set_level(enum log_level level)
{
    log_level = level;
}

static size_t log_clip(size_t length, size_t size)
{
    return length < size ? length : size - 1;
}

void log_write(enum log_level level, const char *format, ...)
{
    char line[LOG_LINE_BYTES];
    uint64_t now_us;
    size_t length;
    va_list args;

    if (level > log_level) {
        return;
    }
    now_us = hal_time_now() / 1000;
    length = fmt_format(line, sizeof(line) - 1, "[%5llu.%06llu] %s: ",
                        (unsigned long long)(now_us / 1000000),
                        (unsigned long long)(now_us % 1000000),
                        log_names[level]);
    va_start(args, format);
    length += fmt_vformat(line + length, sizeof(line) - 1 - length, format,
                          args);
    va_end(args);
    length = log_clip(length, sizeof(line) - 1);
    line[length++] = '\n';
    lock_acquire(&log_lock);
    for (size_t i = 0; i < length; i++) {
        log_ring[log_end++ % LOG_BYTES] = line[i];
    }
    hal_console_write(HAL_PORT_LOG, line, length);
    lock_release(&log_lock);
}

size_t log_read(uint64_t *cursor, uint64_t *dropped, void *to, size_t max)
{
    size_t count = 0;
    char *bytes = to;

    lock_acquire(&log_lock);
    *dropped = 0;
    if (*cursor > log_end) {
        *cursor = log_end;
    }
    if (log_end - *cursor > LOG_BYTES) {
        *dropped = log_end - LOG_BYTES - *cursor;
        *cursor = log_end - LOG_BYTES;
    }
    while (count < max && *cursor < log_end) {
        bytes[count++] = log_ring[(*cursor)++ % LOG_BYTES];
    }
    lock_release(&log_lock);
    return count;
}
