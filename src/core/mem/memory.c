/*
 * memory.c - the pages behind a MemoryObject (memory.h).
 *
 * Extents stand in chunks, in page order; each chunk is larger than the one
 * before, up to a page, so a memory in one piece costs little and a scattered
 * one is found quickly: a lookup passes over whole chunks.
 */
#include "mem/memory.h"

#include <stddef.h>

#include "check/census.h"
#include "fail.h"
#include "limits.h"
#include "mem/frames.h"
#include "mem/heap.h"
#include "proc/ledger.h"

#define CHUNK_EXTENTS_FIRST 2u
#define CHUNK_EXTENTS_MAX 120u

struct extent {
    uint64_t phys;
    uint64_t pages;
};

struct memory_chunk {
    struct memory_chunk *next;
    uint64_t pages; /* of all extents of this chunk */
    uint32_t count;
    uint32_t capacity;
    struct extent extents[];
};

static uint32_t chunk_bytes(uint32_t capacity)
{
    return (uint32_t)(sizeof(struct memory_chunk) +
                      capacity * sizeof(struct extent));
}

static int32_t chunk_create(struct ledger *ledger,
                            const struct memory_chunk *last,
                            struct memory_chunk **out)
{
    uint32_t capacity = CHUNK_EXTENTS_FIRST;
    void *chunk;
    int32_t error;

    if (last) {
        capacity = last->capacity * 4;
    }
    if (capacity > CHUNK_EXTENTS_MAX) {
        capacity = CHUNK_EXTENTS_MAX;
    }
    error = ledger_alloc(ledger, chunk_bytes(capacity), &chunk);
    if (!error) {
        *out = chunk;
        (*out)->capacity = capacity;
    }
    return error;
}

/* Adds an extent after *last, the last chunk, which moves on. */
static int32_t memory_append(struct memory *memory, struct memory_chunk **last,
                             uint64_t phys, uint64_t pages)
{
    if (!*last || (*last)->count == (*last)->capacity) {
        struct memory_chunk *chunk;
        int32_t error = chunk_create(memory->ledger, *last, &chunk);

        if (error) {
            return error;
        }
        *(*last ? &(*last)->next : &memory->chunks) = chunk;
        *last = chunk;
    }
    (*last)->extents[(*last)->count++] = (struct extent){phys, pages};
    (*last)->pages += pages;
    memory->pages += pages;
    return 0;
}

static void memory_destroy(struct memory *memory)
{
    struct memory_chunk *chunk = memory->chunks;

    while (chunk) {
        struct memory_chunk *next = chunk->next;

        for (uint32_t i = 0; memory->owned && i < chunk->count; i++) {
            frames_free(chunk->extents[i].phys, chunk->extents[i].pages);
        }
        ledger_free(memory->ledger, chunk_bytes(chunk->capacity), chunk);
        chunk = next;
    }
    ledger_free(memory->ledger, sizeof(*memory), memory);
}

static int32_t memory_allocate(struct ledger *ledger, bool read_only,
                               struct memory **out)
{
    void *memory;
    int32_t error = ledger_alloc(ledger, sizeof(struct memory), &memory);

    if (!error) {
        *out = memory;
        sync_store(&(*out)->references, 1);
        (*out)->read_only = read_only;
        (*out)->ledger = ledger;
    }
    return error;
}

/* It is complete: it keeps a reference to who pays. */
static void memory_finish(struct memory *memory, struct memory **out)
{
    if (memory->ledger) {
        (void)ledger_get(memory->ledger);
    }
    census_join(&census.memories, &memory->census);
    *out = memory;
}

/* Takes frames until the memory has that many pages. */
static int32_t memory_fill(struct memory *memory, uint64_t pages)
{
    struct memory_chunk *last = NULL;

    while (memory->pages < pages) {
        uint64_t got;
        uint64_t phys = frames_alloc_run(pages - memory->pages, &got);
        int32_t error;

        if (phys == HAL_NO_FRAME) {
            return FAIL(ERR_NO_MEMORY, "no free frame for a memory object");
        }
        error = memory_append(memory, &last, phys, got);
        if (error) {
            frames_free(phys, got);
            return error;
        }
    }
    return 0;
}

