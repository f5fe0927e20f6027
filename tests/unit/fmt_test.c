/*
 * fmt_test.c - the formatter against the host's snprintf.
 */
#include "fmt.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"

/* Both formatters, at every buffer size, must say the same. */
#define COMPARE(...)                                                           \
    do {                                                                       \
        char expected[200];                                                    \
        size_t length =                                                        \
            (size_t)snprintf(expected, sizeof(expected), __VA_ARGS__);         \
        for (size_t size = 0; size < length + 3; size++) {                     \
            char text[200];                                                    \
            memset(text, '#', sizeof(text));                                   \
            ck_assert_uint_eq(fmt_format(text, size, __VA_ARGS__), length);    \
            check_cut(text, size, expected, length);                           \
        }                                                                      \
    } while (0)

static void check_cut(const char *text, size_t size, const char *expected,
                      size_t length)
{
    size_t kept = length < size ? length : size - 1;

    if (size == 0) {
        ck_assert_int_eq(text[0], '#');
        return;
    }
    ck_assert_mem_eq(text, expected, kept);
    ck_assert_int_eq(text[kept], '\0');
    ck_assert_int_eq(text[kept + 1], '#');
}

START_TEST(test_fmt_text)
{
    COMPARE("plain");
    COMPARE("%s", "");
    COMPARE("<%s>", "text");
    COMPARE("<%10s>", "text");
    COMPARE("<%-10s>", "text");
    COMPARE("<%.2s>", "text");
    COMPARE("<%.*s>", 3, "text");
    COMPARE("<%*s|%-*s>", 6, "ab", 6, "cd");
    COMPARE("<%*s>", -6, "ab");
    COMPARE("<%10.3s>", "abcdef");
    COMPARE("%c%c", 'a', 'b');
    COMPARE("<%3c>", 'x');
    COMPARE("100%%");
}
END_TEST

START_TEST(test_fmt_numbers)
{
    COMPARE("%d %d %d", 0, -1, (int)INT32_MIN);
    COMPARE("%i", (int)INT32_MAX);
    COMPARE("%u", (unsigned)UINT32_MAX);
    COMPARE("%x %X", 0xdeadbeefu, 0xdeadbeefu);
    COMPARE("%lld", (long long)INT64_MIN);
    COMPARE("%llu", (unsigned long long)UINT64_MAX);
    COMPARE("%llx", 0x0123456789abcdefull);
    COMPARE("%ld %lu %lx", (long)INT64_MIN, ~0ul, 255ul);
    COMPARE("%zu %zx", SIZE_MAX, SIZE_MAX);
    COMPARE("%hhx %hx", (unsigned char)0x12, (unsigned short)0x1234);
    COMPARE("%hhd %hd", (signed char)-3, (short)-4);
    COMPARE("<%8d|%-8d|%08d>", -42, -42, -42);
    COMPARE("<%8x|%-8x|%08x>", 42u, 42u, 42u);
    COMPARE("<%016llx>", 0xabcull);
    COMPARE("<%2d>", 12345);
}
END_TEST

START_TEST(test_fmt_odd_formats)
{
    const char *format = "a %q b %";
    /* Volatile, so that the compiler does not warn of what is tested. */
    const char *volatile null = NULL;
    volatile int width = INT32_MIN;
    char text[40];

    ck_assert_uint_eq(fmt_format(text, sizeof(text), "%s", null), 6);
    ck_assert_str_eq(text, "(null)");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    ck_assert_uint_eq(fmt_format(text, sizeof(text), format), 8);
    ck_assert_str_eq(text, format);
#pragma GCC diagnostic pop
    ck_assert_uint_eq(fmt_format(text, sizeof(text), "%*d", width, 1), 4096);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_fmt_text,
        test_fmt_numbers,
        test_fmt_odd_formats,
        NULL,
    };

    return check_run("fmt", tests);
}
