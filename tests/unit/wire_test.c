/*
 * wire_test.c - the wire runtime by hand-made words: what is read, what is
 * built, and what hostile input can not do.
 *
 * Hostile messages lie in heap memory of exactly their size, so that
 * AddressSanitizer sees every byte read beyond it. How long a walk may take is
 * measured in words of the budget, not in time.
 */
#include <string.h>

#include "capnp/copy.h"
#include "capnp/float.h"
#include "check_run.h"
#include "errors.h"
#include "wire_fill.h"
#include "wire_random.schema.gen.h"

#define EVERYTHING                                                             \
    (&wire_random_schema.structs[SCHEMA_STRUCT_EVERYTHING])

static uint64_t struct_pointer(int32_t offset, uint16_t data, uint16_t pointers)
{
    return ((uint32_t)offset << 2) | (uint64_t)data << 32 |
           (uint64_t)pointers << 48;
}

static uint64_t list_pointer(int32_t offset, enum wire_element element,
                             uint32_t count)
{
    return ((uint32_t)offset << 2) | 1u | (uint64_t)element << 32 |
           (uint64_t)count << 35;
}

static uint64_t far_pointer(uint32_t word, uint32_t segment, bool twice)
{
    return (uint64_t)segment << 32 | word << 3 | (twice ? 4u : 0u) | 2u;
}

/* Opens words as a message; the root must be readable or not. */
static struct wire_struct open_words(struct wire_message *message,
                                     const uint64_t *words, size_t count)
{
    ck_assert_int_eq(wire_message_init(message, words, count * 8), 0);
    return wire_root(message);
}

START_TEST(inline_words)
{
    uint64_t words[4];
    struct wire_builder_struct b = wire_builder_inline(words);
    struct wire_struct s = wire_inline(words);

    wire_set_u64(b, 0, 0x1122334455667788, 0);
    wire_set_i8(b, 8, -3, 7);
    wire_set_bool(b, 255, true, false);
    wire_set_f32(b, 12, 1.5f, 0);
    ck_assert_uint_eq(wire_get_u64(s, 0, 0), 0x1122334455667788);
    ck_assert_uint_eq(wire_get_u32(s, 4, 0), 0x11223344);
    ck_assert_int_eq(wire_get_i8(s, 8, 7), -3);
    ck_assert(wire_get_bool(s, 255, false));
    ck_assert(!wire_get_bool(s, 255, true));
    ck_assert(wire_get_f32(s, 12, 0) == 1.5f);
    ck_assert_uint_eq(wire_get_u64(s, 32, 9), 9);
    ck_assert(wire_get_bool(s, 256, true));
    wire_set_u64(b, 25, 1, 0);
    ck_assert_uint_eq(words[3], 1ull << 63);
    ck_assert_uint_eq(wire_get_text(s, 0).length, 0);
    ck_assert_uint_eq(wire_get_list(s, 0, WIRE_ANY).count, 0);
}
END_TEST

START_TEST(refused_messages)
{
    uint64_t words[2] = {0, 0};
    uint32_t table[4] = {0, 2, 0, 0};
    struct wire_message message;
    size_t used;

    ck_assert_int_eq(wire_message_init(&message, NULL, 8), ERR_BAD_MESSAGE);
    ck_assert_int_eq(wire_message_init(&message, words, 0), ERR_BAD_MESSAGE);
    ck_assert_int_eq(wire_message_init(&message, words, 12), ERR_BAD_MESSAGE);
    ck_assert_int_eq(wire_message_init(&message, (char *)words + 4, 8),
                     ERR_BAD_MESSAGE);
    ck_assert_uint_eq(wire_root(&message).data_bytes, 0);
    ck_assert(wire_message_error(&message));
    ck_assert_int_eq(wire_message_init(&message, words, (1ull << 31) + 8),
                     ERR_TOO_LARGE);
    memcpy(words, table, 16);
    ck_assert_int_eq(
        wire_message_init_framed(&message, NULL, 0, words, 16, &used),
        ERR_BAD_MESSAGE);
    table[0] = 1;
    memcpy(words, table, 16);
    ck_assert_int_eq(
        wire_message_init_framed(&message, NULL, 0, words, 16, &used),
        ERR_TOO_LARGE);
    table[0] = 0;
    table[1] = UINT32_MAX;
    memcpy(words, table, 16);
    ck_assert_int_eq(
        wire_message_init_framed(&message, NULL, 0, words, 16, &used),
        ERR_TOO_LARGE);
}
END_TEST

