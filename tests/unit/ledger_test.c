/* ledger_test.c - quotas: limits, overflow, references. */
#include <stdlib.h>

#include "check_stop.h"
#include "hal.h"
#include "mem/frames.h"
#include "proc/ledger.h"

static const uint64_t limits[LEDGER_KINDS] = {100, 3, UINT64_MAX, 0};

START_TEST(test_ledger_limit)
{
    struct ledger ledger;

    ledger_init(&ledger, limits);
    ck_assert_int_eq(ledger_charge(&ledger, LEDGER_PAGES, 60), 0);
    ck_assert_int_eq(ledger_charge(&ledger, LEDGER_PAGES, 41), ERR_OVERLOADED);
    ck_assert_uint_eq(ledger_used(&ledger, LEDGER_PAGES), 60);
    ck_assert_int_eq(ledger_charge(&ledger, LEDGER_PAGES, 40), 0);
    ck_assert_int_eq(ledger_charge(&ledger, LEDGER_PAGES, 0), 0);
    ck_assert_int_eq(ledger_charge(&ledger, LEDGER_PAGES, 1), ERR_OVERLOADED);
    ledger_refund(&ledger, LEDGER_PAGES, 1);
    ck_assert_int_eq(ledger_charge(&ledger, LEDGER_PAGES, 1), 0);
    ck_assert_uint_eq(ledger_used(&ledger, LEDGER_PAGES), 100);
    ck_assert_uint_eq(ledger_used(&ledger, LEDGER_THREADS), 0);
}
END_TEST

START_TEST(test_ledger_overflow)
{
    struct ledger ledger;

    ledger_init(&ledger, limits);
    ck_assert_int_eq(ledger_charge(&ledger, LEDGER_CAPS, 5), 0);
    ck_assert_int_eq(ledger_charge(&ledger, LEDGER_CAPS, UINT64_MAX),
                     ERR_OVERLOADED);
    ck_assert_int_eq(ledger_charge(&ledger, LEDGER_CAPS, UINT64_MAX - 5), 0);
    ck_assert_int_eq(ledger_charge(&ledger, LEDGER_CAPS, 1), ERR_OVERLOADED);
    ck_assert_int_eq(ledger_charge(&ledger, LEDGER_PAGES, UINT64_MAX),
                     ERR_OVERLOADED);
    ck_assert_int_eq(ledger_charge(&ledger, LEDGER_PROCESSES, 1),
                     ERR_OVERLOADED);
}
END_TEST

START_TEST(test_ledger_references)
{
    uint64_t available;
    struct ledger *ledger;

    fake_start();
    available = frames_available();
    ledger = ledger_create(limits);
    ck_assert_ptr_nonnull(ledger);
    ck_assert_ptr_eq(ledger_get(ledger), ledger);
    ledger_put(ledger);
    ck_assert_int_eq(ledger_charge(ledger, LEDGER_THREADS, 3), 0);
    ledger_refund(ledger, LEDGER_THREADS, 3);
    ledger_put(ledger);
    ck_assert_uint_eq(frames_available(), available);
}
END_TEST

START_TEST(test_ledger_refund_too_much)
{
    struct ledger ledger;

    ledger_init(&ledger, limits);
    (void)ledger_charge(&ledger, LEDGER_PAGES, 1);
    ledger_refund(&ledger, LEDGER_PAGES, 2);
}
END_TEST

START_TEST(test_ledger_put_charged)
{
    struct ledger *ledger;

    fake_start();
    ledger = ledger_create(limits);
    (void)ledger_charge(ledger, LEDGER_PAGES, 1);
    ledger_put(ledger);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_ledger_limit,
        test_ledger_overflow,
        test_ledger_references,
        NULL,
    };
    const TTest *const stops[] = {
        test_ledger_refund_too_much,
        test_ledger_put_charged,
        NULL,
    };

    return check_run_stops("ledger", tests, stops);
}
