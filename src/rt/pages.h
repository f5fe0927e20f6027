/*
 * pages.h - whole pages of the program's own window.
 *
 * Thin over VirtualMemory, with the capability "self-memory" of the CapSet; a
 * program without it gets none. Any thread.
 */
#ifndef CAPOS_RT_PAGES_H
#define CAPOS_RT_PAGES_H

#include <stddef.h>

/*
 * Zeroed readable and writable pages for bytes (rounded up), somewhere. NULL: a
 * quota is used up, or there is no such capability.
 */
void *pages_map(size_t bytes);

/* The same without frames: only the addresses are taken. */
void *pages_reserve(size_t bytes);

/* Gives reserved pages frames. 0 or an ERR_*. */
int pages_commit(void *address, size_t bytes);

/* Removes what pages_map or pages_reserve made, or a part of it. */
void pages_unmap(void *address, size_t bytes);

#endif