START_TEST(empty_root)
{
    uint64_t words[1] = {0};
    struct wire_message message;
    struct wire_struct root = open_words(&message, words, 1);

    ck_assert(!wire_message_error(&message));
    ck_assert_uint_eq(root.data_bytes, 0);
    ck_assert_uint_eq(wire_get_u32(root, 0, 77), 77);
    words[0] = struct_pointer(-1, 0, 0);
    open_words(&message, words, 1);
    ck_assert(!wire_message_error(&message));
}
END_TEST

START_TEST(bad_roots)
{
    const uint64_t bad[] = {
        struct_pointer(0, 2, 0),  struct_pointer(0, 0, 2),
        struct_pointer(1, 1, 0),  struct_pointer(-2, 1, 0),
        struct_pointer(-3, 0, 0), struct_pointer(0x1fffffff, 1, 0),
        struct_pointer(0, 0xffff, 0xffff),
        list_pointer(0, WIRE_EIGHT_BYTES, 1),
        far_pointer(2, 0, false), far_pointer(1, 0, true),
        far_pointer(0, 1, false), far_pointer(0, UINT32_MAX, true),
        far_pointer(0, 0, false), /* a far pointer at itself */
        far_pointer(0, 0, true),  3, 3ull << 32 | 3, 7};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t words[2] = {bad[i], 0x0123456789abcdef};
        struct wire_message message;
        struct wire_struct root = open_words(&message, words, 2);

        ck_assert_msg(wire_message_error(&message), "root %zu", i);
        ck_assert_uint_eq(root.data_bytes, 0);
        ck_assert_uint_eq(root.pointer_count, 0);
    }
}
END_TEST

START_TEST(far_pointers)
{
    uint64_t stream[] = {
        1ull | 2ull << 32, 5ull, /* two segments of 2 and 5 words */
        far_pointer(0, 1, true), 41,
        far_pointer(3, 1, false), struct_pointer(0, 1, 1), 0, 42,
        far_pointer(1, 0, false)};
    struct wire_segment table[1];
    struct wire_message message;
    struct wire_struct root;
    size_t used;

    ck_assert_int_eq(wire_message_init_framed(&message, table, 1, stream,
                                              sizeof(stream), &used), 0);
    ck_assert_uint_eq(used, sizeof(stream));
    root = wire_root(&message);
    ck_assert(!wire_message_error(&message));
    ck_assert_uint_eq(wire_get_u64(root, 0, 0), 42);
    ck_assert_int_eq(wire_get_kind(root, 0), WIRE_KIND_LIST);
    ck_assert_uint_eq(wire_get_struct(root, 0).data_bytes, 0);
    ck_assert(wire_message_error(&message)); /* 41 is a list pointer */
    stream[3] = struct_pointer(4, 1, 0);
    wire_message_init_framed(&message, table, 1, stream, sizeof(stream), &used);
    wire_get_struct(wire_root(&message), 0);
    ck_assert(wire_message_error(&message));
    stream[3] = 9ull << 32 | 3;
    wire_message_init_framed(&message, table, 1, stream, sizeof(stream), &used);
    ck_assert_uint_eq(wire_get_cap(wire_root(&message), 0), 9);
    ck_assert(!wire_message_error(&message));
}
END_TEST

START_TEST(texts)
{
    uint64_t words[] = {struct_pointer(0, 0, 3), list_pointer(2, WIRE_BYTE, 4),
                        list_pointer(1, WIRE_BYTE, 3),
                        list_pointer(0, WIRE_BYTE, 0), 0x00636261};
    struct wire_message message;
    struct wire_struct root = open_words(&message, words, 5);

    ck_assert(wire_text_equal(wire_get_text(root, 0), WIRE_TEXT("abc")));
    ck_assert_uint_eq(wire_get_data(root, 0).length, 4);
    ck_assert_uint_eq(wire_get_data(root, 2).length, 0);
    ck_assert(!wire_message_error(&message));
    ck_assert_uint_eq(wire_get_text(root, 1).length, 0); /* no NUL */
    ck_assert(wire_message_error(&message));
    root = open_words(&message, words, 5);
    ck_assert_uint_eq(wire_get_text(root, 2).length, 0); /* no room for it */
    ck_assert(wire_message_error(&message));
    root = open_words(&message, words, 5);
    ck_assert_str_eq(wire_get_text_or(root, 3, WIRE_TEXT("else")).bytes,
                     "else");
    ck_assert(!wire_message_error(&message));
}
END_TEST

