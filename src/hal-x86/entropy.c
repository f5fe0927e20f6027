/*
 * entropy.c - random words: RDSEED, RDRAND, or, on CPUs without them, a hash
 * of the time stamp counter and its jitter, with a line in the log.
 */
#include "internal.h"

#include "x86.h"

#define TRIES 32u

static bool rdseed(uint64_t *value)
{
    bool ok;

    __asm__ volatile("rdseed %0" : "=r"(*value), "=@ccc"(ok));
    return ok;
}

static bool rdrand(uint64_t *value)
{
    bool ok;

    __asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok));
    return ok;
}

/* A finaliser in the manner of splitmix64: every bit reaches every bit. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t jitter(void)
{
    static uint64_t state;
    static bool said;
    uint64_t x = __atomic_fetch_add(&state, UINT64_C(0x9e3779b97f4a7c15),
                                    __ATOMIC_RELAXED);

    if (!__atomic_exchange_n(&said, true, __ATOMIC_RELAXED)) {
        x86_log("no RDSEED or RDRAND: random numbers are guessable");
    }
    for (uint32_t i = 0; i < 16; i++) {
        x = mix(x ^ x86_rdtsc());
    }
    __atomic_fetch_xor(&state, x, __ATOMIC_RELAXED);
    return x;
}

uint64_t x86_entropy_word(void)
{
    uint64_t value;

    for (uint32_t i = 0; x86_features.rdseed && i < TRIES; i++) {
        if (rdseed(&value)) {
            return value;
        }
        hal_cpu_relax();
    }
    for (uint32_t i = 0; x86_features.rdrand && i < TRIES; i++) {
        if (rdrand(&value)) {
            return value;
        }
    }
    return jitter();
}

enum hal_entropy_source hal_entropy_source(void)
{
    return x86_features.rdseed || x86_features.rdrand ? HAL_ENTROPY_HARDWARE
                                                      : HAL_ENTROPY_GUESSABLE;
}

void hal_entropy(void *bytes, size_t size)
{
    unsigned char *to = bytes;

    while (size > 0) {
        uint64_t word = x86_entropy_word();
        size_t part = size < sizeof(word) ? size : sizeof(word);

        memcpy(to, &word, part);
        to += part;
        size -= part;
    }
}
