/* log.c - rings of records, and what is written to the log port. */
#include "log.h"

#include <stdarg.h>

#include "check/inject.h"
#include "fail.h"
#include "fmt.h"
#include "hal.h"
#include "lock.h"

#define LOG_KERNEL_BYTES 65536u

/* What stands before the text in a ring; both are filled up to 8 bytes. */
struct log_head {
    uint64_t number;
    uint64_t time_ns;
    uint32_t length;
    uint32_t level; /* enum log_level */
};

static struct lock log_lock;
static sync_u32 log_level;
static struct list log_rings;
static uint32_t log_ring_count;
static uint64_t log_count; /* records ever appended */
static uint8_t log_kernel_bytes[LOG_KERNEL_BYTES];
static struct log_ring log_kernel = {
    .component = "kernel",
    .bytes = log_kernel_bytes,
    .capacity = LOG_KERNEL_BYTES,
};

static const char *const log_names[LOG_LEVELS] = {"error", "warning", "info",
                                                  "debug"};

/* ------------------------------------------------------------------- rings */

static uint32_t log_straight(const struct log_ring *ring, uint32_t at,
                             uint32_t count)
{
    return count < ring->capacity - at ? count : ring->capacity - at;
}

static void log_copy_in(struct log_ring *ring, uint32_t offset,
                        const void *from, uint32_t count)
{
    uint32_t at = (ring->first + offset) % ring->capacity;
    uint32_t straight = log_straight(ring, at, count);

    __builtin_memcpy(ring->bytes + at, from, straight);
    __builtin_memcpy(ring->bytes, (const char *)from + straight,
                     count - straight);
}

static void log_copy_out(const struct log_ring *ring, uint32_t offset,
                         void *to, uint32_t count)
{
    uint32_t at = (ring->first + offset) % ring->capacity;
    uint32_t straight = log_straight(ring, at, count);

    __builtin_memcpy(to, ring->bytes + at, straight);
    __builtin_memcpy((char *)to + straight, ring->bytes, count - straight);
}

static uint32_t log_record_bytes(uint32_t length)
{
    return (uint32_t)((sizeof(struct log_head) + length + 7u) & ~7ull);
}

/* The head of the record at an offset where there is one. */
static struct log_head log_head_at(const struct log_ring *ring,
                                   uint32_t offset)
{
    struct log_head head;

    log_copy_out(ring, offset, &head, sizeof(head));
    return head;
}

/* Drops the oldest records until so many bytes are free. */
static void log_make_room(struct log_ring *ring, uint32_t bytes)
{
    while (ring->capacity - ring->used < bytes) {
        uint32_t oldest = log_record_bytes(log_head_at(ring, 0).length);

        ring->first = (ring->first + oldest) % ring->capacity;
        ring->used -= oldest;
    }
}

static void log_store(struct log_ring *ring, const struct log_record *record)
{
    const struct log_head head = {
        .number = record->number,
        .time_ns = record->time_ns,
        .length = record->length,
        .level = record->level,
    };
    uint32_t bytes = log_record_bytes(record->length);

    log_make_room(ring, bytes);
    log_copy_in(ring, ring->used, &head, sizeof(head));
    log_copy_in(ring, ring->used + (uint32_t)sizeof(head), record->text,
                record->length);
    ring->used += bytes;
    ring->newest = record->number;
}

int32_t log_add(struct log_ring *ring)
{
    bool room;

    lock_acquire(&log_lock);
    room = log_ring_count < LOG_SINKS_MAX && !inject_refuses(INJECT_SLOT);
    if (room) {
        log_ring_count++;
        list_push_back(&log_rings, &ring->link);
    }
    lock_release(&log_lock);
    return room ? 0 : FAIL(ERR_OVERLOADED, "LOG_SINKS_MAX log sinks");
}

void log_remove(struct log_ring *ring)
{
    lock_acquire(&log_lock);
    list_remove(&ring->link);
    log_ring_count--;
    lock_release(&log_lock);
}

/* ---------------------------------------------------------------- appending */

void log_init(void)
{
    lock_init(&log_lock, LOCK_LOG);
    sync_store(&log_level, LOG_INFO);
    list_init(&log_rings);
    list_push_back(&log_rings, &log_kernel.link);
}

void log_set_level(enum log_level level)
{
    sync_store(&log_level, level);
}

