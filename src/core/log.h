/*
 * log.h - the log of the kernel and of all components: to the machine's log
 * port, and in rings in memory that LogReader hands out.
 *
 * A record has a number, counted from 0 on in the whole system, a time, a level
 * and a text. Each component has a ring of its own, in which its oldest records
 * give way to new ones, so nobody can push out what others wrote; readers get
 * the records of all rings in the order of their numbers. What was dropped is
 * what is missing between two numbers.
 *
 * Lock: LOCK_LOG, taken inside; any context, unless said otherwise.
 */
#ifndef CAPOS_CORE_LOG_H
#define CAPOS_CORE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits.h"
#include "list.h"

/* The values of KernelParams.LogLevel. */
enum log_level {
    LOG_ERROR = 0,
    LOG_WARNING = 1,
    LOG_INFO = 2,
    LOG_DEBUG = 3,
    LOG_LEVELS,
};

/* A component's records; the lock guards all of it. */
struct log_ring {
    struct list_node link;
    char component[NAME_BYTES_MAX + 1];
    uint8_t *bytes;
    uint32_t capacity; /* a multiple of 8 */
    uint32_t first;    /* where the oldest record begins */
    uint32_t used;
    uint64_t newest;   /* number of the last record, if any */
    uint32_t seen;     /* of used: before a reading's next record */
};

void log_init(void);

/* Records less severe than level are not kept from now on. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* A record of the kernel's own; no newline at its end. */
void log_write(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

/*
 * Adds an empty ring, its component, bytes and capacity (at least LOG_BYTES_MIN)
 * set. ERR_OVERLOADED: there are LOG_SINKS_MAX.
 */
int32_t log_add(struct log_ring *ring);

/* Takes it away, with its records. */
void log_remove(struct log_ring *ring);

/*
 * Appends a record of at most LOG_TEXT_BYTES_MAX bytes, of which control
 * characters become '?'. False: the level is not severe enough to be kept.
 */
bool log_append(struct log_ring *ring, enum log_level level, const char *text,
                uint32_t length);

/* A record, as readers get it. */
struct log_record {
    uint64_t number;
    uint64_t time_ns;
    enum log_level level;
    const char *component; /* valid during the reading */
    uint32_t length;
    char text[LOG_TEXT_BYTES_MAX];
};

/*
 * A reading from a number on. Nothing is appended between begin and end, which
 * take and release the lock: be short. The numbers from the first one on that
 * were neither returned by log_next, nor will be, are those of dropped records.
 */
void log_begin(uint64_t number);
void log_seek(uint64_t number); /* as if it had begun there */
bool log_next(struct log_record *record);
void log_end(void);

/* How many records there ever were. During a reading. */
uint64_t log_total(void);

/* The longest line of a record, with its newline. */
#define LOG_LINE_BYTES (LOG_TEXT_BYTES_MAX + NAME_BYTES_MAX + 48u)

/* The record as a line for people; returns its bytes. No lock. */
size_t log_line(const struct log_record *record, char line[LOG_LINE_BYTES]);

#endif
