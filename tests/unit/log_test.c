/* log_test.c - the log's rings: what is kept, what gives way, what is read. */
#include "log.h"

#include <string.h>

#include "check_run.h"
#include "hal.h"

#define RINGS 3u
#define RECORDS 2000u

static uint8_t ring_bytes[RINGS][2048];
static struct log_ring rings[RINGS];

static void begin(void)
{
    static const char *const names[RINGS] = {"one", "two", "three"};
    static const uint32_t sizes[RINGS] = {LOG_BYTES_MIN, 1032, 2048};

    log_init();
    for (uint32_t i = 0; i < RINGS; i++) {
        rings[i] = (struct log_ring){.bytes = ring_bytes[i],
                                     .capacity = sizes[i]};
        memcpy(rings[i].component, names[i], strlen(names[i]));
        ck_assert_int_eq(log_add(&rings[i]), 0);
    }
}

static bool record_is(const struct log_record *record, const char *component,
                      const char *text)
{
    return strcmp(record->component, component) == 0 &&
           record->length == strlen(text) &&
           memcmp(record->text, text, record->length) == 0;
}

START_TEST(test_log_order)
{
    struct log_record record;

    begin();
    ck_assert(log_append(&rings[1], LOG_ERROR, "first", 5));
    log_info("second %u", 2u);
    ck_assert(log_append(&rings[0], LOG_WARNING, "", 0));
    ck_assert(!log_append(&rings[0], LOG_DEBUG, "no", 2));
    log_begin(0);
    ck_assert_uint_eq(log_total(), 3);
    ck_assert(log_next(&record) && record.number == 0 &&
              record.level == LOG_ERROR && record_is(&record, "two", "first"));
    ck_assert(log_next(&record) && record.number == 1 &&
              record_is(&record, "kernel", "second 2"));
    ck_assert(log_next(&record) && record.number == 2 &&
              record_is(&record, "one", ""));
    ck_assert(!log_next(&record));
    log_seek(2);
    ck_assert(log_next(&record) && record.number == 2);
    log_seek(3);
    ck_assert(!log_next(&record));
    log_seek(UINT64_MAX);
    ck_assert(!log_next(&record));
    log_end();
}
END_TEST

START_TEST(test_log_level)
{
    begin();
    ck_assert_int_eq(log_get_level(), LOG_INFO);
    log_set_level(LOG_ERROR);
    ck_assert(!log_append(&rings[0], LOG_WARNING, "x", 1));
    ck_assert(log_append(&rings[0], LOG_ERROR, "x", 1));
    log_set_level(LOG_DEBUG);
    ck_assert(log_append(&rings[0], LOG_DEBUG, "x", 1));
}
END_TEST

START_TEST(test_log_clean)
{
    static const char dirty[] = "a\x1b[1m\n\x7f\x80\xff\0b";
    struct log_record record;
    char line[LOG_LINE_BYTES];
    size_t bytes;

    begin();
    ck_assert(log_append(&rings[0], LOG_INFO, dirty, sizeof(dirty) - 1));
    log_begin(0);
    ck_assert(log_next(&record));
    log_end();
    ck_assert_uint_eq(record.length, sizeof(dirty) - 1);
    ck_assert_mem_eq(record.text, "a?[1m??\x80\xff?b", record.length);
    bytes = log_line(&record, line);
    ck_assert_mem_eq(line, "[    0.", 7);
    ck_assert_ptr_nonnull(memmem(line, bytes, "] info: one: a?[1m??", 20));
    ck_assert_int_eq(line[bytes - 1], '\n');
}
END_TEST

START_TEST(test_log_longest)
{
    char text[LOG_TEXT_BYTES_MAX];
    char line[LOG_LINE_BYTES];
    struct log_record record;

    begin();
    memset(rings[0].component, 'c', NAME_BYTES_MAX);
    memset(text, 't', sizeof(text));
    for (int i = 0; i < 100; i++) {
        ck_assert(log_append(&rings[0], LOG_INFO, text, sizeof(text)));
    }
    log_info("%0300d", 7);
    log_begin(99);
    ck_assert(log_next(&record) && record.length == sizeof(text));
    record.time_ns = UINT64_MAX;
    ck_assert_uint_le(log_line(&record, line), sizeof(line));
    ck_assert(log_next(&record) && record.length == LOG_TEXT_BYTES_MAX - 1);
    ck_assert(!log_next(&record));
    log_end();
}
END_TEST

