/*
 * log_reader.c - LogReader: the log, for people.
 *
 * Whoever logs waits for the log's lock. So lines are made a few at a time, the
 * lock being let go between, and records, which are counted before they are given,
 * are looked at in a limited number; who wants more goes on from the cursor it got.
 */
#include "log.h"
#include "obj/methods.h"
#include "obj/root.h"
#include "sched/cpu.h"
#include "text.h"

#define LOG_LOOKED_AT_MAX 256u
#define LOG_LINES_MAX 1024u   /* that one reading gives */
#define LOG_LINES_AT_ONCE 16u /* with the lock held */

static struct object log_reader_object;

/* How far a reading came. */
struct log_progress {
    uint64_t cursor;
    uint64_t next;
    uint64_t seen; /* records between that were there */
    uint64_t most; /* of these */
};

static struct log_progress log_progress_begin(uint64_t cursor, uint64_t most)
{
    struct log_progress progress;

    log_begin(cursor);
    progress.cursor = cursor < log_total() ? cursor : log_total();
    progress.next = progress.cursor;
    progress.seen = 0;
    progress.most = most;
    return progress;
}

/* The next record, not yet counted; false: the end, which is reached. */
static bool log_progress_look(struct log_progress *progress,
                              struct log_record *record)
{
    if (!log_next(record)) {
        progress->next = log_total();
        return false;
    }
    progress->next = record->number; /* the gap before it is passed */
    return progress->seen < progress->most;
}

static void log_progress_count(struct log_progress *progress)
{
    progress->next++;
    progress->seen++;
}

static uint64_t log_dropped(const struct log_progress *progress)
{
    return progress->next - progress->cursor - progress->seen;
}

/* -------------------------------------------------------------------- lines */

/* Where lines go. */
struct log_lines {
    uint8_t *bytes;
    uint32_t room;
    uint32_t count; /* bytes so far */
};

/* Adds the line of a record; false: there is no room for it. */
static bool log_lines_add(struct log_lines *lines,
                          const struct log_record *record)
{
    char line[LOG_LINE_BYTES];
    uint32_t left = lines->room - lines->count;
    uint32_t length = (uint32_t)log_line(record, line);

    if (length > left && lines->count == 0) {
        length = left; /* a part is better than to stand still */
    }
    if (length == 0 || length > left) {
        return false;
    }
    __builtin_memcpy(lines->bytes + lines->count, line, length);
    lines->count += length;
    return true;
}

/* A few lines; false: that was all, or all that there is room for. */
static bool log_lines_read(struct log_lines *lines,
                           struct log_progress *progress)
{
    struct log_record record;
    bool more = true;

    log_begin(progress->next);
    for (uint32_t i = 0; more && i < LOG_LINES_AT_ONCE; i++) {
        more = log_progress_look(progress, &record) &&
               log_lines_add(lines, &record);
        if (more) {
            log_progress_count(progress);
        }
    }
    log_end();
    return more;
}

static int32_t log_reader_read(void *self, struct server_call *call,
                               struct log_reader_read_params_reader params,
                               struct log_reader_read_results_builder results)
{
    uint32_t max = log_reader_read_params_get_max(params);
    uint32_t room = wire_builder_room(&call->builder);
    struct log_lines lines = {.bytes = cpu_self()->params,
                              .room = max < room ? max : room};
    struct log_progress progress = log_progress_begin(
        log_reader_read_params_get_cursor(params), LOG_LINES_MAX);

    (void)self;
    log_end();
    while (log_lines_read(&lines, &progress)) {
    }
    log_reader_read_results_set_next(results, progress.next);
    log_reader_read_results_set_dropped(results, log_dropped(&progress));
    log_reader_read_results_set_data(
        results, (struct wire_data){lines.bytes, lines.count});
    return 0;
}

/* ------------------------------------------------------------------ records */

/* What is asked for. */
struct log_query {
    uint64_t cursor;
    uint16_t min_level;
    struct wire_text prefix;
    uint32_t max;
    uint32_t room; /* bytes of results */
};

