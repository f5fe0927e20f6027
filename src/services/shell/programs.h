/*
 * programs.h - the names of the programs in the boot package.
 */
#ifndef CAPOS_SHELL_PROGRAMS_H
#define CAPOS_SHELL_PROGRAMS_H

#include "capos.h"

#define PROGRAMS_MAX 128u

/*
 * Fills names with the programs that the shell can start; how many there are.
 * The strings stay until the next call. 0 without the capability "package".
 */
uint32_t programs_list(const char *names[PROGRAMS_MAX]);

#endif
