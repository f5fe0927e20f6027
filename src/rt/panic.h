/*
 * panic.h - the end of a program that cannot go on.
 */
#ifndef CAPOS_RT_PANIC_H
#define CAPOS_RT_PANIC_H

#define PANIC_EXIT_CODE 120

/*
 * Writes "NAME: panic: ..." to the Console, if there is one, and ends the
 * process with PANIC_EXIT_CODE. The format is that of fmt.h. Any thread.
 */
_Noreturn void panic(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
