/*
 * books_test.c - the kernel's own look at its books (check/authority_check.h):
 * what is right passes, in whosever hands it is, and each wrong sum stops.
 */
#include "check/authority_check.h"
#include "check_stop.h"
#include "core_fixture.h"
#include "mem/frames.h"

/* Pages of init's, which a process below it holds and maps. */
static void begin(struct player *holder)
{
    struct fixture_request request = {.grants = {{"memory", 0}}};
    struct cqe cqe;

    fixture_begin();
    cqe = player_call(&fixture_init, player_cap(&fixture_init, "frames"),
                      FRAME_ALLOCATOR_INTERFACE_ID,
                      FRAME_ALLOCATOR_METHOD_ALLOCATE, 3, 0, 0);
    ck_assert_int_gt(cqe.result, 0);
    request.grants[0].cap = player_result_cap(&fixture_init, &cqe, 0);
    fixture_spawn(&fixture_init, &request, holder);
    fixture_release(&fixture_init, request.grants[0].cap);
    cqe = player_call(holder, player_cap(holder, "memory"),
                      MEMORY_OBJECT_INTERFACE_ID, MEMORY_OBJECT_METHOD_SHARE,
                      0, 0, 0);
    ck_assert_int_gt(cqe.result, 0);
    authority_check();
}

START_TEST(test_books_in_other_hands)
{
    struct player holder;

    begin(&holder);
    ck_assert_uint_ge(ledger_used_itself(fixture_init.process->ledger,
                                         LEDGER_PAGES),
                      3);
    player_detach(&holder);
    fixture_end();
    authority_check();
}
END_TEST

static void charge(enum ledger_kind kind, uint64_t amount)
{
    struct player holder;

    begin(&holder);
    ck_assert_int_eq(ledger_charge(holder.process->ledger, kind, amount), 0);
    authority_check();
}

static void refund(enum ledger_kind kind, uint64_t amount)
{
    struct player holder;

    begin(&holder);
    ledger_refund(fixture_init.process->ledger, kind, amount);
    authority_check();
}

START_TEST(test_books_page_too_much)
{
    charge(LEDGER_PAGES, 1);
}
END_TEST

START_TEST(test_books_byte_too_much)
{
    charge(LEDGER_OBJECTS, 1);
}
END_TEST

START_TEST(test_books_page_too_little)
{
    refund(LEDGER_PAGES, 1);
}
END_TEST

START_TEST(test_books_byte_too_little)
{
    refund(LEDGER_OBJECTS, 1);
}
END_TEST

START_TEST(test_books_slot_too_much)
{
    charge(LEDGER_CAPS, 1);
}
END_TEST

/* A ledger's limits are its parent's expense. */
START_TEST(test_books_limit_for_nothing)
{
    struct player holder;

    begin(&holder);
    (void)sync_add64(&holder.process->ledger->limit[LEDGER_OBJECTS], 1);
    (void)sync_add64(&holder.process->ledger->left[LEDGER_OBJECTS], 1);
    authority_check();
}
END_TEST

START_TEST(test_books_frame_for_nothing)
{
    struct player holder;
    uint64_t got;

    begin(&holder);
    ck_assert_uint_ne(frames_alloc_run(1, &got), HAL_NO_FRAME);
    authority_check();
}
END_TEST

START_TEST(test_books_holder_too_much)
{
    struct player holder;

    begin(&holder);
    (void)sync_add(&holder.process->object.holders, 1);
    authority_check();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_books_in_other_hands,
        NULL,
    };
    const TTest *const stops[] = {
        test_books_page_too_much,     test_books_byte_too_much,
        test_books_page_too_little,   test_books_byte_too_little,
        test_books_slot_too_much,     test_books_limit_for_nothing,
        test_books_frame_for_nothing, test_books_holder_too_much,
        NULL,
    };

    return check_run_stops("books", tests, stops);
}
