/*
 * core_heap.c - a kernel heap out of malloc, so that AddressSanitizer watches
 * every kernel object (core_machine.h). It takes the place of mem/heap.c.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "core_machine.h"
#include "mem/heap.h"

#define HEAP_POISON 0xdd

uint32_t machine_heap_blocks;

static uint64_t heap_left = UINT64_MAX;

void machine_refuse_heap(uint64_t blocks)
{
    heap_left = blocks;
}

void heap_init(void)
{
}

void *heap_alloc(size_t bytes)
{
    size_t alignment = bytes % 64 == 0 ? 64 : 16;
    void *block;

    if (bytes == 0 || bytes > HEAP_BYTES_MAX || heap_left == 0) {
        return NULL;
    }
    heap_left -= heap_left != UINT64_MAX;
    if (posix_memalign(&block, alignment, bytes) != 0) {
        abort();
    }
    machine_heap_blocks++;
    return memset(block, 0, bytes);
}

void heap_free(void *block)
{
    if (block) {
        memset(block, HEAP_POISON, malloc_usable_size(block));
        machine_heap_blocks--;
        free(block);
    }
}

/* It has no pages of the machine's. */
uint32_t heap_use(uint32_t class, uint64_t *used)
{
    (void)class;
    *used = 0;
    return 0;
}
