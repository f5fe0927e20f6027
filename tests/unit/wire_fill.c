/*
 * wire_fill.c - random messages, built with generated code (wire_fill.h).
 *
 * Floating-point numbers are multiples of 1/16 that six digits can say, for
 * how a number is printed is not what is under test. Texts are UTF-8. There are
 * no parentheses and no "#" in strings: capnp 0.9.2 takes them for its own when
 * it looks for the end of a message in text form.
 */
#include "wire_fill.h"

uint64_t wire_dice_next(struct wire_dice *dice)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return dice->state * 0x2545f4914f6cdd1dull;
}

static uint32_t below(struct wire_dice *dice, uint32_t limit)
{
    return (uint32_t)((wire_dice_next(dice) >> 32) % limit);
}

static bool coin(struct wire_dice *dice)
{
    return below(dice, 2);
}

/* Random bits, often of few digits. */
static uint64_t number(struct wire_dice *dice)
{
    return wire_dice_next(dice) >> below(dice, 64);
}

static double fraction(struct wire_dice *dice)
{
    return ((double)below(dice, 8000) - 4000) / 16;
}

static struct wire_text text(struct wire_dice *dice)
{
    static const char *const pieces[] = {"a",  "word", "\n", "\"", "'",
                                         "\\", "\xc3\xa9", "\t", " ", "0",
                                         "\x01", "?",  "\xe2\x82\xac"};
    static char bytes[128];
    struct wire_text result = {bytes, 0};

    for (uint32_t count = below(dice, 20); count; count--) {
        const char *piece = pieces[below(dice, 13)];

        while (*piece) {
            bytes[result.length++] = *piece++;
        }
    }
    return result;
}

static bool confuses_capnp(uint8_t c)
{
    return c == '(' || c == ')' || c == '#';
}

static struct wire_data data(struct wire_dice *dice)
{
    static uint8_t bytes[32];
    struct wire_data result = {bytes, below(dice, 32)};

    for (uint32_t i = 0; i < result.length; i++) {
        bytes[i] = (uint8_t)number(dice);
        bytes[i] ^= (uint8_t)(confuses_capnp(bytes[i]) ? 0x80 : 0);
    }
    return result;
}

static enum colour colour(struct wire_dice *dice)
{
    return (enum colour)below(dice, COLOUR_COUNT);
}

static void fill_defaults(struct wire_dice *dice, struct defaults_builder b)
{
    if (coin(dice)) {
        defaults_set_flag(b, coin(dice));
        defaults_set_int8(b, (int8_t)number(dice));
        defaults_set_int16(b, (int16_t)number(dice));
        defaults_set_int32(b, (int32_t)number(dice));
        defaults_set_int64(b, (int64_t)number(dice));
        defaults_set_uint8(b, (uint8_t)number(dice));
        defaults_set_uint16(b, (uint16_t)number(dice));
    }
    if (coin(dice)) {
        defaults_set_uint32(b, (uint32_t)number(dice));
        defaults_set_uint64(b, number(dice));
        defaults_set_float32(b, (float)fraction(dice));
        defaults_set_float64(b, fraction(dice));
        defaults_set_text(b, text(dice));
        defaults_set_data(b, data(dice));
        defaults_set_colour(b, colour(dice));
    }
}

static void fill_union(struct wire_dice *dice, struct choice_builder b,
                       int depth)
{
    struct choice_pair_builder pair;
    struct wire_builder_list list;
    uint32_t count = below(dice, 4);

    switch (below(dice, depth > 0 ? 7 : 6)) {
    case 0:
        choice_set_nothing(b);
        break;
    case 1:
        choice_set_number(b, (int64_t)number(dice));
        break;
    case 2:
        choice_set_words(b, text(dice));
        break;
    case 3:
        pair = choice_init_pair(b);
        choice_pair_set_left(pair, (uint32_t)number(dice));
        choice_pair_set_right(pair, text(dice));
        break;
    case 4:
        list = choice_init_many(b, count);
        for (uint32_t i = 0; i < count; i++) {
            choice_many_set(list, i, (uint16_t)number(dice));
        }
        break;
    case 5:
        choice_set_bit(b, coin(dice));
        break;
    default:
        fill_union(dice, choice_init_other(b), depth - 1);
        break;
    }
}

static void fill_choice(struct wire_dice *dice, struct choice_builder b,
                        int depth)
{
    struct choice_place_builder place = choice_init_place(b);
    struct choice_place_unit_builder unit = choice_place_init_unit(place);

    choice_set_before(b, (uint16_t)number(dice));
    fill_union(dice, b, depth);
    choice_place_set_x(place, (int32_t)number(dice));
    choice_place_set_y(place, (int32_t)number(dice));
    if (coin(dice)) {
        choice_place_unit_set_foot(unit, (uint8_t)number(dice));
    }
}