static uint32_t random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* What record i is: its ring, level and text follow from i. */
static uint32_t ring_of(uint32_t i)
{
    uint32_t state = i + 1;

    return random_next(&state) % RINGS;
}

static uint32_t text_of(uint32_t i, char text[LOG_TEXT_BYTES_MAX])
{
    uint32_t state = i + 77;
    uint32_t length = random_next(&state) % (LOG_TEXT_BYTES_MAX + 1);

    for (uint32_t at = 0; at < length; at++) {
        text[at] = (char)('a' + random_next(&state) % 26);
    }
    return length;
}

/* In every ring the newest records that fit are there, and nothing else. */
static void check_ring(const bool *there, uint32_t ring, uint32_t count)
{
    uint32_t bytes = 0;
    char text[LOG_TEXT_BYTES_MAX];
    bool older_gone = false;

    for (uint32_t i = count; i-- > 0;) {
        if (ring_of(i) != ring) {
            continue;
        }
        if (there[i]) {
            ck_assert(!older_gone);
            bytes += (24 + text_of(i, text) + 7) & ~7u;
            ck_assert_uint_le(bytes, rings[ring].capacity);
        } else if (!older_gone) {
            older_gone = true;
            bytes += (24 + text_of(i, text) + 7) & ~7u;
            ck_assert_uint_gt(bytes, rings[ring].capacity);
        }
    }
}

START_TEST(test_log_drops_oldest)
{
    static bool there[RECORDS];
    char text[LOG_TEXT_BYTES_MAX];
    struct log_record record;

    begin();
    for (uint32_t i = 0; i < RECORDS; i++) {
        ck_assert(log_append(&rings[ring_of(i)], (enum log_level)(i % 3), text,
                             text_of(i, text)));
    }
    log_begin(0);
    while (log_next(&record)) {
        uint32_t i = (uint32_t)record.number;

        ck_assert(!there[i]);
        there[i] = true;
        ck_assert_uint_eq(record.level, i % 3);
        ck_assert_ptr_eq(record.component, rings[ring_of(i)].component);
        ck_assert_uint_eq(record.length, text_of(i, text));
        ck_assert_mem_eq(record.text, text, record.length);
    }
    log_end();
    for (uint32_t ring = 0; ring < RINGS; ring++) {
        check_ring(there, ring, RECORDS);
    }
}
END_TEST

/* From every number on, the first record is the same as in the whole. */
START_TEST(test_log_seek)
{
    static uint64_t numbers[RECORDS];
    struct log_record record;
    char text[LOG_TEXT_BYTES_MAX];
    uint32_t count = 0;

    begin();
    for (uint32_t i = 0; i < 300; i++) {
        (void)log_append(&rings[ring_of(i)], LOG_INFO, text, text_of(i, text));
    }
    log_begin(0);
    while (log_next(&record)) {
        ck_assert(count == 0 || numbers[count - 1] < record.number);
        numbers[count++] = record.number;
    }
    for (uint32_t number = 0, at = 0; number < 300; number++) {
        while (at < count && numbers[at] < number) {
            at++;
        }
        log_seek(number);
        ck_assert(log_next(&record) == (at < count));
        ck_assert(at == count || record.number == numbers[at]);
    }
    log_end();
}
END_TEST

START_TEST(test_log_remove)
{
    struct log_record record;

    begin();
    ck_assert(log_append(&rings[0], LOG_INFO, "gone", 4));
    ck_assert(log_append(&rings[1], LOG_INFO, "there", 5));
    log_remove(&rings[0]);
    log_begin(0);
    ck_assert(log_next(&record) && record_is(&record, "two", "there"));
    ck_assert(!log_next(&record) && log_total() == 2);
    log_end();
}
END_TEST

START_TEST(test_log_many)
{
    static struct log_ring many[LOG_SINKS_MAX + 1];
    static uint8_t bytes[LOG_BYTES_MIN];
    uint32_t added = 0;

    log_init();
    for (uint32_t i = 0; i <= LOG_SINKS_MAX; i++) {
        many[i] = (struct log_ring){.bytes = bytes, .capacity = LOG_BYTES_MIN};
        added += log_add(&many[i]) == 0;
    }
    ck_assert_uint_eq(added, LOG_SINKS_MAX);
    log_remove(&many[3]);
    ck_assert_int_eq(log_add(&many[LOG_SINKS_MAX]), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_log_order, test_log_level, test_log_clean, test_log_longest,
        test_log_drops_oldest, test_log_seek, test_log_remove, test_log_many,
        NULL,
    };

    return check_run("log", tests);
}
