/*
 * gen_tables_test.c - the generated tables of the schema, and its constants and
 * defaults.
 */
#include "capos.gen.h"
#include "capos.schema.gen.h"
#include "check_run.h"
#include "ring.h"
#include "wire_random.gen.h"

START_TEST(tables)
{
    const struct schema_interface *timer =
        capos_schema_interface(TIMER_INTERFACE_ID);
    const struct schema_struct *request =
        schema_find_struct(&capos_schema, WIRE_TEXT("SpawnRequest"));

    ck_assert_str_eq(timer->name, "Timer");
    ck_assert_uint_eq(timer->method_count, TIMER_METHOD_COUNT);
    ck_assert_uint_eq(timer->methods[TIMER_METHOD_SLEEP].flags,
                      TIMER_SLEEP_FLAGS);
    ck_assert_uint_eq(TIMER_SLEEP_FLAGS, RING_INLINE | RING_RINLINE);
    ck_assert_uint_eq(CONSOLE_WRITE_FLAGS, RING_RINLINE);
    ck_assert_uint_eq(CONSOLE_READ_FLAGS, RING_INLINE);
    ck_assert_str_eq(capos_schema_method_name(CONSOLE_INTERFACE_ID, 1), "read");
    ck_assert_str_eq(capos_schema_method_name(CONSOLE_INTERFACE_ID, 2), "?");
    ck_assert_str_eq(capos_schema_method_name(1, 0), "?");
    ck_assert_uint_eq(request->pointers, SPAWN_REQUEST_POINTERS);
    ck_assert_uint_eq(8 * request->data_words + 8 * request->pointers,
                      SPAWN_REQUEST_BYTES);
    ck_assert(schema_find_struct(&capos_schema, WIRE_TEXT("Nothing")) == NULL);
    ck_assert_uint_ge(capos_schema.interface_count, 17);
    for (uint16_t i = 0; i < capos_schema.interface_count; i++) {
        const struct schema_interface *iface = &capos_schema.interfaces[i];

        ck_assert_ptr_eq(capos_schema_interface(iface->id), iface);
        for (uint16_t k = 0; k < iface->method_count; k++) {
            ck_assert_uint_lt(iface->methods[k].params,
                              capos_schema.struct_count);
            ck_assert_uint_lt(iface->methods[k].results,
                              capos_schema.struct_count);
        }
    }
}
END_TEST

START_TEST(constants)
{
    uint64_t words[32];
    struct wire_builder builder;
    struct wire_message message;
    struct defaults_reader r;

    ck_assert_uint_eq(ANSWER, 42);
    ck_assert_int_eq(OFFSET, -3);
    ck_assert_str_eq(GREETING, "hello \"wire\"");
    ck_assert(RATIO == 0.25 && YES);
    wire_builder_init(&builder, words, sizeof(words));
    defaults_build(&builder);
    wire_message_init(&message, words, (size_t)wire_builder_bytes(&builder));
    r = defaults_read(&message);
    ck_assert(defaults_get_flag(r));
    ck_assert_int_eq(defaults_get_int64(r), -7000000000);
    ck_assert_uint_eq(defaults_get_uint32(r), 70000);
    ck_assert(defaults_get_float32(r) == 1.5f);
    ck_assert(defaults_get_float64(r) == -2.25);
    ck_assert_str_eq(defaults_get_text(r).bytes, "a \"default\"\n");
    ck_assert_uint_eq(defaults_get_data(r).length, 3);
    ck_assert_uint_eq(defaults_get_data(r).bytes[2], 0xfe);
    ck_assert_int_eq(defaults_get_colour(r), COLOUR_DARK_BLUE);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {tables, constants, NULL};

    return check_run("gen_tables", tests);
}
