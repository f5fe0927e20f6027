/*
 * alloc.c - blocks of power-of-two sizes out of chunks.
 *
 * A block is a header of 16 bytes and the caller's bytes. Sizes up to
 * ALLOC_SMALL_MAX (header included) are rounded up to a power of two, cut from a
 * chunk and kept on one free list per size when they come back; chunks stay.
 * Larger ones are runs of pages of their own, unmapped when freed.
 *
 * Invariant: a header's mark is ALLOC_LIVE or ALLOC_FREE mixed with its own
 * address, so that neither old contents nor a copy of a header passes for one.
 * The lock guards the free lists and the chunk being cut.
 */
#include "alloc.h"

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"
#include "pages.h"
#include "panic.h"
#include "sync_mutex.h"

#define ALLOC_LIVE 0x6c6976656c697665ull
#define ALLOC_FREE 0x6672656566726565ull
#define ALLOC_CLASS_MIN 5u  /* 32 bytes */
#define ALLOC_CLASS_MAX 15u /* 32 KiB */
#define ALLOC_CHUNK_BYTES (64u * 1024u)
#define ALLOC_BYTES_MAX (SIZE_MAX / 4)

struct alloc_header {
    uint64_t mark;
    uint64_t bytes; /* of the whole block, header included */
};

struct alloc_free {
    struct alloc_header header;
    struct alloc_free *next;
};

static struct mutex alloc_lock;
static struct alloc_free *alloc_lists[ALLOC_CLASS_MAX + 1];
static char *alloc_chunk; /* what is left of the chunk being cut */
static char *alloc_chunk_end;

static uint64_t mark_of(const struct alloc_header *header, uint64_t state)
{
    return state ^ (uintptr_t)header;
}

static uint32_t class_of(size_t bytes)
{
    uint32_t class = ALLOC_CLASS_MIN;

    while (((size_t)1 << class) < bytes) {
        class++;
    }
    return class;
}

/* Puts the rest of the old chunk on the free lists, largest blocks first. */
static void chunk_retire(void)
{
    for (uint32_t class = ALLOC_CLASS_MAX; class >= ALLOC_CLASS_MIN; class--) {
        size_t bytes = (size_t)1 << class;

        while ((size_t)(alloc_chunk_end - alloc_chunk) >= bytes) {
            struct alloc_free *block = (struct alloc_free *)(void *)alloc_chunk;

            block->header.mark = mark_of(&block->header, ALLOC_FREE);
            block->header.bytes = bytes;
            block->next = alloc_lists[class];
            alloc_lists[class] = block;
            alloc_chunk += bytes;
        }
    }
}

static struct alloc_header *cut_locked(uint32_t class)
{
    size_t bytes = (size_t)1 << class;
    struct alloc_free *block = alloc_lists[class];

    if (block != NULL) {
        if (block->header.mark != mark_of(&block->header, ALLOC_FREE)) {
            panic("the heap is damaged: a freed block was written to");
        }
        alloc_lists[class] = block->next;
        return &block->header;
    }
    if ((size_t)(alloc_chunk_end - alloc_chunk) < bytes) {
        char *chunk = pages_map(ALLOC_CHUNK_BYTES);

        if (chunk == NULL) {
            return NULL;
        }
        chunk_retire();
        alloc_chunk = chunk;
        alloc_chunk_end = chunk + ALLOC_CHUNK_BYTES;
    }
    alloc_chunk += bytes;
    return (struct alloc_header *)(void *)(alloc_chunk - bytes);
}

static struct alloc_header *alloc_small(size_t bytes)
{
    uint32_t class = class_of(bytes);
    struct alloc_header *header;

    mutex_acquire(&alloc_lock);
    header = cut_locked(class);
    if (header != NULL) {
        header->bytes = (size_t)1 << class;
        header->mark = mark_of(header, ALLOC_LIVE);
    }
    mutex_release(&alloc_lock);
    return header;
}

static struct alloc_header *alloc_large(size_t bytes)
{
    size_t rounded = (bytes + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
    struct alloc_header *header = pages_map(rounded);

    if (header != NULL) {
        header->bytes = rounded;
        header->mark = mark_of(header, ALLOC_LIVE);
    }
    return header;
}

void *mem_alloc(size_t size)
{
    size_t bytes = size + sizeof(struct alloc_header);
    struct alloc_header *header;

    if (size > ALLOC_BYTES_MAX) {
        return NULL;
    }
    header = bytes > ((size_t)1 << ALLOC_CLASS_MAX) ? alloc_large(bytes)
                                                    : alloc_small(bytes);
    return header == NULL ? NULL : header + 1;
}

void *mem_alloc_zeroed(size_t count, size_t size)
{
    size_t bytes;
    void *pointer;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    pointer = mem_alloc(bytes);
    if (pointer != NULL) {
        __builtin_memset(pointer, 0, bytes);
    }
    return pointer;
}

/* The header of a live block, or a panic. */
static struct alloc_header *header_of(void *pointer, const char *what)
{
    struct alloc_header *header = (struct alloc_header *)pointer - 1;

    if ((uintptr_t)pointer % 16 != 0) {
        panic("%s of what is no block of the heap", what);
    }
    if (header->mark == mark_of(header, ALLOC_FREE)) {
        panic("%s of a block that is free already", what);
    }
    if (header->mark != mark_of(header, ALLOC_LIVE)) {
        panic("%s of what is no block of the heap, or was overwritten", what);
    }
    return header;
}

void *mem_resize(void *pointer, size_t size)
{
    size_t room;
    void *fresh;

    if (pointer == NULL) {
        return mem_alloc(size);
    }
    room = header_of(pointer, "resize")->bytes - sizeof(struct alloc_header);
    if (size <= room && size >= room / 4) {
        return pointer;
    }
    fresh = mem_alloc(size);
    if (fresh != NULL) {
        __builtin_memcpy(fresh, pointer, size < room ? size : room);
        mem_free(pointer);
    }
    return fresh;
}

void mem_free(void *pointer)
{
    struct alloc_header *header;
    struct alloc_free *block;

    if (pointer == NULL) {
        return;
    }
    mutex_acquire(&alloc_lock);
    header = header_of(pointer, "free");
    header->mark = mark_of(header, ALLOC_FREE);
    if (header->bytes <= (size_t)1 << ALLOC_CLASS_MAX) {
        uint32_t class = class_of(header->bytes);

        block = (struct alloc_free *)(void *)header;
        block->next = alloc_lists[class];
        alloc_lists[class] = block;
        header = NULL;
    }
    mutex_release(&alloc_lock);
    if (header != NULL) {
        pages_unmap(header, header->bytes);
    }
}
