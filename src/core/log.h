/*
 * log.h - the kernel's log: to the machine's log port, and into a ring in
 * memory that LogReader hands out.
 *
 * One line a call, without a newline at its end. Any context; takes LOCK_LOG.
 */
#ifndef CAPOS_CORE_LOG_H
#define CAPOS_CORE_LOG_H

#include <stddef.h>
#include <stdint.h>

/* The values of KernelParams.LogLevel. */
enum log_level {
    LOG_ERROR = 0,
    LOG_WARNING = 1,
    LOG_INFO = 2,
    LOG_DEBUG = 3,
};

void log_init(void);

/* Lines less severe than level are dropped from now on. */
void log_set_level(enum log_level level);

void log_write(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

/*
 * Copies up to max bytes of the ring from *cursor on. *cursor is moved behind
 * them, *dropped is how many bytes after the old cursor were overwritten.
 */
size_t log_read(uint64_t *cursor, uint64_t *dropped, void *to, size_t max);

#endif
