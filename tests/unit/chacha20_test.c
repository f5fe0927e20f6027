/* chacha20_test.c - the block function by RFC 8439, and the generator. */
#include "chacha20.h"

#include <string.h>

#include "check_run.h"

/* RFC 8439 2.3.2. */
START_TEST(test_chacha20_block_of_the_rfc)
{
    static const uint8_t nonce[12] = {0, 0, 0, 9, 0, 0, 0, 0x4a};
    static const uint8_t expected[64] = {
        0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd,
        0x1f, 0xa3, 0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0,
        0x68, 0x03, 0x04, 0x22, 0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2,
        0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa, 0x09, 0x14, 0xc2, 0xd7, 0x05,
        0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1, 0xde, 0x16, 0x4e,
        0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e};
    uint8_t key[32];
    uint8_t block[64];

    for (uint8_t i = 0; i < 32; i++) {
        key[i] = i;
    }
    chacha20_block(key, 1, nonce, block);
    ck_assert_mem_eq(block, expected, 64);
}
END_TEST

/* RFC 8439 A.1, test vectors 1, 2 and 4. */
START_TEST(test_chacha20_blocks_of_the_appendix)
{
    static const uint8_t zero[32];
    static const uint8_t first[16] = {0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1,
                                      0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5,
                                      0x53, 0x86, 0xbd, 0x28};
    static const uint8_t second[16] = {0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51,
                                       0x38, 0x7a, 0x98, 0xba, 0x97, 0x7c,
                                       0x73, 0x2d, 0x08, 0x0d};
    static const uint8_t fourth[16] = {0x72, 0xd5, 0x4d, 0xfb, 0xf1, 0x2e,
                                       0xc4, 0x4b, 0x36, 0x26, 0x92, 0xdf,
                                       0x94, 0x13, 0x7f, 0x32};
    uint8_t key[32] = {0};
    uint8_t block[64];

    chacha20_block(zero, 0, zero, block);
    ck_assert_mem_eq(block, first, 16);
    chacha20_block(zero, 1, zero, block);
    ck_assert_mem_eq(block, second, 16);
    key[1] = 0xff;
    chacha20_block(key, 2, zero, block);
    ck_assert_mem_eq(block, fourth, 16);
}
END_TEST

/* The same key gives the same bytes, the next request others. */
START_TEST(test_chacha20_random_goes_on)
{
    struct chacha20_random one = {{1}};
    struct chacha20_random two = {{1}};
    uint8_t a[200];
    uint8_t b[200];

    chacha20_random_fill(&one, a, sizeof(a));
    chacha20_random_fill(&two, b, sizeof(b));
    ck_assert_mem_eq(a, b, sizeof(a));
    chacha20_random_fill(&one, a, sizeof(a));
    ck_assert_mem_ne(a, b, 64);
    ck_assert_mem_ne(a + 64, b + 64, 64);
}
END_TEST

/* Neither the key before nor the one after is in what was given out. */
START_TEST(test_chacha20_random_keeps_its_key)
{
    struct chacha20_random random = {{7}};
    uint8_t before[32];
    uint8_t bytes[256];

    memcpy(before, random.key, sizeof(before));
    chacha20_random_fill(&random, bytes, sizeof(bytes));
    ck_assert_mem_ne(random.key, before, 32);
    ck_assert_ptr_null(memmem(bytes, sizeof(bytes), random.key, 32));
    ck_assert_ptr_null(memmem(bytes, sizeof(bytes), before, 32));
}
END_TEST

START_TEST(test_chacha20_random_mixes)
{
    struct chacha20_random one = {{1}};
    struct chacha20_random two = {{1}};
    uint8_t fresh[32] = {0, 0, 4};
    uint8_t a[32];
    uint8_t b[32];

    chacha20_random_mix(&one, fresh);
    chacha20_random_fill(&one, a, sizeof(a));
    chacha20_random_fill(&two, b, sizeof(b));
    ck_assert_mem_ne(a, b, sizeof(a));
}
END_TEST

/* Just the bytes asked for are written. */
START_TEST(test_chacha20_random_stays_inside)
{
    for (size_t size = 0; size <= 130; size++) {
        struct chacha20_random random = {{3}};
        uint8_t bytes[140];

        memset(bytes, 0xa5, sizeof(bytes));
        chacha20_random_fill(&random, bytes + 4, size);
        for (size_t i = 0; i < 4; i++) {
            ck_assert_uint_eq(bytes[i], 0xa5);
            ck_assert_uint_eq(bytes[4 + size + i], 0xa5);
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_chacha20_block_of_the_rfc,
        test_chacha20_blocks_of_the_appendix,
        test_chacha20_random_goes_on,
        test_chacha20_random_keeps_its_key,
        test_chacha20_random_mixes,
        test_chacha20_random_stays_inside,
        NULL,
    };

    return check_run("chacha20", tests);
}
