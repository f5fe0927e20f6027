/*
 * trace_print_test.c - the three ways in which capos-trace prints a trace, and
 * that records of any content leave text, JSON and histograms well-formed.
 */
#include "trace_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capos.gen.h"
#include "check_run.h"
#include "errors.h"
#include "histogram.h"
#include "json.h"
#include "timeline.h"

#define CALL_ID 0x100002000u
#define ROUNDS 300u

static struct trace_make make;
static char *printed;
static size_t printed_bytes;

/* Prints with one of the three; the text is in printed until drop(). */
static void print(void (*how)(FILE *out, const struct model *model))
{
    FILE *out = open_memstream(&printed, &printed_bytes);
    struct model model;

    ck_assert_ptr_nonnull(out);
    model_init(&model, &make.trace);
    how(out, &model);
    model_fini(&model);
    fclose(out);
}

static void drop(void)
{
    free(printed);
}

static uint32_t occurrences(const char *what)
{
    uint32_t count = 0;

    for (const char *at = printed; (at = strstr(at, what)) != NULL; at++) {
        count++;
    }
    return count;
}

static struct timeline_filter filter;

static void print_filtered(FILE *out, const struct model *model)
{
    (void)timeline_print(out, model, &filter);
}

/* A call of thread 1, delivered to thread 2, and returned. */
static void make_call(void)
{
    trace_make_two(&make);
    trace_make_add(&make, TRACE_LEAVE, 1, 1, 0);
    trace_make_add(&make, TRACE_SYSCALL, 1, 0, 1);
    trace_make_add(&make, TRACE_SQE, 1, 1, 0);
    trace_make_add(&make, TRACE_CALL, 1, ECHO_INTERFACE_ID, 0);
    trace_make_add(&make, TRACE_TARGET, 1, 9, 5);
    trace_make_add(&make, TRACE_BEGIN, 1, CALL_ID, 0);
    trace_make_add(&make, TRACE_DELIVER, 1, CALL_ID, 2);
    trace_make_add(&make, TRACE_WAKE, 2, 2, 0);
    trace_make_add(&make, TRACE_WAIT, 1, 1, 0);
    trace_make_add(&make, TRACE_LEAVE, 2, 2, 0);
    trace_make_add(&make, TRACE_SYSCALL, 2, 0, 1);
    trace_make_add(&make, TRACE_SQE, 2, 3, CALL_ID);
    trace_make_add(&make, TRACE_RETURN, 1, CALL_ID, (uint64_t)ERR_EXCEPTION);
    trace_make_add(&make, TRACE_WAKE, 1, 1, 0);
    trace_make_add(&make, TRACE_WAIT, 2, 2, 0);
    trace_make_add(&make, TRACE_LEAVE, 1, 1, 0);
    trace_make_add(&make, TRACE_END, 1, 1, 1);
    trace_make_add(&make, TRACE_LEAVE, 0, 0, 0);
}

START_TEST(test_trace_print_text)
{
    make_call();
    filter = (struct timeline_filter){.to_ns = UINT64_MAX};
    print(print_filtered);
    ck_assert_uint_eq(occurrences("\n"), make.trace.count);
    ck_assert_uint_eq(occurrences("call      Echo.add\n"), 1);
    ck_assert_uint_eq(occurrences("process 2 \"echo\"\n"), 1);
    ck_assert_uint_eq(occurrences("object 9 endpoint 5\n"), 1);
    ck_assert_uint_eq(occurrences("deliver   call 100002000 to thread 2\n"),
                      1);
    ck_assert_uint_eq(occurrences("result ERR_EXCEPTION\n"), 1);
    ck_assert_uint_eq(occurrences("leave     idle\n"), 1);
    drop();
}
END_TEST

START_TEST(test_trace_print_filters)
{
    make_call();
    filter = (struct timeline_filter){
        .to_ns = UINT64_MAX, .by_kind = true, .kind = TRACE_WAIT};
    print(print_filtered);
    ck_assert_uint_eq(occurrences("\n"), 2);
    drop();
    filter = (struct timeline_filter){
        .to_ns = UINT64_MAX, .by_thread = true, .thread = 2};
    print(print_filtered);
    ck_assert_uint_eq(occurrences("\n"), 6);
    drop();
    filter = (struct timeline_filter){.from_ns = 7, .to_ns = 9};
    print(print_filtered);
    ck_assert_uint_eq(occurrences("\n"), 3);
    drop();
    filter = (struct timeline_filter){.to_ns = UINT64_MAX, .process = "echo"};
    print(print_filtered);
    ck_assert_uint_eq(occurrences("\n"), 6 + 2 + 1); /* 1: delivered to it */
    drop();
}
END_TEST

