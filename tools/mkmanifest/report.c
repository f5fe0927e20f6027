/*
 * report.c - problems of a manifest (report.h).
 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

static uint32_t append(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds to the path; returns its length before. */
static uint32_t append(struct report *report, const char *format, ...)
{
    uint32_t mark = report->length;
    uint32_t room = REPORT_PATH_BYTES - mark;
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(report->path + mark, room, format, args);
    va_end(args);
    if (length < 0 || (uint32_t)length >= room) {
        report->path[mark] = '\0';
        return mark;
    }
    report->length = mark + (uint32_t)length;
    return mark;
}

uint32_t report_enter(struct report *report, const char *field)
{
    return append(report, "%s%s", report->length == 0 ? "" : ".", field);
}

uint32_t report_enter_index(struct report *report, uint32_t index)
{
    return append(report, "[%u]", index);
}

void report_leave(struct report *report, uint32_t mark)
{
    report->length = mark;
    report->path[mark] = '\0';
}

void report_problem(struct report *report, const char *format, ...)
{
    va_list args;

    if (report->problems++ >= REPORT_PROBLEMS_MAX) {
        return;
    }
    fprintf(stderr, "mkmanifest: %s: %s: ", report->file,
            report->length == 0 ? "root" : report->path);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}
