/*
 * heap.h - memory for the kernel's own structures.
 *
 * Lock: LOCK_HEAP, taken inside; both functions may be called from any context
 * except a tick or an interrupt, where nothing allocates.
 */
#ifndef CAPOS_CORE_HEAP_H
#define CAPOS_CORE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#define HEAP_BYTES_MAX (1u << 20)

/* Makes the empty heap. Once, at boot, after frames_init. */
void heap_init(void);

/*
 * A zeroed block, 16-aligned; 64-aligned if bytes is a multiple of 64. NULL:
 * the machine is out of memory, or bytes is 0 or over HEAP_BYTES_MAX.
 */
void *heap_alloc(size_t bytes);

/* Gives a block back. NULL does nothing. Stops the machine on a double free. */
void heap_free(void *block);

/*
 * How many blocks of the class, counted from 0, are in use, and how large one is;
 * of the last class, how many larger ones, each a run of pages (HEAP_BYTES_MAX).
 * 0: there is no such class; then *used is the heap's pages. Exact when nobody
 * else allocates.
 */
uint32_t heap_use(uint32_t class, uint64_t *used);

#endif
