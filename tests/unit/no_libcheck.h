/*
 * no_libcheck.h - what the fixture needs instead of libcheck, in programs that
 * run it without (model_test, the fuzz targets of a live kernel).
 */
#ifndef CAPOS_TESTS_NO_LIBCHECK_H
#define CAPOS_TESTS_NO_LIBCHECK_H

/* The program's own: after an assertion of the fixture failed, which was told. */
_Noreturn void no_libcheck_failed(const char *what);

#endif
