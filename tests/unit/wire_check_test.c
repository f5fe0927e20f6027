/*
 * wire_check_test.c - the checks of check.h against the getters of wire.h: of
 * any message and any field both must say the same.
 *
 * Messages are random words, most of them pointers that lead somewhere near.
 * Each is a heap block of its own, so that AddressSanitizer and Memcheck see a
 * byte too far.
 */
#include <stdint.h>
#include <string.h>

#include "check_run.h"
#include "capnp/check.h"

#define WORDS_MAX 12u
#define FIELDS 4u
#define MESSAGES 100000u

static uint64_t state;

static uint64_t random_word(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t below(uint64_t limit)
{
    return random_word() % limit;
}

/* An offset in a pointer: near, now and then as far as it goes. */
static uint64_t random_offset(void)
{
    if (below(16) == 0) {
        return random_word() & 0x3fffffff;
    }
    return (below(2 * WORDS_MAX) - WORDS_MAX) & 0x3fffffff;
}

static uint64_t random_pointer(void)
{
    uint64_t count = below(8) ? below(40) : random_word() >> 35;

    switch (below(8)) {
    case 0:
        return 0;
    case 1:
        return random_offset() << 2 | below(6) << 32 | below(5) << 48;
    case 2:
    case 3:
        return 1 | random_offset() << 2 | 2ull << 32 | count << 35;
    case 4:
        return 1 | random_offset() << 2 | below(8) << 32 | count << 35;
    case 5:
        return 3 | (below(4) ? below(8) : 0xffffffffull) << 32 |
               (below(4) ? 0 : below(16) << 2);
    case 6:
        return 2 | below(2) << 2 | below(WORDS_MAX) << 3 | below(2) << 32;
    default:
        return random_word();
    }
}

/* Whole words, 8-aligned, with nothing behind them; the caller frees it. */
static uint64_t *random_message(uint32_t *count)
{
    uint64_t *words;

    *count = 1 + (uint32_t)below(WORDS_MAX);
    words = malloc(8 * *count);
    ck_assert_ptr_nonnull(words);
    for (uint32_t i = 0; i < *count; i++) {
        words[i] = below(4) ? random_pointer() : random_word() & 0xff;
    }
    if (below(8)) { /* most have a root struct that can be seen */
        words[0] = below(3) << 32 | (1 + below(FIELDS)) << 48;
    }
    return words;
}

/* What the getters say of a field, by the name of its check. */
static bool followed(uint64_t *words, uint32_t count, char what, uint32_t i)
{
    struct wire_message message;
    struct wire_struct root;

    wire_message_init(&message, words, 8 * count);
    root = wire_root(&message);
    switch (what) {
    case 'd':
        wire_get_data(root, i);
        break;
    case 't':
        wire_get_text(root, i);
        break;
    case 'c':
        wire_get_cap(root, i);
        break;
    case 'a':
        wire_get_kind(root, i);
        break;
    default:
        wire_get_list(root, i, WIRE_FOUR_BYTES);
        break;
    }
    return !wire_message_error(&message);
}

static bool checked(struct wire_struct root, char what, uint32_t i)
{
    switch (what) {
    case 'd':
        return wire_check_data(root, i);
    case 't':
        return wire_check_text(root, i);
    case 'c':
        return wire_check_cap(root, i);
    case 'a':
        return wire_check_any(root, i);
    default:
        return wire_check_list(root, i, WIRE_FOUR_BYTES);
    }
}

static bool same_root(struct wire_struct a, struct wire_struct b)
{
    return a.data == b.data && a.pointers == b.pointers &&
           a.data_bytes == b.data_bytes &&
           a.pointer_count == b.pointer_count && a.depth == b.depth &&
           a.segment == b.segment;
}

/* An assertion that holds costs nothing here: there are millions. */
static void require(bool agrees, const char *about, uint32_t i)
{
    if (!agrees) {
        ck_abort_msg("no agreement about field %u as '%c'", i, *about);
    }
}

/* Returns how many checks were passed by a pointer that is not null. */
static uint32_t compare(uint64_t *words, uint32_t count)
{
    struct wire_message opened;
    struct wire_message message;
    struct wire_struct expected;
    struct wire_struct root;
    uint32_t passed = 0;
    bool good;

    wire_message_init(&message, words, 8 * count);
    expected = wire_root(&message);
    good = wire_open(&opened, &root, words, 8 * count);
    require(good == !wire_message_error(&message), "root", 0);
    if (!good) {
        return 0;
    }
    require(same_root(root, expected), "root", 1);
    for (uint32_t i = 0; i <= FIELDS; i++) {
        for (const char *what = "dtcal"; *what; what++) {
            good = wire_open(&opened, &root, words, 8 * count) &&
                   checked(root, *what, i);
            require(good == followed(words, count, *what, i), what, i);
            passed += good && wire_has(root, i);
        }
    }
    return passed;
}

START_TEST(test_check_agrees)
{
    uint32_t passed = 0;

    state = 88172645463325252ull;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        uint32_t count;
        uint64_t *words = random_message(&count);

        passed += compare(words, count);
        free(words);
    }
    ck_assert_uint_gt(passed, MESSAGES / 8);
}
END_TEST

START_TEST(test_check_opens)
{
    uint64_t words[3] = {0, 0, 0};
    struct wire_message message;
    struct wire_struct root;

    ck_assert(wire_open(&message, &root, words, 8)); /* null: empty */
    ck_assert_uint_eq(root.pointer_count, 0);
    ck_assert_uint_eq(message.budget, wire_budget(1));
    ck_assert(!wire_open(&message, &root, words, 0));
    ck_assert(!wire_open(&message, &root, words, 12));
    ck_assert(!wire_open(&message, &root, (char *)words + 4, 8));
    ck_assert(!wire_open(&message, &root, words, 0xfffffff8u));
    words[0] = 1ull << 48 | 1ull << 32;
    ck_assert(wire_open(&message, &root, words, sizeof(words)));
    ck_assert_uint_eq(root.data_bytes, 8);
    ck_assert(!wire_open(&message, &root, words, 16)); /* one word short */
}
END_TEST

/* The last byte of the message may be used, none behind it. */
START_TEST(test_check_bounds)
{
    uint64_t *words = calloc(3, 8);
    struct wire_message message;
    struct wire_struct root;

    words[0] = 1ull << 48;
    words[1] = 1 | 2ull << 32 | 8ull << 35;
    ck_assert(wire_open(&message, &root, words, 24));
    ck_assert(wire_check_data(root, 0));
    ck_assert(wire_check_text(root, 0));
    ((char *)words)[23] = 'x'; /* not the end of a text */
    ck_assert(wire_check_data(root, 0));
    ck_assert(!wire_check_text(root, 0));
    words[1] = 1 | 2ull << 32 | 9ull << 35;
    ck_assert(wire_open(&message, &root, words, 24));
    ck_assert(!wire_check_data(root, 0));
    words[1] = 1 | 2ull << 32; /* no byte, not even a NUL */
    ck_assert(wire_open(&message, &root, words, 24));
    ck_assert(wire_check_data(root, 0));
    ck_assert(!wire_check_text(root, 0));
    free(words);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_check_agrees,
        test_check_opens,
        test_check_bounds,
        NULL,
    };

    return check_run("wire_check", tests);
}
