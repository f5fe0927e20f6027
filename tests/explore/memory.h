/*
 * memory.h - included before every source of core and library in exploring
 * builds: their __builtin_memcpy and the like become calls, which the explorer
 * sees (access.c), where the compiler would make plain moves of them that it
 * does not instrument.
 */
#ifndef CAPOS_EXPLORE_MEMORY_H
#define CAPOS_EXPLORE_MEMORY_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);

#endif
