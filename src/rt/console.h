/*
 * console.h - text to and from the capability named "console".
 *
 * Every function does nothing and returns ERR_NOT_FOUND in a program that was
 * not granted one. Any thread; a text of up to CON_LINE_BYTES is written in one
 * piece, longer ones may be mixed with what other threads write.
 */
#ifndef CAPOS_RT_CONSOLE_H
#define CAPOS_RT_CONSOLE_H

#include <stdint.h>

#define CON_LINE_BYTES 1024u

/* Writes formatted text (fmt.h); a longer one is cut off at CON_LINE_BYTES. */
int32_t con_print(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Writes size bytes. 0 or an ERR_*. */
int32_t con_write(const void *bytes, uint32_t size);

/*
 * Reads 1 to size bytes, waiting for the first. Returns how many, 0 at end of
 * file, or an ERR_*.
 */
int32_t con_read(void *bytes, uint32_t size);

/*
 * Prints "NAME: what: ERR_X: sentence; remedy" and returns 1, so that a failed
 * check of a main ends with `return con_fail("...", error)`.
 */
int con_fail(const char *what, int32_t error);

#endif