START_TEST(test_trace_print_json)
{
    make_call();
    print(json_print);
    ck_assert_uint_eq(occurrences("\"ph\":\"s\""), 1);
    ck_assert_uint_eq(occurrences("\"ph\":\"t\""), 2); /* there, and leaving */
    ck_assert_uint_eq(occurrences("\"ph\":\"f\""), 1);
    ck_assert_uint_eq(occurrences("\"ph\":\"b\""), 1);
    ck_assert_uint_eq(occurrences("\"ph\":\"e\""), 1);
    ck_assert_uint_eq(occurrences("\"name\":\"cap_enter\""), 2);
    ck_assert_uint_eq(occurrences("\"name\":\"waiting\""), 2);
    ck_assert_uint_eq(occurrences("\"name\":\"idle\""), 1);
    ck_assert_uint_eq(occurrences("\"name\":\"init, thread 1\""), 2);
    ck_assert_uint_eq(occurrences("\"ph\":\"B\""),
                      occurrences("\"ph\":\"E\""));
    drop();
}
END_TEST

START_TEST(test_trace_print_json_escapes)
{
    trace_make_two(&make);
    trace_make_add(&make, TRACE_NAME, 0, 3, 0x5c22); /* "\ */
    trace_make_add(&make, TRACE_THREAD, 3, 3, 3);
    print(json_print);
    ck_assert_uint_eq(occurrences("\"name\":\"\\\"\\\\\""), 2);
    drop();
}
END_TEST

/* Two CPUs: CPU 0 wakes thread 2, asks CPU 1 for attention, and flushes it. */
static void make_cpus(void)
{
    trace_make_two(&make);
    trace_make_on(&make, 1, TRACE_CPU, 0, 1, 0);
    trace_make_on(&make, 1, TRACE_LEAVE, 0, 0, 0);
    trace_make_on(&make, 0, TRACE_LEAVE, 1, 1, 0);
    trace_make_on(&make, 0, TRACE_SYSCALL, 1, 0, 1);
    trace_make_on(&make, 0, TRACE_WAKE, 2, 2, 0);
    trace_make_on(&make, 0, TRACE_IPI, 1, 1u << 1, TRACE_IPI_ATTENTION);
    trace_make_on(&make, 0, TRACE_IPI, 1, 1u << 1, TRACE_IPI_ATTENTION);
    trace_make_on(&make, 0, TRACE_WAIT, 1, 1, 0);
    trace_make_on(&make, 1, TRACE_IRQ, 0, TRACE_LINE_ATTENTION, 0);
    trace_make_on(&make, 1, TRACE_STEAL, 0, 1, 0);
    trace_make_on(&make, 0, TRACE_WAKE, 1, 1, 0);
    trace_make_on(&make, 1, TRACE_LEAVE, 1, 1, 0);
    trace_make_on(&make, 0, TRACE_LEAVE, 2, 2, 0);
    trace_make_on(&make, 0, TRACE_SYSCALL, 2, 0, 1);
    trace_make_on(&make, 0, TRACE_IPI, 2, 1u << 1, TRACE_IPI_FLUSH);
    trace_make_on(&make, 0, TRACE_LEAVE, 2, 2, 0);
}

START_TEST(test_trace_print_cpus)
{
    make_cpus();
    filter = (struct timeline_filter){.to_ns = UINT64_MAX};
    print(print_filtered);
    ck_assert_uint_eq(occurrences("ipi       attention to cpu 1\n"), 2);
    ck_assert_uint_eq(occurrences("ipi       flush to cpu 1\n"), 1);
    ck_assert_uint_eq(occurrences("cpu       cpu 1\n"), 1);
    ck_assert_uint_eq(occurrences("irq       line 1 attention\n"), 1);
    ck_assert_uint_eq(occurrences("steal     thread 1 from cpu 0\n"), 1);
    drop();
    filter = (struct timeline_filter){
        .to_ns = UINT64_MAX, .by_cpu = true, .cpu = 1};
    print(print_filtered);
    ck_assert_uint_eq(occurrences("\n"), 5);
    ck_assert_uint_eq(occurrences(" cpu1  "), 5);
    drop();
}
END_TEST

START_TEST(test_trace_print_json_cpus)
{
    make_cpus();
    print(json_print);
    /* Two attentions are one arrow; one more for the flush. */
    ck_assert_uint_eq(occurrences("\"ph\":\"s\""), 2);
    ck_assert_uint_eq(occurrences("\"ph\":\"f\""), 2);
    ck_assert_uint_eq(occurrences("\"name\":\"ipi\",\"cat\":\"ipi\","
                                  "\"id\":\"0x0\",\"bp\":\"e\"}"), 1);
    ck_assert_uint_eq(occurrences("\"name\":\"start\",\"cat\":\"cpu\""), 1);
    /* The kernel: start, twice through the gate, once by interrupt. */
    ck_assert_uint_eq(occurrences("\"cat\":\"kernel\""), 4);
    ck_assert_uint_eq(occurrences("\"name\":\"CPU 1\""), 1);
    /* CPU 0 leaves thread 1 when CPU 1 has it: that does not make it ready. */
    ck_assert_uint_eq(occurrences("\"name\":\"ready\""), 2);
    ck_assert_uint_eq(occurrences("\"name\":\"init, thread 1\""), 2);
    drop();
}
END_TEST

