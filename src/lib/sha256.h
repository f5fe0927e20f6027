/*
 * sha256.h - SHA-256 (FIPS 180-4) for the boot package and the tools.
 *
 * Pure computation on the caller's structure; safe in any context.
 */
#ifndef CAPOS_LIB_SHA256_H
#define CAPOS_LIB_SHA256_H

#include <stdint.h>

#define SHA256_BYTES 32u
#define SHA256_BLOCK_BYTES 64u

struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[SHA256_BLOCK_BYTES];
};

/* Starts a hash. */
void sha256_init(struct sha256 *hash);

/* Adds bytes; any number of calls of any size. */
void sha256_update(struct sha256 *hash, const void *bytes, uint64_t size);

/* Ends the hash and writes it; the structure must be started again after. */
void sha256_final(struct sha256 *hash, uint8_t digest[SHA256_BYTES]);

/* All three at once. */
void sha256_bytes(const void *bytes, uint64_t size,
                  uint8_t digest[SHA256_BYTES]);

#endif
