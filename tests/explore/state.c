/*
 * state.c - the state: one range of memory, a copy of it, and what of it has
 * changed since.
 *
 * The range is what the linker put between two symbols (state.ld): the data of
 * core, library, ring client, machine and scenarios, and the machine's physical
 * memory. Blocks that an access has written to are noted, and only these are
 * copied back. The machine itself is small and not instrumented; it says what it
 * writes. Freed memory is marked here too, in pieces of 16 bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

#define BLOCK_SHIFT 9u
#define BLOCK_BYTES (1u << BLOCK_SHIFT)
#define FREED_SHIFT 4u

extern char explore_state_begin[];
extern char explore_state_end[];

/* memcpy is for what the machine does (access.c); this is behind its back. */
void *__real_memcpy(void *to, const void *from, size_t bytes);

struct marks {
    uint32_t first;
    uint32_t count;
};

static uint32_t size_bytes;
static char *copy;
static unsigned char *dirty;
static uint32_t *dirty_list;
static uint32_t dirty_count;
static unsigned char *freed;
static unsigned char *freed_copy;
static struct marks *changes; /* of freed, since the copy */
static uint32_t change_count;
static uint32_t change_room;

static void *memory(size_t bytes)
{
    void *block = calloc(1, bytes);

    if (!block) {
        fprintf(stderr, "explore: out of memory\n");
        abort();
    }
    return block;
}

void state_init(void)
{
    size_bytes = (uint32_t)(explore_state_end - explore_state_begin);
    copy = memory(size_bytes);
    dirty = memory(size_bytes >> BLOCK_SHIFT);
    dirty_list = memory((size_bytes >> BLOCK_SHIFT) * sizeof(*dirty_list));
    freed = memory(size_bytes >> FREED_SHIFT);
    freed_copy = memory(size_bytes >> FREED_SHIFT);
}

uint32_t state_bytes(void)
{
    return size_bytes;
}

bool state_holds(const void *at, uint32_t *offset)
{
    uintptr_t from_begin = (uintptr_t)at - (uintptr_t)explore_state_begin;

    *offset = (uint32_t)from_begin;
    return from_begin < size_bytes;
}

void *state_at(uint32_t offset)
{
    return explore_state_begin + offset;
}

void state_dirty(uint32_t offset, uint32_t bytes)
{
    uint32_t last = (offset + bytes - 1) >> BLOCK_SHIFT;

    for (uint32_t i = offset >> BLOCK_SHIFT; i <= last; i++) {
        if (!dirty[i]) {
            dirty[i] = 1;
            dirty_list[dirty_count++] = i;
        }
    }
}

void state_save(void)
{
    __real_memcpy(copy, explore_state_begin, size_bytes);
    memcpy(freed_copy, freed, size_bytes >> FREED_SHIFT);
    memset(dirty, 0, size_bytes >> BLOCK_SHIFT);
    dirty_count = 0;
    change_count = 0;
}

void state_restore(void)
{
    while (dirty_count) {
        uint32_t block = dirty_list[--dirty_count];

        dirty[block] = 0;
        __real_memcpy(explore_state_begin + (block << BLOCK_SHIFT),
                      copy + (block << BLOCK_SHIFT), BLOCK_BYTES);
    }
    while (change_count) {
        struct marks change = changes[--change_count];

        memcpy(freed + change.first, freed_copy + change.first, change.count);
    }
}

bool state_restored(void)
{
    for (uint32_t i = 0; i < size_bytes; i++) {
        if (explore_state_begin[i] != copy[i]) {
            fprintf(stderr, "explore: byte %u of the state was not restored\n",
                    i);
            return false;
        }
    }
    return memcmp(freed, freed_copy, size_bytes >> FREED_SHIFT) == 0;
}

/* -------------------------------------------------------------------- freed */

static void mark(const void *at, size_t bytes, unsigned char value)
{
    struct marks change = {.count = (uint32_t)(bytes >> FREED_SHIFT)};
    uint32_t offset;

    if (!state_holds(at, &offset)) {
        return;
    }
    change.first = offset >> FREED_SHIFT;
    memset(freed + change.first, value, change.count);
    if (change_count == change_room) {
        change_room = change_room * 2 + 64;
        changes = realloc(changes, change_room * sizeof(*changes));
        if (!changes) {
            abort();
        }
    }
    changes[change_count++] = change;
}

void explore_freed(const void *at, size_t bytes)
{
    mark(at, bytes, 1);
}

void explore_taken(const void *at, size_t bytes)
{
    mark(at, bytes, 0);
}

bool state_freed(uint32_t offset)
{
    return freed[offset >> FREED_SHIFT];
}
