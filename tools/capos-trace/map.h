/*
 * map.h - from 64-bit keys to 32-bit values: a hash table that only grows.
 *
 * Memory that runs out ends the program: a host tool has no better answer.
 */
#ifndef CAPOS_TOOLS_TRACE_MAP_H
#define CAPOS_TOOLS_TRACE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAP_NONE UINT32_MAX /* no value */

struct map_entry {
    uint64_t key;
    uint32_t value;
    bool taken;
};

/* All zero: an empty map. */
struct map {
    struct map_entry *entries;
    uint32_t size; /* a power of two, or 0 */
    uint32_t used;
};

/* The value under key, or MAP_NONE. */
uint32_t map_get(const struct map *map, uint64_t key);

/* Sets the value under key; MAP_NONE forgets it. */
void map_set(struct map *map, uint64_t key, uint32_t value);

void map_fini(struct map *map);

/* A zeroed array. */
void *map_array(uint32_t count, size_t bytes);

/*
 * Makes room for one more element of bytes in an array with count elements,
 * which may move. Arrays have room for powers of two.
 */
void *map_grow(void *array, uint32_t count, size_t bytes);

#endif
