/*
 * histogram.c - calls sorted by method and time, then counted.
 *
 * A call lasts from its CALL to its end: what its caller sees, the time in
 * queues included. Calls without an end by the last record are counted apart.
 */
#include "histogram.h"

#include <inttypes.h>
#include <stdlib.h>

#include "names.h"

#define BUCKETS 65u /* 0; then those with i bits */
#define BAR_WIDTH 40u

/* One method's calls: a run of the sorted list. */
struct group {
    const struct model_call *const *calls;
    uint32_t count; /* all */
    uint32_t ended;
    uint32_t failed;
};

static uint64_t duration(const struct model_call *call)
{
    return call->end_ns > call->call_ns ? call->end_ns - call->call_ns : 0;
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_method(const struct model_call *a, const struct model_call *b)
{
    int order = compare(a->interface, b->interface);

    return order != 0 ? order : compare(a->method, b->method);
}

/* By method, then those that ended, by duration. */
static int by_method_and_time(const void *left, const void *right)
{
    const struct model_call *a = *(const struct model_call *const *)left;
    const struct model_call *b = *(const struct model_call *const *)right;
    int order = by_method(a, b);

    if (order == 0) {
        order = compare(b->ended, a->ended);
    }
    return order != 0 ? order : compare(duration(a), duration(b));
}

static int by_count(const void *left, const void *right)
{
    const struct group *a = left;
    const struct group *b = right;
    int order = compare(b->count, a->count);

    return order != 0 ? order : by_method(*a->calls, *b->calls);
}

uint64_t histogram_percentile(const uint64_t *sorted, uint32_t count,
                              uint32_t q)
{
    uint64_t rank = ((uint64_t)count * q + 99) / 100;

    return sorted[rank != 0 ? rank - 1 : 0];
}

/* A time in the unit that suits it, 12 columns wide. */
static void print_time(FILE *out, uint64_t ns)
{
    if (ns < 10000) {
        fprintf(out, "%9" PRIu64 " ns", ns);
    } else if (ns < 10000000) {
        fprintf(out, "%7" PRIu64 ".%01u us", ns / 1000,
                (unsigned)(ns % 1000 / 100));
    } else {
        fprintf(out, "%7" PRIu64 ".%01u ms", ns / 1000000,
                (unsigned)(ns % 1000000 / 100000));
    }
}

static uint32_t bucket_of(uint64_t ns)
{
    return ns == 0 ? 0 : 64u - (uint32_t)__builtin_clzll(ns);
}

static void print_bars(FILE *out, const uint64_t *times, uint32_t count)
{
    uint32_t in[BUCKETS] = {0};
    uint32_t most = 0;
    bool begun = false;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t now = ++in[bucket_of(times[i])];

        most = now > most ? now : most;
    }
    for (uint32_t i = 0; i <= bucket_of(times[count - 1]); i++) {
        uint64_t width = ((uint64_t)in[i] * BAR_WIDTH + most - 1) / most;

        begun = begun || (i != 0 && in[i] != 0);
        if (in[i] == 0 && !begun) {
            continue; /* between "at once" and the first that took time */
        }
        fputs("  from ", out);
        print_time(out, i == 0 ? 0 : 1ull << (i - 1));
        fprintf(out, " %8" PRIu32 "%s", in[i], width != 0 ? " " : "");
        while (width-- > 0) {
            fputc('#', out);
        }
        fputc('\n', out);
    }
}

static void print_line(FILE *out, const char *what, uint64_t ns)
{
    fprintf(out, "  %s", what);
    print_time(out, ns);
}

static void group_print(FILE *out, const struct group *group)
{
    char name[NAMES_METHOD_BYTES];
    uint64_t *times = map_array(group->ended, sizeof(*times));

    for (uint32_t i = 0; i < group->ended; i++) {
        times[i] = duration(group->calls[i]);
    }
    fprintf(out, "%s: %" PRIu32 " %s",
            names_method(name, (*group->calls)->interface,
                         (*group->calls)->method),
            group->count, group->count == 1 ? "call" : "calls");
    if (group->failed != 0) {
        fprintf(out, ", %" PRIu32 " failed", group->failed);
    }
    if (group->ended < group->count) {
        fprintf(out, ", %" PRIu32 " without an end",
                group->count - group->ended);
    }
    fputc('\n', out);
    if (group->ended != 0) {
        print_line(out, "min", times[0]);
        print_line(out, "median",
                   histogram_percentile(times, group->ended, 50));
        print_line(out, "p99", histogram_percentile(times, group->ended, 99));
        print_line(out, "max", times[group->ended - 1]);
        fputc('\n', out);
        print_bars(out, times, group->ended);
    }
    fputc('\n', out);
    free(times);
}

/* Cuts the sorted calls into groups. Returns how many. */
static uint32_t groups_make(const struct model_call *const *calls,
                            uint32_t count, struct group **groups)
{
    uint32_t made = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || by_method(calls[i], calls[i - 1]) != 0) {
            *groups = map_grow(*groups, made, sizeof(**groups));
            (*groups)[made++] = (struct group){.calls = calls + i};
        }
        (*groups)[made - 1].count++;
        (*groups)[made - 1].ended += calls[i]->ended;
        (*groups)[made - 1].failed += calls[i]->ended && calls[i]->result < 0;
    }
    return made;
}

void histogram_print(FILE *out, const struct model *model)
{
    const struct model_call **calls =
        map_array(model->call_count, sizeof(const struct model_call *));
    struct group *groups = NULL;
    uint32_t count;

    for (uint32_t i = 0; i < model->call_count; i++) {
        calls[i] = &model->calls[i];
    }
    qsort(calls, model->call_count, sizeof(*calls), by_method_and_time);
    count = groups_make(calls, model->call_count, &groups);
    if (count != 0) {
        qsort(groups, count, sizeof(*groups), by_count);
    }
    for (uint32_t i = 0; i < count; i++) {
        group_print(out, &groups[i]);
    }
    free(groups);
    free(calls);
}
