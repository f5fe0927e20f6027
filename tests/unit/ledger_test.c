/* ledger_test.c - quotas: limits, overflow, the tree of ledgers, its end. */
#include <stdlib.h>

#include "check_stop.h"
#include "core_fixture.h"
#include "mem/frames.h"
#include "proc/ledger.h"

#define OWN_BYTES sizeof(struct ledger) /* a child costs its parent so much */

static const uint64_t limits[LEDGER_KINDS] = {
    [LEDGER_PAGES] = 100,
    [LEDGER_THREADS] = 3,
    [LEDGER_CAPS] = UINT64_MAX,
    [LEDGER_OBJECTS] = 100000,
};

/* A ledger of the machine's, and one with these limits below it. */
static struct ledger *root_create(void)
{
    struct ledger *root;

    ck_assert_int_eq(ledger_create(NULL, limits, &root), 0);
    return root;
}

static struct ledger *child_create(struct ledger *parent, uint64_t pages,
                                   uint64_t objects)
{
    const uint64_t asked[LEDGER_KINDS] = {
        [LEDGER_PAGES] = pages, [LEDGER_THREADS] = 1,
        [LEDGER_OBJECTS] = objects};
    struct ledger *child;

    ck_assert_int_eq(ledger_create(parent, asked, &child), 0);
    return child;
}

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

/* Limits are taken from the parent, and come back. */
START_TEST(test_ledger_taken)
{
    struct ledger *root;
    struct ledger *child;

    fixture_begin();
    root = root_create();
    child = child_create(root, 60, 1000);
    ck_assert_uint_eq(ledger_used(root, LEDGER_PAGES), 60);
    ck_assert_uint_eq(ledger_used(root, LEDGER_THREADS), 1);
    ck_assert_uint_eq(ledger_used(root, LEDGER_OBJECTS), 1000 + OWN_BYTES);
    ck_assert_int_eq(ledger_charge(root, LEDGER_PAGES, 41), ERR_OVERLOADED);
    ck_assert_int_eq(ledger_charge(child, LEDGER_PAGES, 61), ERR_OVERLOADED);
    ck_assert_int_eq(ledger_charge(child, LEDGER_PAGES, 60), 0);
    ck_assert_uint_eq(ledger_used(root, LEDGER_PAGES), 60);
    ledger_refund(child, LEDGER_PAGES, 60);
    ledger_put(ledger_get(child));
    ledger_put(child);
    ck_assert_uint_eq(machine_charged(root), 0);
    ledger_put(root);
    fixture_end();
}
END_TEST

/* All kinds are taken, or none. */
START_TEST(test_ledger_taken_or_not)
{
    struct ledger *root;
    struct ledger *child = NULL;

    fixture_begin();
    root = root_create();
    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        uint64_t asked[LEDGER_KINDS];

        for (uint32_t i = 0; i < LEDGER_KINDS; i++) {
            asked[i] = limits[i] ? 1 : 0;
        }
        asked[kind] = limits[kind] + (kind != LEDGER_CAPS);
        ck_assert_int_eq(ledger_charge(root, LEDGER_CAPS, 1), 0);
        ck_assert_int_eq(ledger_create(root, asked, &child), ERR_OVERLOADED);
        ledger_refund(root, LEDGER_CAPS, 1);
        ck_assert_uint_eq(machine_charged(root), 0);
    }
    ledger_put(root);
    fixture_end();
}
END_TEST

/* A closed ledger gives back what is left, and the rest as it comes. */
START_TEST(test_ledger_close)
{
    struct ledger *root;
    struct ledger *child;

    fixture_begin();
    root = root_create();
    child = child_create(root, 60, 1000);
    ck_assert_int_eq(ledger_charge(child, LEDGER_PAGES, 10), 0);
    ledger_close(child);
    ledger_close(child);
    ck_assert_uint_eq(ledger_used(root, LEDGER_PAGES), 10);
    ck_assert_uint_eq(ledger_used(root, LEDGER_THREADS), 0);
    ck_assert_uint_eq(ledger_used(child, LEDGER_PAGES), 10);
    ck_assert_uint_eq(ledger_limit(child, LEDGER_PAGES), 10);
    ck_assert_int_eq(ledger_charge(child, LEDGER_PAGES, 1), ERR_OVERLOADED);
    ledger_refund(child, LEDGER_PAGES, 4);
    ck_assert_uint_eq(ledger_used(root, LEDGER_PAGES), 6);
    ck_assert_int_eq(ledger_charge(child, LEDGER_PAGES, 1), ERR_OVERLOADED);
    ledger_refund(child, LEDGER_PAGES, 6);
    ledger_put(child);
    ck_assert_uint_eq(machine_charged(root), 0);
    ledger_put(root);
    fixture_end();
}
END_TEST

