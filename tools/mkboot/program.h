/*
 * program.h - is a file a program that capOS will load?
 */
#ifndef CAPOS_MKBOOT_PROGRAM_H
#define CAPOS_MKBOOT_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

/*
 * NULL if the loader takes the program; else a sentence. libelf reads it too,
 * and both readers must agree on where it begins and what it loads, so that a
 * mistake in our own reader shows at build time.
 */
const char *program_check(uint8_t *bytes, size_t size);

#endif