/* One list with the given pointer (and words behind it), read as expected. */
static bool list_reads(uint64_t pointer, uint64_t tag,
                       enum wire_element expected)
{
    uint64_t words[] = {struct_pointer(0, 0, 1), pointer, tag, 0, 0, 0};
    struct wire_message message;
    struct wire_struct root = open_words(&message, words, 6);

    wire_get_list(root, 0, expected);
    return !wire_message_error(&message);
}

START_TEST(lists)
{
    const uint64_t tag = struct_pointer(2, 1, 0); /* two elements */
    const uint64_t structs = list_pointer(0, WIRE_COMPOSITE, 2);
    const uint64_t numbers = list_pointer(0, WIRE_FOUR_BYTES, 8);

    ck_assert(list_reads(numbers, 0, WIRE_FOUR_BYTES));
    ck_assert(list_reads(numbers, 0, WIRE_TWO_BYTES));
    ck_assert(list_reads(numbers, 0, WIRE_COMPOSITE));
    ck_assert(!list_reads(numbers, 0, WIRE_EIGHT_BYTES));
    ck_assert(!list_reads(numbers, 0, WIRE_BIT));
    ck_assert(!list_reads(numbers, 0, WIRE_POINTER));
    ck_assert(!list_reads(list_pointer(0, WIRE_FOUR_BYTES, 9), 0, WIRE_ANY));
    ck_assert(list_reads(list_pointer(0, WIRE_BIT, 256), 0, WIRE_BIT));
    ck_assert(!list_reads(list_pointer(0, WIRE_BIT, 257), 0, WIRE_BIT));
    ck_assert(!list_reads(list_pointer(0, WIRE_BIT, 8), 0, WIRE_COMPOSITE));
    ck_assert(list_reads(structs, tag, WIRE_COMPOSITE));
    ck_assert(list_reads(structs, tag, WIRE_EIGHT_BYTES));
    ck_assert(!list_reads(structs, tag, WIRE_POINTER));
    ck_assert(!list_reads(structs, struct_pointer(3, 1, 0), WIRE_ANY));
    ck_assert(!list_reads(structs, struct_pointer(2, 1, 1), WIRE_ANY));
    ck_assert(!list_reads(structs, tag | 1, WIRE_ANY));
    ck_assert(!list_reads(list_pointer(0, WIRE_COMPOSITE, 4), tag, WIRE_ANY));
    ck_assert(!list_reads(list_pointer(3, WIRE_COMPOSITE, 0x1fffffff), tag,
                          WIRE_ANY));
}
END_TEST

START_TEST(amplification)
{
    const uint32_t most = 0x1fffffff;

    ck_assert(list_reads(list_pointer(0, WIRE_VOID, 100), 0, WIRE_VOID));
    ck_assert(!list_reads(list_pointer(0, WIRE_VOID, most), 0, WIRE_VOID));
    ck_assert(!list_reads(list_pointer(0, WIRE_COMPOSITE, 0),
                          struct_pointer((int32_t)most, 0, 0),
                          WIRE_COMPOSITE));
    ck_assert(list_reads(list_pointer(0, WIRE_COMPOSITE, 0),
                         struct_pointer(100, 0, 0), WIRE_COMPOSITE));
}
END_TEST

