/*
 * sha256_test.c - the standard's examples, and splits of every size.
 */
#include "sha256.h"

#include <stdio.h>
#include <string.h>

#include "check_run.h"

static void check_digest(const uint8_t *digest, const char *expected)
{
    char text[2 * SHA256_BYTES + 1];

    for (uint32_t i = 0; i < SHA256_BYTES; i++) {
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    ck_assert_str_eq(text, expected);
}

static void check_text(const char *text, const char *expected)
{
    uint8_t digest[SHA256_BYTES];

    sha256_bytes(text, strlen(text), digest);
    check_digest(digest, expected);
}

START_TEST(test_sha256_examples)
{
    check_text("", "e3b0c44298fc1c149afbf4c8996fb924"
                   "27ae41e4649b934ca495991b7852b855");
    check_text("abc", "ba7816bf8f01cfea414140de5dae2223"
                      "b00361a396177a9cb410ff61f20015ad");
    check_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
               "248d6a61d20638b8e5c026930c3e6039"
               "a33ce45964ff2167f6ecedd419db06c1");
}
END_TEST

START_TEST(test_sha256_million)
{
    static const char block[1000] = {[0 ... 999] = 'a'};
    struct sha256 hash;
    uint8_t digest[SHA256_BYTES];

    sha256_init(&hash);
    for (uint32_t i = 0; i < 1000; i++) {
        sha256_update(&hash, block, sizeof(block));
    }
    sha256_final(&hash, digest);
    check_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67"
                         "f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(test_sha256_splits)
{
    uint8_t bytes[300];
    uint8_t whole[SHA256_BYTES];
    uint8_t parts[SHA256_BYTES];

    for (uint32_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 7);
    }
    for (uint32_t size = 0; size <= sizeof(bytes); size++) {
        struct sha256 hash;

        sha256_bytes(bytes, size, whole);
        sha256_init(&hash);
        sha256_update(&hash, bytes, size / 3);
        sha256_update(&hash, bytes + size / 3, 0);
        sha256_update(&hash, bytes + size / 3, size - size / 3);
        sha256_final(&hash, parts);
        ck_assert_mem_eq(whole, parts, SHA256_BYTES);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_sha256_examples,
        test_sha256_million,
        test_sha256_splits,
        NULL,
    };

    return check_run("sha256", tests);
}
