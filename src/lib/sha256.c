/*
 * sha256.c - SHA-256 (sha256.h), written from FIPS 180-4; names in
 * compress() are those of the standard.
 */
#include "sha256.h"

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint32_t initial_state[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t rotate_right(uint32_t value, uint32_t count)
{
    return value >> count | value << (32 - count);
}

static uint32_t be32_read(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

static void be32_write(uint8_t *at, uint32_t value)
{
    for (uint32_t i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static void schedule(uint32_t w[64], const uint8_t *block)
{
    for (uint32_t t = 0; t < 16; t++) {
        w[t] = be32_read(block + 4 * t);
    }
    for (uint32_t t = 16; t < 64; t++) {
        uint32_t s0 = rotate_right(w[t - 15], 7) ^
                      rotate_right(w[t - 15], 18) ^ (w[t - 15] >> 3);
        uint32_t s1 = rotate_right(w[t - 2], 17) ^
                      rotate_right(w[t - 2], 19) ^ (w[t - 2] >> 10);

        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
}

static void compress(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

    schedule(w, block);
    for (uint32_t t = 0; t < 64; t++) {
        uint32_t t1 = h + round_constants[t] + w[t] + ((e & f) ^ (~e & g)) +
                      (rotate_right(e, 6) ^ rotate_right(e, 11) ^
                       rotate_right(e, 25));
        uint32_t t2 = ((a & b) ^ (a & c) ^ (b & c)) +
                      (rotate_right(a, 2) ^ rotate_right(a, 13) ^
                       rotate_right(a, 22));

        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

void sha256_init(struct sha256 *hash)
{
    for (uint32_t i = 0; i < 8; i++) {
        hash->state[i] = initial_state[i];
    }
    hash->length = 0;
}

void sha256_update(struct sha256 *hash, const void *bytes, uint64_t size)
{
    const uint8_t *at = (const uint8_t *)bytes;

    while (size > 0) {
        uint32_t used = (uint32_t)(hash->length % SHA256_BLOCK_BYTES);
        uint32_t room = SHA256_BLOCK_BYTES - used;
        uint32_t count = size < room ? (uint32_t)size : room;

        if (count == SHA256_BLOCK_BYTES) {
            compress(hash->state, at);
        } else {
            __builtin_memcpy(hash->block + used, at, count);
            if (used + count == SHA256_BLOCK_BYTES) {
                compress(hash->state, hash->block);
            }
        }
        hash->length += count;
        at += count;
        size -= count;
    }
}

void sha256_final(struct sha256 *hash, uint8_t digest[SHA256_BYTES])
{
    static const uint8_t padding[SHA256_BLOCK_BYTES] = {0x80};
    uint64_t bits = hash->length * 8;
    uint32_t used = (uint32_t)(hash->length % SHA256_BLOCK_BYTES);
    uint8_t tail[8];

    be32_write(tail, (uint32_t)(bits >> 32));
    be32_write(tail + 4, (uint32_t)bits);
    sha256_update(hash, padding, (used < 56 ? 56 : 120) - used);
    sha256_update(hash, tail, sizeof(tail));
    for (uint32_t i = 0; i < 8; i++) {
        be32_write(digest + 4 * i, hash->state[i]);
    }
}

void sha256_bytes(const void *bytes, uint64_t size,
                  uint8_t digest[SHA256_BYTES])
{
    struct sha256 hash;

    sha256_init(&hash);
    sha256_update(&hash, bytes, size);
    sha256_final(&hash, digest);
}