/* An arrow to a CPU that never answers, and that has no slice, has an end. */
START_TEST(test_trace_print_json_unanswered)
{
    trace_make_two(&make);
    trace_make_add(&make, TRACE_CPU, 1, 0, 1);
    trace_make_add(&make, TRACE_CPU, 1, 2, 0);
    trace_make_add(&make, TRACE_IPI, 1, UINT64_MAX, TRACE_IPI_ATTENTION);
    print(json_print);
    ck_assert_uint_eq(occurrences("\"ph\":\"s\""), 3);
    ck_assert_uint_eq(occurrences("\"ph\":\"f\""), 3);
    ck_assert_uint_eq(occurrences("\"ph\":\"B\""),
                      occurrences("\"ph\":\"E\""));
    drop();
}
END_TEST

START_TEST(test_trace_print_histogram)
{
    trace_make_two(&make);
    for (uint32_t i = 0; i < 20; i++) {
        trace_make_add(&make, TRACE_CALL, 1, ECHO_INTERFACE_ID, 0);
        trace_make_add(&make, TRACE_BEGIN, 1, CALL_ID + i, 0);
        trace_make_add(&make, TRACE_RETURN, 1, CALL_ID + i,
                       i == 3 ? (uint64_t)ERR_EXCEPTION : 0);
    }
    trace_make_add(&make, TRACE_CALL, 1, 1, 200);
    print(histogram_print);
    ck_assert_ptr_nonnull(strstr(printed, "Echo.add: 20 calls, 1 failed\n"));
    ck_assert_ptr_nonnull(strstr(printed, "median        2 ns"));
    ck_assert_ptr_nonnull(
        strstr(printed, "method 200: 1 call, 1 without an end\n"));
    drop();
}
END_TEST

START_TEST(test_trace_print_percentile)
{
    uint64_t times[200];

    for (uint32_t i = 0; i < 200; i++) {
        times[i] = i + 1;
    }
    ck_assert_uint_eq(histogram_percentile(times, 200, 50), 100);
    ck_assert_uint_eq(histogram_percentile(times, 200, 99), 198);
    ck_assert_uint_eq(histogram_percentile(times, 1, 50), 1);
    ck_assert_uint_eq(histogram_percentile(times, 1, 99), 1);
    ck_assert_uint_eq(histogram_percentile(times, 3, 50), 2);
}
END_TEST

/* Few ids, so that records meet; now and then one that is out of all range. */
static uint64_t any(void)
{
    return rand() % 50 == 0 ? UINT64_MAX - (uint64_t)(rand() % 3)
                            : (uint64_t)(rand() % 6);
}

static void make_any(void)
{
    make.trace = (struct trace){.records = make.records};
    for (uint32_t i = 0; i < TRACE_MAKE_RECORDS; i++) {
        trace_make_add(&make, (uint16_t)(rand() % 32), (uint32_t)any(), any(),
                       any());
        make.records[i].cpu = (uint16_t)(rand() % 3);
        make.records[i].time_ns = i + (uint64_t)(rand() % 8);
    }
}

START_TEST(test_trace_print_anything)
{
    srand(1);
    filter = (struct timeline_filter){.to_ns = UINT64_MAX, .process = "3"};
    for (uint32_t i = 0; i < ROUNDS; i++) {
        make_any();
        print(json_print);
        ck_assert_uint_eq(occurrences("\"ph\":\"B\""),
                          occurrences("\"ph\":\"E\""));
        ck_assert_uint_eq(occurrences("\"ph\":\"s\""),
                          occurrences("\"ph\":\"f\""));
        ck_assert_uint_eq(occurrences("\"ph\":\"b\""),
                          occurrences("\"ph\":\"e\""));
        drop();
        print(histogram_print);
        drop();
        print(print_filtered);
        drop();
    }
}
END_TEST

START_TEST(test_trace_print_refused)
{
    uint64_t bytes[16] = {0};
    struct trace_file head = {.magic = TRACE_MAGIC,
                              .version = TRACE_VERSION,
                              .record_bytes = sizeof(struct trace_record)};
    struct trace trace;

    ck_assert_ptr_nonnull(trace_open(bytes, 31, &trace));
    ck_assert_ptr_nonnull(trace_open(bytes, sizeof(bytes), &trace));
    memcpy(bytes, &head, sizeof(head));
    ck_assert_ptr_null(trace_open(bytes, sizeof(bytes), &trace));
    ck_assert_uint_eq(trace.count, 3);
    ck_assert_ptr_null(trace_open(bytes, sizeof(head), &trace));
    ck_assert_uint_eq(trace.count, 0);
    ck_assert_ptr_nonnull(trace_open(bytes, sizeof(bytes) - 1, &trace));
    ((struct trace_file *)bytes)->version++;
    ck_assert_ptr_nonnull(trace_open(bytes, sizeof(bytes), &trace));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_trace_print_text,
        test_trace_print_filters,
        test_trace_print_json,
        test_trace_print_json_escapes,
        test_trace_print_cpus,
        test_trace_print_json_cpus,
        test_trace_print_json_unanswered,
        test_trace_print_histogram,
        test_trace_print_percentile,
        test_trace_print_anything,
        test_trace_print_refused,
        NULL,
    };

    return check_run("trace_print", tests);
}
