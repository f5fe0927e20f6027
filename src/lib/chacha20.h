/*
 * chacha20.h - the ChaCha20 block function (RFC 8439 2.3), and a generator of
 * random bytes on it.
 *
 * The generator forgets: each request replaces the key by output that nobody
 * gets to see, so who learns the key knows nothing about what was given out
 * before. No locks: whoever has it sees to it that requests do not overlap.
 */
#ifndef CAPOS_LIB_CHACHA20_H
#define CAPOS_LIB_CHACHA20_H

#include <stddef.h>
#include <stdint.h>

#define CHACHA20_KEY_BYTES 32u
#define CHACHA20_NONCE_BYTES 12u
#define CHACHA20_BLOCK_BYTES 64u

/* One block of the key stream. */
void chacha20_block(const uint8_t key[CHACHA20_KEY_BYTES], uint32_t counter,
                    const uint8_t nonce[CHACHA20_NONCE_BYTES],
                    uint8_t block[CHACHA20_BLOCK_BYTES]);

/* All zero to begin with. */
struct chacha20_random {
    uint8_t key[CHACHA20_KEY_BYTES];
};

/* Adds randomness: the key is never less random than before. */
void chacha20_random_mix(struct chacha20_random *random,
                         const uint8_t fresh[CHACHA20_KEY_BYTES]);

/* Fills bytes, at most 2^32 blocks of them. */
void chacha20_random_fill(struct chacha20_random *random, void *bytes,
                          size_t size);

#endif