enum log_level log_get_level(void)
{
    return (enum log_level)sync_load(&log_level);
}

/* Numbers the record, keeps it and shows it. */
static void log_publish(struct log_ring *ring, struct log_record *record)
{
    char line[LOG_LINE_BYTES];
    size_t bytes;

    lock_acquire(&log_lock);
    record->time_ns = hal_time_now();
    record->number = log_count++;
    log_store(ring, record);
    bytes = log_line(record, line);
    hal_console_write(HAL_PORT_LOG, line, bytes);
    lock_release(&log_lock);
}

/* Of what others said nothing reaches a terminal that could move its cursor. */
static void log_clean(char *text, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f) {
            text[i] = '?';
        }
    }
}

bool log_append(struct log_ring *ring, enum log_level level, const char *text,
                uint32_t length)
{
    struct log_record record = {
        .level = level, .component = ring->component, .length = length};

    if (level > log_get_level()) {
        return false;
    }
    __builtin_memcpy(record.text, text, length);
    log_clean(record.text, length);
    log_publish(ring, &record);
    return true;
}

void log_write(enum log_level level, const char *format, ...)
{
    struct log_record record = {.level = level,
                                .component = log_kernel.component};
    size_t length;
    va_list args;

    if (level > log_get_level()) {
        return;
    }
    va_start(args, format);
    length = fmt_vformat(record.text, sizeof(record.text), format, args);
    va_end(args);
    record.length = (uint32_t)(length < sizeof(record.text)
                                   ? length
                                   : sizeof(record.text) - 1);
    log_clean(record.text, record.length);
    log_publish(&log_kernel, &record);
}

size_t log_line(const struct log_record *record, char line[LOG_LINE_BYTES])
{
    bool kernel = record->component == log_kernel.component;
    uint64_t now_us = record->time_ns / 1000;
    size_t length = fmt_format(line, LOG_LINE_BYTES, "[%5llu.%06llu] %s: %s%s",
                               (unsigned long long)(now_us / 1000000),
                               (unsigned long long)(now_us % 1000000),
                               log_names[record->level],
                               kernel ? "" : record->component,
                               kernel ? "" : ": ");

    __builtin_memcpy(line + length, record->text, record->length);
    length += record->length;
    line[length++] = '\n';
    return length;
}

/* ------------------------------------------------------------------ reading */

static struct log_ring *log_ring_after(const struct log_ring *ring)
{
    struct list_node *node = ring ? list_next(&log_rings, &ring->link)
                                  : list_first(&log_rings);

    return node ? container_of(node, struct log_ring, link) : NULL;
}

static void log_seek_ring(struct log_ring *ring, uint64_t number)
{
    ring->seen = ring->newest < number ? ring->used : 0;
    while (ring->seen < ring->used) {
        struct log_head head = log_head_at(ring, ring->seen);

        if (head.number >= number) {
            break;
        }
        ring->seen += log_record_bytes(head.length);
    }
}

void log_seek(uint64_t number)
{
    struct log_ring *ring = NULL;

    lock_assert(&log_lock);
    while ((ring = log_ring_after(ring))) {
        log_seek_ring(ring, number);
    }
}

void log_begin(uint64_t number)
{
    lock_acquire(&log_lock);
    log_seek(number);
}

/* The ring whose next record is the first of all; NULL: there is none. */
static struct log_ring *log_first(struct log_head *head)
{
    struct log_ring *first = NULL;
    struct log_ring *ring = NULL;

    while ((ring = log_ring_after(ring))) {
        if (ring->seen < ring->used) {
            struct log_head next = log_head_at(ring, ring->seen);

            if (!first || next.number < head->number) {
                *head = next;
                first = ring;
            }
        }
    }
    return first;
}

bool log_next(struct log_record *record)
{
    struct log_head head = {0};
    struct log_ring *ring = log_first(&head);

    if (!ring) {
        return false;
    }
    record->number = head.number;
    record->time_ns = head.time_ns;
    record->level = (enum log_level)head.level;
    record->component = ring->component;
    record->length = head.length;
    log_copy_out(ring, ring->seen + (uint32_t)sizeof(head), record->text,
                 head.length);
    ring->seen += log_record_bytes(head.length);
    return true;
}

void log_end(void)
{
    lock_release(&log_lock);
}

uint64_t log_total(void)
{
    lock_assert(&log_lock);
    return log_count;
}