static void fill_data(struct wire_dice *dice, struct everything_builder b)
{
    everything_set_flag(b, coin(dice));
    everything_set_int8(b, (int8_t)number(dice));
    everything_set_int16(b, (int16_t)number(dice));
    everything_set_int32(b, (int32_t)number(dice));
    everything_set_int64(b, (int64_t)number(dice));
    everything_set_uint8(b, (uint8_t)number(dice));
    everything_set_uint16(b, (uint16_t)number(dice));
    everything_set_uint32(b, (uint32_t)number(dice));
    everything_set_uint64(b, number(dice));
    everything_set_float32(b, (float)fraction(dice));
    everything_set_float64(b, fraction(dice));
    everything_set_colour(b, colour(dice));
}

#define FILL_LIST(field, value)                                                \
    if (coin(dice)) {                                                          \
        count = below(dice, 5);                                                \
        list = everything_init_##field(b, count);                              \
        for (uint32_t i = 0; i < count; i++) {                                 \
            everything_##field##_set(list, i, value);                          \
        }                                                                      \
    }

static void fill_lists(struct wire_dice *dice, struct everything_builder b)
{
    struct wire_builder_list list;
    uint32_t count;

    if (coin(dice)) {
        everything_init_voids(b, below(dice, 5));
    }
    FILL_LIST(flags, coin(dice))
    FILL_LIST(int8s, (int8_t)number(dice))
    FILL_LIST(int16s, (int16_t)number(dice))
    FILL_LIST(int32s, (int32_t)number(dice))
    FILL_LIST(int64s, (int64_t)number(dice))
    FILL_LIST(uint8s, (uint8_t)number(dice))
    FILL_LIST(uint16s, (uint16_t)number(dice))
    FILL_LIST(uint32s, (uint32_t)number(dice))
    FILL_LIST(uint64s, number(dice))
    FILL_LIST(float32s, (float)fraction(dice))
    FILL_LIST(float64s, fraction(dice))
    FILL_LIST(texts, text(dice))
    FILL_LIST(datas, data(dice))
    FILL_LIST(colours, colour(dice))
}

static void fill_nested(struct wire_dice *dice, struct everything_builder b)
{
    uint32_t rows = below(dice, 4);
    struct wire_builder_list matrix = everything_init_matrix(b, rows);
    struct wire_builder_list cube = everything_init_cube(b, rows);
    struct wire_builder_list table = everything_init_rows(b, rows);

    for (uint32_t i = 0; i < rows; i++) {
        uint32_t count = below(dice, 4);
        struct wire_builder_list list =
            everything_matrix_init(matrix, i, count);
        struct wire_builder_list deep = everything_cube_init(cube, i, count);

        for (uint32_t k = 0; k < count; k++) {
            struct wire_builder_list bits;

            wire_put_i32(list, k, (int32_t)number(dice));
            bits = wire_init_list(wire_builder_element(deep, k), 0, WIRE_BIT,
                                  20);
            wire_put_bool(bits, below(dice, 20), true);
        }
        list = everything_rows_init(table, i, count);
        for (uint32_t k = 0; k < count; k++) {
            fill_defaults(dice, (struct defaults_builder){
                                    wire_builder_element(list, k)});
        }
    }
}

static void fill_structs(struct wire_dice *dice, struct everything_builder b,
                         int depth)
{
    uint32_t count = below(dice, 3);
    struct wire_builder_list list;

    if (coin(dice)) {
        fill_defaults(dice, everything_init_defaults(b));
    }
    if (coin(dice)) {
        fill_choice(dice, everything_init_choice(b), depth);
    }
    if (coin(dice)) {
        list = everything_init_choices(b, count);
        for (uint32_t i = 0; i < count; i++) {
            fill_choice(dice, everything_choices_build(list, i), depth);
        }
    }
    if (coin(dice)) {
        everything_init_empties(b, count);
    }
    if (depth == 0) {
        return;
    }
    if (coin(dice)) {
        wire_fill_everything(dice, everything_init_child(b), depth - 1);
    }
    list = everything_init_children(b, count);
    for (uint32_t i = 0; i < count; i++) {
        wire_fill_everything(dice, everything_children_build(list, i),
                             depth - 1);
    }
}

void wire_fill_everything(struct wire_dice *dice, struct everything_builder b,
                          int depth)
{
    if (coin(dice)) {
        fill_data(dice, b);
    }
    if (coin(dice)) {
        everything_set_text(b, text(dice));
        everything_set_data(b, data(dice));
    }
    if (coin(dice)) {
        fill_lists(dice, b);
    }
    if (coin(dice)) {
        fill_nested(dice, b);
    }
    fill_structs(dice, b, depth);
}
