/*
 * bitmap_test.c - sets of bits against an array of bool.
 */
#include "bitmap.h"

#include "check_run.h"

#define BITS_MAX 400u

struct model {
    bool bits[BITS_MAX];
    uint32_t size;
};

static uint64_t words[BITS_MAX / 64 + 1];

static uint32_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(*state >> 33);
}

static bool run_at(const struct model *model, uint64_t start, uint64_t count)
{
    for (uint64_t i = start; i < start + count; i++) {
        if (i >= model->size || model->bits[i]) {
            return false;
        }
    }
    return true;
}

static uint64_t model_find(const struct model *model, uint64_t count,
                           uint64_t hint)
{
    for (uint64_t i = hint; i < model->size; i++) {
        if (run_at(model, i, count)) {
            return i;
        }
    }
    for (uint64_t i = 0; i < hint && i < model->size; i++) {
        if (run_at(model, i, count)) {
            return i;
        }
    }
    return BITMAP_NONE;
}

static void model_check(const struct bitmap *map, const struct model *model)
{
    uint64_t ones = 0;

    for (uint32_t i = 0; i < model->size; i++) {
        ck_assert_int_eq(bitmap_test(map, i), model->bits[i]);
        ones += model->bits[i];
    }
    ck_assert_uint_eq(bitmap_count(map), ones);
    ck_assert_uint_eq(bitmap_count_clear(map), model->size - ones);
}

static void model_step(struct bitmap *map, struct model *model,
                       uint64_t *random)
{
    uint64_t first = random_next(random) % (model->size + 5);
    uint64_t count = random_next(random) % 90;
    bool value = random_next(random) % 2;

    for (uint64_t i = first; i < first + count && i < model->size; i++) {
        model->bits[i] = value;
    }
    if (value) {
        bitmap_set_range(map, first, count);
    } else {
        bitmap_clear_range(map, first, count);
    }
    model_check(map, model);
    for (uint64_t length = 1; length < 80; length += 9) {
        uint64_t hint = random_next(random) % (model->size + 5);

        ck_assert_uint_eq(bitmap_find_clear(map, length, hint),
                          model_find(model, length, hint));
    }
}

START_TEST(test_bitmap_against_array)
{
    static const uint32_t sizes[] = {1, 63, 64, 65, 128, 200, BITS_MAX};
    uint64_t random = 11;

    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct model model = {.size = sizes[i]};
        struct bitmap map;

        bitmap_init(&map, words, sizes[i]);
        for (uint32_t step = 0; step < 300; step++) {
            model_step(&map, &model, &random);
        }
    }
}
END_TEST

START_TEST(test_bitmap_edges)
{
    struct bitmap map;

    bitmap_init(&map, words, 100);
    ck_assert_uint_eq(bitmap_words(0), 0);
    ck_assert_uint_eq(bitmap_words(64), 1);
    ck_assert_uint_eq(bitmap_words(65), 2);
    ck_assert(bitmap_test(&map, 100));
    ck_assert(bitmap_test(&map, UINT64_MAX));
    bitmap_set(&map, 100);
    bitmap_clear(&map, 127);
    bitmap_clear_range(&map, 90, UINT64_MAX);
    ck_assert_uint_eq(bitmap_count(&map), 0);
    ck_assert(bitmap_test(&map, 100));
    bitmap_set_range(&map, 1, UINT64_MAX);
    ck_assert_uint_eq(bitmap_count(&map), 99);
    ck_assert_uint_eq(bitmap_find_clear(&map, 1, 50), 0);
    ck_assert_uint_eq(bitmap_find_clear(&map, 0, 0), BITMAP_NONE);
    ck_assert_uint_eq(bitmap_find_clear(&map, UINT64_MAX, 0), BITMAP_NONE);
    bitmap_set(&map, 0);
    bitmap_set(&map, 0);
    ck_assert_uint_eq(bitmap_count(&map), 100);
    ck_assert_uint_eq(bitmap_find_clear(&map, 1, 0), BITMAP_NONE);
}
END_TEST

START_TEST(test_bitmap_of_nothing)
{
    struct bitmap map;

    bitmap_init(&map, words, 0);
    ck_assert(bitmap_test(&map, 0));
    bitmap_set_range(&map, 0, 10);
    ck_assert_uint_eq(bitmap_find_clear(&map, 1, 0), BITMAP_NONE);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_bitmap_against_array,
        test_bitmap_edges,
        test_bitmap_of_nothing,
        NULL,
    };

    return check_run("bitmap", tests);
}
