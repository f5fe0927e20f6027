/*
 * alloc.h - the heap of a program.
 *
 * malloc under names of our own, because a libc may be linked above it one day.
 * Memory comes in chunks from VirtualMemory (pages.h) and is charged to the
 * process. Any thread may call; a block may be freed by another thread than the
 * one that asked for it. A double free, a free of what is no block, and a write
 * before a block's start are found and end in a panic: going on would mean
 * handing the same memory out twice.
 */
#ifndef CAPOS_RT_ALLOC_H
#define CAPOS_RT_ALLOC_H

#include <stddef.h>

/*
 * size bytes, 16-aligned, contents undefined; size 0 gives a block of its own.
 * NULL: the process may not have that much.
 */
void *mem_alloc(size_t size) __attribute__((malloc, alloc_size(1)));

/* The same, zeroed, for count elements; NULL also if count * size overflows. */
void *mem_alloc_zeroed(size_t count, size_t size)
    __attribute__((malloc, alloc_size(1, 2)));

/*
 * A block of the new size with the old contents, as far as they fit; the old
 * pointer is dead unless NULL is returned. NULL as pointer: mem_alloc.
 */
void *mem_resize(void *pointer, size_t size) __attribute__((alloc_size(2)));

/* Gives a block back. NULL is nothing. */
void mem_free(void *pointer);

#endif
