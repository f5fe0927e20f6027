/*
 * sim_random.c - the run's sequence of random numbers.
 *
 * Sebastiano Vigna's splitmix64: every seed gives another sequence, and the
 * whole state is one word.
 */
#include "host.h"
#include "sim.h"

static uint64_t state;

void sim_random_seed(uint64_t seed)
{
    state = seed;
}

uint64_t sim_random_next(uint64_t *sequence)
{
    uint64_t z = *sequence += 0x9e3779b97f4a7c15ull;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

uint64_t sim_random(void)
{
    return sim_random_next(&state);
}

enum hal_entropy_source hal_entropy_source(void)
{
    return sim_options.realtime ? HAL_ENTROPY_HOST : HAL_ENTROPY_SEEDED;
}

void hal_entropy(void *bytes, size_t size)
{
    uint8_t *to = bytes;

    if (sim_options.realtime) {
        host_entropy(bytes, size);
        return;
    }
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = sim_random();

        for (size_t j = 0; j < 8 && i + j < size; j++) {
            to[i + j] = (uint8_t)(word >> (8 * j));
        }
    }
}