/* A struct whose every pointer is a list of two of itself. */
START_TEST(cycles)
{
    uint64_t words[64] = {0};
    struct wire_message message;
    struct wire_struct s;
    uint32_t levels = 0;

    words[0] = struct_pointer(0, 0, 2);
    words[1] = struct_pointer(-1, 0, 2);
    words[2] = struct_pointer(-2, 0, 2);
    for (s = open_words(&message, words, 3); s.pointer_count; levels++) {
        s = wire_get_struct(s, levels % 2);
    }
    ck_assert(wire_message_error(&message));
    ck_assert_uint_eq(levels, WIRE_DEPTH_MAX + 1);

    words[0] = struct_pointer(0, EVERYTHING_DATA_WORDS, EVERYTHING_POINTERS);
    for (uint32_t i = 0; i < EVERYTHING_POINTERS; i++) {
        int32_t at = (int32_t)(1 + EVERYTHING_DATA_WORDS + i);

        words[at] = struct_pointer(-at, EVERYTHING_DATA_WORDS,
                                   EVERYTHING_POINTERS);
    }
    s = open_words(&message, words,
                   1 + EVERYTHING_DATA_WORDS + EVERYTHING_POINTERS);
    ck_assert(!schema_check(&wire_random_schema, EVERYTHING, s));
}
END_TEST

static uint32_t pointer_of(const char *name)
{
    for (uint32_t i = 0; i < EVERYTHING->field_count; i++) {
        if (strcmp(EVERYTHING->fields[i].name, name) == 0) {
            return EVERYTHING->fields[i].offset;
        }
    }
    ck_abort_msg("%s", name);
}

/* Twice as many ways on each level: only the budget ends this one. */
START_TEST(wide_cycle)
{
    const uint32_t size = EVERYTHING_DATA_WORDS + EVERYTHING_POINTERS;
    const uint32_t first = 2 + EVERYTHING_DATA_WORDS;
    uint32_t child = first + pointer_of("child");
    uint32_t children = first + pointer_of("children");
    uint64_t words[80] = {0};
    struct wire_message message;
    struct wire_struct s;
    uint64_t budget;

    ck_assert_uint_lt(first + EVERYTHING_POINTERS, 80);
    words[0] = struct_pointer(1, EVERYTHING_DATA_WORDS, EVERYTHING_POINTERS);
    words[1] = words[0]; /* the tag of a list of one */
    words[child] = struct_pointer(1 - (int32_t)child, EVERYTHING_DATA_WORDS,
                                  EVERYTHING_POINTERS);
    words[children] = list_pointer(-(int32_t)children, WIRE_COMPOSITE, size);
    s = open_words(&message, words, 80);
    wire_message_limit(&message, 1000000000);
    ck_assert_uint_eq(everything_get_children((struct everything_reader){s})
                          .count, 1);
    ck_assert(!wire_message_error(&message));
    s = open_words(&message, words, 80);
    budget = message.budget;
    ck_assert_uint_le(budget, 64 * 80 + 4096);
    ck_assert(!schema_check(&wire_random_schema, EVERYTHING, s));
}
END_TEST

START_TEST(upgrades)
{
    uint64_t words[64];
    struct wire_builder builder;
    struct wire_message message;
    struct wire_builder_list list;
    struct original_builder original;
    struct upgraded_builder upgraded;
    struct upgraded_reader now;
    struct original_reader then;

    wire_builder_init(&builder, words, sizeof(words));
    original = original_build(&builder);
    list = original_init_numbers(original, 2);
    original_numbers_set(list, 1, 77);
    list = original_init_names(original, 1);
    original_names_set(list, 0, WIRE_TEXT("old"));
    wire_message_init(&message, words, (size_t)wire_builder_bytes(&builder));
    now = upgraded_read(&message);
    ck_assert_uint_eq(upgraded_item_get_number(upgraded_numbers_at(
                          upgraded_get_numbers(now), 1)), 77);
    ck_assert(!upgraded_item_has_name(
        upgraded_numbers_at(upgraded_get_numbers(now), 1)));
    ck_assert_uint_eq(upgraded_get_names(now).count, 1);
    ck_assert(!wire_message_error(&message));

    upgraded = upgraded_build(&builder);
    list = upgraded_init_numbers(upgraded, 2);
    upgraded_item_set_number(upgraded_numbers_build(list, 1), 78);
    upgraded_item_set_name(upgraded_numbers_build(list, 1), WIRE_TEXT("new"));
    list = upgraded_init_names(upgraded, 1);
    upgraded_item_set_name(upgraded_names_build(list, 0), WIRE_TEXT("new"));
    wire_message_init(&message, words, (size_t)wire_builder_bytes(&builder));
    then = original_read(&message);
    ck_assert_uint_eq(original_numbers_at(original_get_numbers(then), 1), 78);
    ck_assert_str_eq(original_names_at(original_get_names(then), 0).bytes,
                     "new");
    ck_assert(!wire_message_error(&message));
    ck_assert_uint_eq(narrow_get_int8(narrow_read(&message)), 0);
}
END_TEST

