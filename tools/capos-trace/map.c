/*
 * map.c - open addressing, linear probing, at most half full.
 *
 * A key that was set keeps its entry, also when it is forgotten, so that
 * probing goes on past it.
 */
#include "map.h"

#include <stdio.h>
#include <stdlib.h>

#define MAP_SIZE_FIRST 64u

static void *map_memory(void *memory)
{
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        exit(EXIT_FAILURE);
    }
    return memory;
}

/* The entry of the key, or the free one where it would go. */
static struct map_entry *map_find(const struct map *map, uint64_t key)
{
    uint64_t hash = key * 0x9e3779b97f4a7c15ull;
    uint32_t at = (uint32_t)(hash >> 32) & (map->size - 1);

    while (map->entries[at].taken && map->entries[at].key != key) {
        at = (at + 1) & (map->size - 1);
    }
    return &map->entries[at];
}

uint32_t map_get(const struct map *map, uint64_t key)
{
    const struct map_entry *entry;

    if (map->size == 0) {
        return MAP_NONE;
    }
    entry = map_find(map, key);
    return entry->taken ? entry->value : MAP_NONE;
}

static void map_double(struct map *map)
{
    struct map old = *map;

    map->size = old.size != 0 ? 2 * old.size : MAP_SIZE_FIRST;
    map->entries = map_array(map->size, sizeof(*map->entries));
    for (uint32_t i = 0; i < old.size; i++) {
        if (old.entries[i].taken) {
            *map_find(map, old.entries[i].key) = old.entries[i];
        }
    }
    free(old.entries);
}

void map_set(struct map *map, uint64_t key, uint32_t value)
{
    struct map_entry *entry;

    if (2 * map->used >= map->size) {
        map_double(map);
    }
    entry = map_find(map, key);
    map->used += !entry->taken;
    *entry = (struct map_entry){.key = key, .value = value, .taken = true};
}

void map_fini(struct map *map)
{
    free(map->entries);
    *map = (struct map){.entries = NULL};
}

void *map_array(uint32_t count, size_t bytes)
{
    return map_memory(calloc(count != 0 ? count : 1, bytes));
}

void *map_grow(void *array, uint32_t count, size_t bytes)
{
    if ((count & (count - 1)) != 0) {
        return array;
    }
    return map_memory(realloc(array, (count != 0 ? 2 * (size_t)count : 1) *
                                         bytes));
}
