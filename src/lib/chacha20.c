/* chacha20.c - ChaCha20 after RFC 8439, and a generator on it. */
#include "chacha20.h"

#define CHACHA20_WORDS 16u
#define CHACHA20_DOUBLE_ROUNDS 10

static uint32_t chacha20_load(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
           (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void chacha20_store(uint8_t *bytes, uint32_t word)
{
    for (uint32_t i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(word >> (8 * i));
    }
}

static uint32_t chacha20_rotate(uint32_t word, uint32_t bits)
{
    return word << bits | word >> (32 - bits);
}

/* RFC 8439 2.1. */
static void chacha20_quarter(uint32_t *a, uint32_t *b, uint32_t *c,
                             uint32_t *d)
{
    *a += *b;
    *d = chacha20_rotate(*d ^ *a, 16);
    *c += *d;
    *b = chacha20_rotate(*b ^ *c, 12);
    *a += *b;
    *d = chacha20_rotate(*d ^ *a, 8);
    *c += *d;
    *b = chacha20_rotate(*b ^ *c, 7);
}

static void chacha20_rounds(uint32_t w[CHACHA20_WORDS])
{
    for (int i = 0; i < CHACHA20_DOUBLE_ROUNDS; i++) {
        for (uint32_t j = 0; j < 4; j++) { /* the columns */
            chacha20_quarter(&w[j], &w[4 + j], &w[8 + j], &w[12 + j]);
        }
        for (uint32_t j = 0; j < 4; j++) { /* the diagonals */
            chacha20_quarter(&w[j], &w[4 + (j + 1) % 4], &w[8 + (j + 2) % 4],
                             &w[12 + (j + 3) % 4]);
        }
    }
}

void chacha20_block(const uint8_t key[CHACHA20_KEY_BYTES], uint32_t counter,
                    const uint8_t nonce[CHACHA20_NONCE_BYTES],
                    uint8_t block[CHACHA20_BLOCK_BYTES])
{
    /* "expand 32-byte k" */
    uint32_t start[CHACHA20_WORDS] = {0x61707865, 0x3320646e, 0x79622d32,
                                      0x6b206574};
    uint32_t words[CHACHA20_WORDS];

    for (uint32_t i = 0; i < 8; i++) {
        start[4 + i] = chacha20_load(key + 4 * i);
    }
    start[12] = counter;
    for (uint32_t i = 0; i < 3; i++) {
        start[13 + i] = chacha20_load(nonce + 4 * i);
    }
    __builtin_memcpy(words, start, sizeof(words));
    chacha20_rounds(words);
    for (uint32_t i = 0; i < CHACHA20_WORDS; i++) {
        chacha20_store(block + 4 * i, words[i] + start[i]);
    }
}

void chacha20_random_mix(struct chacha20_random *random,
                         const uint8_t fresh[CHACHA20_KEY_BYTES])
{
    for (uint32_t i = 0; i < CHACHA20_KEY_BYTES; i++) {
        random->key[i] ^= fresh[i];
    }
}

void chacha20_random_fill(struct chacha20_random *random, void *bytes,
                          size_t size)
{
    static const uint8_t nonce[CHACHA20_NONCE_BYTES];
    uint8_t block[CHACHA20_BLOCK_BYTES];
    uint8_t key[CHACHA20_KEY_BYTES];
    uint8_t *to = bytes;
    uint32_t counter = 0;

    chacha20_block(random->key, counter++, nonce, block);
    __builtin_memcpy(key, block, sizeof(key));
    while (size) {
        size_t part = size < sizeof(block) ? size : sizeof(block);

        chacha20_block(random->key, counter++, nonce, block);
        __builtin_memcpy(to, block, part);
        to += part;
        size -= part;
    }
    __builtin_memcpy(random->key, key, sizeof(key));
}