static bool log_wanted(const struct log_query *query,
                       const struct log_record *record)
{
    return record->level <= query->min_level &&
           query->prefix.length <= text_length(record->component) &&
           __builtin_memcmp(record->component, query->prefix.bytes,
                            query->prefix.length) == 0;
}

static uint32_t log_text_bytes(uint32_t length)
{
    return (length + 1 + 7u) & ~7u;
}

/* Bytes of a record in results. */
static uint32_t log_entry_bytes(const struct log_record *record)
{
    return LOG_RECORD_BYTES + log_text_bytes(record->length) +
           log_text_bytes((uint32_t)text_length(record->component));
}

/* How many records of those wanted fit. */
static uint32_t log_count_fitting(const struct log_query *query,
                                  struct log_progress *progress)
{
    uint32_t left = query->room < 8 ? 0 : query->room - 8;
    struct log_record record;
    uint32_t count = 0;

    while (log_progress_look(progress, &record)) {
        if (log_wanted(query, &record)) {
            uint32_t bytes = log_entry_bytes(&record);

            if (count == query->max || bytes > left) {
                break;
            }
            left -= bytes;
            count++;
        }
        log_progress_count(progress);
    }
    return count;
}

static void log_fill(struct log_record_builder entry,
                     const struct log_record *record)
{
    log_record_set_number(entry, record->number);
    log_record_set_nanoseconds(entry, record->time_ns);
    log_record_set_level(entry, (uint16_t)record->level);
    log_record_set_component(
        entry, (struct wire_text){record->component,
                                  (uint32_t)text_length(record->component)});
    log_record_set_text(entry,
                        (struct wire_text){record->text, record->length});
}

/* Fills the list with the records that were counted, from the beginning. */
static void log_fill_list(const struct log_query *query, uint32_t count,
                          struct log_reader_records_results_builder results)
{
    struct wire_builder_list list =
        log_reader_records_results_init_entries(results, count);
    struct log_record record;

    for (uint32_t i = 0; i < count && log_next(&record);) {
        if (log_wanted(query, &record)) {
            log_fill(log_reader_records_results_entries_build(list, i++),
                     &record);
        }
    }
}

static int32_t log_reader_records(
    void *self, struct server_call *call,
    struct log_reader_records_params_reader params,
    struct log_reader_records_results_builder results)
{
    const struct log_query query = {
        .cursor = log_reader_records_params_get_cursor(params),
        .min_level = log_reader_records_params_get_min_level(params),
        .prefix = log_reader_records_params_get_component_prefix(params),
        .max = log_reader_records_params_get_max(params),
        .room = wire_builder_room(&call->builder),
    };
    struct log_progress progress;
    uint32_t count;

    (void)self;
    if (query.min_level >= LOG_LEVELS) {
        return kernel_raise(call, ERR_INVALID, "there is no such level");
    }
    progress = log_progress_begin(query.cursor, LOG_LOOKED_AT_MAX);
    count = log_count_fitting(&query, &progress);
    log_seek(query.cursor);
    log_fill_list(&query, count, results);
    log_end();
    log_reader_records_results_set_next(results, progress.next);
    log_reader_records_results_set_dropped(results, log_dropped(&progress));
    return 0;
}

static const struct log_reader_server log_reader_handlers = {
    .read = log_reader_read,
    .records = log_reader_records,
};

static int32_t log_reader_methods(struct object *object,
                                  struct kernel_call *call)
{
    return log_reader_dispatch(&log_reader_handlers, object, &call->server);
}

static const struct object_type log_reader_type = {
    .interface_id = LOG_READER_INTERFACE_ID,
    .name = "log-reader",
    .dispatch = log_reader_methods,
    .destroy = root_destroy,
};

const struct root log_reader_root = {
    .name = "log",
    .object = &log_reader_object,
    .type = &log_reader_type,
};