/* Everything below is closed, also what is below what is held elsewhere. */
START_TEST(test_ledger_close_below)
{
    struct process *owner;
    struct ledger *root;
    struct ledger *top;
    struct ledger *middle;
    struct ledger *low;
    struct ledger *late = NULL;
    uint32_t count = 0;

    fixture_begin();
    root = root_create();
    top = child_create(root, 60, 10000);
    middle = child_create(top, 40, 5000);
    low = child_create(middle, 20, 1000);
    ck_assert_int_eq(ledger_own(low, fixture_init.process), 0);
    ck_assert_int_eq(ledger_charge(low, LEDGER_PAGES, 5), 0);
    ledger_close(top);
    while (ledger_close_below(top, &owner)) {
        count++;
        ck_assert_ptr_eq(owner, count == 2 ? fixture_init.process : NULL);
        if (owner) {
            object_put(&owner->object);
        }
    }
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(ledger_used(root, LEDGER_PAGES), 5);
    ck_assert_int_eq(ledger_create(middle, (uint64_t[LEDGER_KINDS]){0}, &late),
                     ERR_OVERLOADED);
    ck_assert_int_eq(ledger_own(low, fixture_init.process), ERR_DISCONNECTED);
    ck_assert_int_eq(ledger_own(low, NULL), 0);
    ledger_refund(low, LEDGER_PAGES, 5);
    ledger_put(top);
    ledger_put(middle);
    ledger_put(low);
    ck_assert_uint_eq(machine_charged(root), 0);
    ledger_put(root);
    fixture_end();
}
END_TEST

START_TEST(test_ledger_depth)
{
    struct ledger *chain[LEDGER_DEPTH_MAX];
    struct ledger *deeper = NULL;

    fixture_begin();
    chain[0] = root_create();
    for (uint32_t i = 1; i < LEDGER_DEPTH_MAX; i++) {
        chain[i] = child_create(chain[i - 1], 1, 90000 - i * 1000);
    }
    ck_assert_int_eq(ledger_create(chain[LEDGER_DEPTH_MAX - 1],
                                   (uint64_t[LEDGER_KINDS]){0}, &deeper),
                     ERR_OVERLOADED);
    for (uint32_t i = 0; i < LEDGER_DEPTH_MAX; i++) {
        ledger_put(chain[i]);
    }
    fixture_end();
}
END_TEST

/* The end of what is charged for its bytes, not only of the parent's. */
START_TEST(test_ledger_alloc)
{
    struct ledger *root;
    void *block = NULL;

    fixture_begin();
    root = root_create();
    ck_assert_int_eq(ledger_alloc(root, 100001, &block), ERR_OVERLOADED);
    machine_refuse_heap(0);
    ck_assert_int_eq(ledger_alloc(root, 100, &block), ERR_NO_MEMORY);
    machine_refuse_heap(UINT64_MAX);
    ck_assert_uint_eq(machine_charged(root), 0);
    ck_assert_int_eq(ledger_alloc(root, 100, &block), 0);
    ck_assert_uint_eq(ledger_used(root, LEDGER_OBJECTS), 100);
    ledger_free(root, 100, block);
    ck_assert_uint_eq(machine_charged(root), 0);
    ledger_put(root);
    fixture_end();
}
END_TEST

/* Nobody is refused for lack of frames who has room in his ledger. */
START_TEST(test_ledger_machine)
{
    uint64_t all[LEDGER_KINDS];

    for (uint64_t frames = 1000; frames < 20000000; frames *= 7) {
        uint64_t bytes;

        ledger_machine(frames, all);
        bytes = all[LEDGER_OBJECTS] * 2 + all[LEDGER_LOG_BYTES] +
                all[LEDGER_CALLS] * sizeof(struct call) +
                all[LEDGER_CAPS] * sizeof(struct cap_slot);
        ck_assert_uint_lt(all[LEDGER_PAGES] + all[LEDGER_TABLES] +
                              all[LEDGER_RINGS] + all[LEDGER_SCRATCH] +
                              bytes / PAGE_SIZE,
                          frames);
    }
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

    fixture_begin();
    ledger = root_create();
    (void)ledger_charge(ledger, LEDGER_PAGES, 1);
    ledger_put(ledger);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_ledger_limit,
        test_ledger_overflow,
        test_ledger_taken,
        test_ledger_taken_or_not,
        test_ledger_close,
        test_ledger_close_below,
        test_ledger_depth,
        test_ledger_alloc,
        test_ledger_machine,
        NULL,
    };
    const TTest *const stops[] = {
        test_ledger_refund_too_much,
        test_ledger_put_charged,
        NULL,
    };

    return check_run_stops("ledger", tests, stops);
}
