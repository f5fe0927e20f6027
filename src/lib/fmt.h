/*
 * fmt.h - a small formatter for code without a libc: the kernel's log, the
 * program library, tests.
 *
 * It knows
 *   %s %c           string (NULL prints "(null)"), character
 *   %d %i %u %x %X  integers, with the lengths hh h l ll z
 *   %%              a percent sign
 * each with the flags '-' (pad on the right) and '0' (pad with zeros), a width
 * and, for %s, a precision; width and precision may be '*'. There is no
 * floating point, and no %p: addresses do not belong into messages. Anything
 * else in a format is copied as it stands.
 */
#ifndef CAPOS_LIB_FMT_H
#define CAPOS_LIB_FMT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Writes at most size bytes to buf, always ending in NUL unless size is 0.
 * Returns the length that the whole text has, without its NUL: it was cut off
 * if that is size or more. Safe in any context.
 */
size_t fmt_format(char *buf, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with the arguments in a va_list. */
size_t fmt_vformat(char *buf, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
