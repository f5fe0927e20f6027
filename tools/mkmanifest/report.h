/*
 * report.h - problems of a manifest: file, place in it, sentence.
 *
 * The place is a path such as initConfig.services[2].name, kept while a walk
 * goes down and up: report_enter, report_enter_index, report_leave.
 */
#ifndef CAPOS_MKMANIFEST_REPORT_H
#define CAPOS_MKMANIFEST_REPORT_H

#include <stdint.h>

#define REPORT_PATH_BYTES 256u
#define REPORT_PROBLEMS_MAX 20u /* further ones are only counted */

struct report {
    const char *file;
    uint32_t problems;
    uint32_t length; /* of path; what does not fit is left out */
    char path[REPORT_PATH_BYTES];
};

/* Goes down to a field or element; returns what report_leave takes back. */
uint32_t report_enter(struct report *report, const char *field);
uint32_t report_enter_index(struct report *report, uint32_t index);
void report_leave(struct report *report, uint32_t mark);

/* Says what is wrong at the present path, on stderr. */
void report_problem(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