int32_t memory_create(struct ledger *ledger, uint64_t pages,
                      struct memory **out)
{
    struct memory *memory;
    int32_t error;

    if (pages == 0) {
        return FAIL(ERR_INVALID, "memory object of no pages");
    }
    if (pages > MEMORY_PAGES_MAX) {
        return FAIL(ERR_TOO_LARGE, "memory object too large");
    }
    error = ledger_charge(ledger, LEDGER_PAGES, pages);
    if (error) {
        return error;
    }
    error = memory_allocate(ledger, false, &memory);
    if (!error) {
        memory->owned = true;
        error = memory_fill(memory, pages);
        if (error) {
            memory_destroy(memory);
        }
    }
    if (error) {
        ledger_refund(ledger, LEDGER_PAGES, pages);
        return error;
    }
    memory_finish(memory, out);
    return 0;
}

int32_t memory_create_fixed(struct ledger *ledger, uint64_t phys,
                            uint64_t pages, struct memory **out)
{
    struct memory *memory;
    struct memory_chunk *last = NULL;
    int32_t error;

    if (pages == 0 || phys % PAGE_SIZE != 0) {
        return FAIL(ERR_INVALID, "memory object over no whole pages");
    }
    error = memory_allocate(ledger, true, &memory);
    if (error) {
        return error;
    }
    error = memory_append(memory, &last, phys, pages);
    if (error) {
        memory_destroy(memory);
        return error;
    }
    memory_finish(memory, out);
    return 0;
}

int32_t memory_view(struct ledger *ledger, struct memory *memory,
                    bool read_only, struct memory **out)
{
    struct memory *view;
    int32_t error =
        memory_allocate(ledger, read_only || memory->read_only, &view);

    if (error) {
        return error;
    }
    /* A view of a view goes to the root: chains would make the end deep. */
    view->origin = memory_get(memory->origin ? memory->origin : memory);
    view->pages = memory->pages;
    memory_finish(view, out);
    return 0;
}

uint64_t memory_book_bytes(const struct memory *memory)
{
    uint64_t bytes = sizeof(*memory);

    for (const struct memory_chunk *chunk = memory->chunks; chunk;
         chunk = chunk->next) {
        bytes += chunk_bytes(chunk->capacity);
    }
    return bytes;
}

struct memory *memory_get(struct memory *memory)
{
    ASSERT(sync_add(&memory->references, 1) != 0);
    return memory;
}

void memory_put(struct memory *memory)
{
    struct memory *origin = memory->origin;
    struct ledger *ledger = memory->ledger;
    uint64_t pages = memory->owned ? memory->pages : 0;
    uint32_t before = sync_sub(&memory->references, 1);

    ASSERT(before != 0);
    if (before != 1) {
        return;
    }
    census_leave(&memory->census);
    memory_destroy(memory);
    if (ledger) {
        ledger_refund(ledger, LEDGER_PAGES, pages);
        ledger_put(ledger);
    }
    if (origin) {
        memory_put(origin);
    }
}

uint64_t memory_phys(const struct memory *memory, uint64_t index,
                     uint64_t *run_pages)
{
    const struct memory_chunk *chunk;
    const struct extent *extent;

    ASSERT(index < memory->pages);
    chunk = memory->origin ? memory->origin->chunks : memory->chunks;
    while (index >= chunk->pages) {
        index -= chunk->pages;
        chunk = chunk->next;
    }
    extent = chunk->extents;
    while (index >= extent->pages) {
        index -= extent->pages;
        extent++;
    }
    *run_pages = extent->pages - index;
    return extent->phys + index * PAGE_SIZE;
}
