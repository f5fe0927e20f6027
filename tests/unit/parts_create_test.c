/*
 * parts_create_test.c - ProcessSpawner.create with every argument that is wrong:
 * refused with the error that the schema promises, and nothing changes
 * (parts_play.h).
 */
#include "check_run.h"
#include "parts_play.h"

static void with_image(struct spawn_request_builder request)
{
    spawn_request_set_image(request, fixture_image);
}

static void no_image(struct spawn_request_builder request)
{
    spawn_request_set_image(request, player_cap(init, "timer"));
}

static void no_name(struct spawn_request_builder request)
{
    spawn_request_set_name(request, text_of(""));
}

static void long_name(struct spawn_request_builder request)
{
    spawn_request_set_name(request,
                           text_of("12345678901234567890123456789012"));
}

static void broken_name(struct spawn_request_builder request)
{
    spawn_request_set_name(request, (struct wire_text){"a\0b", 3});
}

static void long_args(struct spawn_request_builder request)
{
    static const uint8_t bytes[ARGS_BYTES_MAX + 1];

    spawn_request_set_args(request, (struct wire_data){bytes, sizeof(bytes)});
}

static void four_words(struct spawn_request_builder request)
{
    (void)spawn_request_init_words(request, 4);
}

static void no_ledger(struct spawn_request_builder request)
{
    spawn_request_set_ledger(request, 1ull << 40);
}

static void other_ledger(struct spawn_request_builder request)
{
    spawn_request_set_ledger(request, player_cap(init, "timer"));
}

static void session_claimed(struct spawn_request_builder request)
{
    spawn_request_set_session(request, 1);
}

static void no_authority(struct spawn_request_builder request)
{
    spawn_request_set_session_authority(request, 1ull << 40);
}

static void other_authority(struct spawn_request_builder request)
{
    spawn_request_set_session_authority(request, player_cap(init, "timer"));
}

static void grants(struct spawn_request_builder request, uint32_t count,
                   const char *name, uint64_t cap)
{
    struct wire_builder_list list = spawn_request_init_grants(request, count);

    for (uint32_t i = 0; i < count; i++) {
        struct grant_builder grant = spawn_request_grants_build(list, i);
        char numbered[16];

        snprintf(numbered, sizeof(numbered), "grant%u", i);
        grant_set_name(grant, text_of(name ? name : numbered));
        grant_set_cap(grant, cap);
    }
}

static void many_grants(struct spawn_request_builder request)
{
    grants(request, 65, NULL, player_cap(init, "timer"));
}

static void nameless_grant(struct spawn_request_builder request)
{
    grants(request, 1, "", player_cap(init, "timer"));
}

static void long_grant(struct spawn_request_builder request)
{
    grants(request, 1, "12345678901234567890123456789012",
           player_cap(init, "timer"));
}

static void same_grants(struct spawn_request_builder request)
{
    grants(request, 2, "twice", player_cap(init, "timer"));
}

static void self_grant(struct spawn_request_builder request)
{
    grants(request, 1, "self-memory", player_cap(init, "timer"));
}

static void unheld_grant(struct spawn_request_builder request)
{
    grants(request, 1, "cap", 1ull << 40);
}

static void own_grant(struct spawn_request_builder request)
{
    grants(request, 1, "cap", player_cap(init, "self-memory"));
}

static void rich(struct spawn_request_builder request)
{
    process_limits_set_pages(spawn_request_init_limits(request), 1u << 30);
}

static void poor(struct spawn_request_builder request)
{
    process_limits_set_objects(spawn_request_init_limits(request), 1);
}

static const struct {
    void (*change)(struct spawn_request_builder request);
    int32_t error;
} creates[] = {
    {with_image, ERR_INVALID},      {no_image, ERR_INVALID},
    {no_name, ERR_INVALID},         {long_name, ERR_INVALID},
    {broken_name, ERR_INVALID},     {long_args, ERR_INVALID},
    {four_words, ERR_INVALID},      {no_ledger, ERR_INVALID},
    {other_ledger, ERR_INVALID},    {session_claimed, ERR_INVALID},
    {no_authority, ERR_INVALID},    {other_authority, ERR_INVALID},
    {many_grants, ERR_INVALID},     {nameless_grant, ERR_INVALID},
    {long_grant, ERR_INVALID},      {same_grants, ERR_INVALID},
    {self_grant, ERR_EXISTS},       {unheld_grant, ERR_BAD_CAPABILITY},
    {own_grant, ERR_NOT_TRANSFERABLE}, {rich, ERR_OVERLOADED},
    {poor, ERR_OVERLOADED},
};

START_TEST(test_create_arguments)
{
    fixture_begin();
    for (uint32_t i = 0; i < sizeof(creates) / sizeof(creates[0]); i++) {
        struct sqe sqe;

        creates[i].change(create_begin());
        sqe = create_sqe();
        refused(&sqe, creates[i].error);
    }
    fixture_end();
}
END_TEST

/* A result that does not fit is refused before anything is made. */
START_TEST(test_create_results)
{
    struct sqe sqe;

    fixture_begin();
    (void)create_begin();
    for (uint32_t bytes = 0; bytes < 64; bytes += 8) {
        sqe = create_sqe();
        sqe.result_len = bytes;
        refused(&sqe, ERR_TOO_LARGE);
    }
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_create_arguments,
        test_create_results,
        NULL,
    };

    return check_run("parts_create", tests);
}