START_TEST(builder_errors)
{
    uint64_t words[8];
    struct wire_builder builder;
    struct wire_builder_struct root;
    struct wire_builder_list list;

    wire_builder_init(&builder, (char *)words + 1, sizeof(words) - 8);
    ck_assert_uint_eq(wire_builder_root(&builder, 1, 1).data_bytes, 0);
    ck_assert_int_eq(wire_builder_bytes(&builder), ERR_TOO_LARGE);
    wire_builder_init(&builder, words, sizeof(words));
    root = wire_builder_root(&builder, 1, 1);
    ck_assert_int_eq(wire_builder_bytes(&builder), 24);
    ck_assert_uint_eq(wire_builder_room(&builder), 40);
    ck_assert(wire_init_data(root, 0, 41) == NULL);
    ck_assert_int_eq(wire_builder_bytes(&builder), ERR_TOO_LARGE);
    ck_assert_uint_eq(wire_builder_room(&builder), 0);
    root = wire_builder_root(&builder, 1, 1);
    wire_set_u16(root, 8, 1, 0);
    ck_assert_int_eq(wire_builder_bytes(&builder), ERR_TOO_LARGE);
    root = wire_builder_root(&builder, 1, 1);
    list = wire_init_list(root, 0, WIRE_BIT, 9);
    wire_put_bool(list, 8, true);
    ck_assert_int_eq(wire_builder_bytes(&builder), 32);
    wire_put_bool(list, 9, true);
    ck_assert_int_eq(wire_builder_bytes(&builder), ERR_TOO_LARGE);
    root = wire_builder_root(&builder, 1, 1);
    ck_assert(wire_init_data(root, 1, 1) == NULL);
    root = wire_builder_root(&builder, 1, 1);
    list = wire_init_structs(root, 0, UINT32_MAX, 0xffff, 0xffff);
    ck_assert_uint_eq(list.count, 0);
    wire_set_u8(wire_builder_element(list, 0), 0, 1, 0);
    ck_assert_int_eq(wire_builder_bytes(&builder), ERR_TOO_LARGE);
}
END_TEST

/* Reads everything in three ways; the results do not matter. */
static void walk(struct wire_message *message, uint64_t *scratch, size_t size)
{
    struct wire_struct root = wire_root(message);
    struct wire_builder builder;

    schema_check(&wire_random_schema, EVERYTHING, root);
    wire_builder_init(&builder, scratch, size);
    wire_copy(root, &builder);
}

START_TEST(damaged)
{
    static uint64_t words[16384];
    static uint64_t scratch[16384];
    struct wire_dice dice = {0x5eed0d0d};

    for (int i = 0; i < 400; i++) {
        struct wire_builder builder;
        struct wire_message message;
        size_t bytes;

        wire_builder_init(&builder, words, sizeof(words));
        wire_fill_everything(&dice, everything_build(&builder), i % 3);
        bytes = (size_t)wire_builder_bytes(&builder);
        for (int k = 0; k < 40; k++) {
            size_t part = k % 4 ? bytes
                                : 8 + wire_dice_next(&dice) % bytes / 8 * 8;
            uint64_t *copy = malloc(part);

            part = part > bytes ? bytes : part;
            memcpy(copy, words, part);
            for (uint64_t flips = wire_dice_next(&dice) % 8; flips; flips--) {
                copy[wire_dice_next(&dice) % (part / 8)] ^=
                    1ull << wire_dice_next(&dice) % 64;
            }
            ck_assert_int_eq(wire_message_init(&message, copy, part), 0);
            walk(&message, scratch, sizeof(scratch));
            free(copy);
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        inline_words, refused_messages, empty_root, bad_roots, far_pointers,
        texts, lists, amplification, cycles, wide_cycle, upgrades,
        builder_errors, damaged, NULL};

    return check_run("wire", tests);
}
