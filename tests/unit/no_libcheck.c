/* no_libcheck.c - see no_libcheck.h; names and forms are libcheck's. */
#include "no_libcheck.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>

void _ck_assert_failed(const char *file, int line, const char *expression,
                       const char *message, ...)
{
    va_list list;

    fprintf(stderr, "%s:%d: %s ", file, line, expression);
    if (message) {
        va_start(list, message);
        vfprintf(stderr, message, list);
        va_end(list);
    }
    no_libcheck_failed("the test machine found the kernel wrong");
}

void _mark_point(const char *file, int line)
{
    (void)file, (void)line;
}
