/*
 * init_policy_test.c - when init starts a service again, and whether services
 * can be put in an order.
 */
#include "check_run.h"
#include "needs.h"
#include "init/policy.h"

#define MS 1000000u

static struct policy_history history;
static uint64_t delay_ns;

static enum policy_verdict decide(const struct policy *policy, uint64_t now_ms,
                                  bool failed)
{
    return policy_decide(policy, &history, now_ms * MS, failed, &delay_ns);
}

START_TEST(test_init_policy_when)
{
    struct policy policy = {.window_ns = 1000 * MS, .most_ns = MS};

    history.count = 0;
    policy.when = RESTART_POLICY_WHEN_NEVER;
    ck_assert_int_eq(decide(&policy, 1, true), POLICY_END);
    policy.when = RESTART_POLICY_WHEN_ON_FAILURE;
    ck_assert_int_eq(decide(&policy, 1, false), POLICY_END);
    ck_assert_uint_eq(history.count, 0);
    ck_assert_int_eq(decide(&policy, 1, true), POLICY_RESTART);
    policy.when = RESTART_POLICY_WHEN_ALWAYS;
    ck_assert_int_eq(decide(&policy, 1, false), POLICY_RESTART);
    ck_assert_uint_eq(history.count, 2);
}
END_TEST

START_TEST(test_init_policy_backoff)
{
    static const uint64_t expected_ms[] = {3, 6, 12, 20, 20};
    const struct policy policy = {.when = RESTART_POLICY_WHEN_ALWAYS,
                                  .first_ns = 3 * MS,
                                  .most_ns = 20 * MS,
                                  .window_ns = 100 * MS};

    history.count = 0;
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert_int_eq(decide(&policy, 10 * i, true), POLICY_RESTART);
        ck_assert_uint_eq(delay_ns, expected_ms[i] * MS);
    }
    /* At 100 the first restart is just outside the window, at 110 another. */
    ck_assert_int_eq(decide(&policy, 99, true), POLICY_RESTART);
    ck_assert_uint_eq(history.count, 6);
    ck_assert_int_eq(decide(&policy, 110, true), POLICY_RESTART);
    ck_assert_uint_eq(history.count, 5);
    /* Much later all is forgotten. */
    ck_assert_int_eq(decide(&policy, 10000, true), POLICY_RESTART);
    ck_assert_uint_eq(delay_ns, 3 * MS);
    ck_assert_uint_eq(history.count, 1);
}
END_TEST

START_TEST(test_init_policy_give_up)
{
    const struct policy policy = {.when = RESTART_POLICY_WHEN_ON_FAILURE,
                                  .give_up_after = 2,
                                  .window_ns = 100 * MS};

    history.count = 0;
    ck_assert_int_eq(decide(&policy, 0, true), POLICY_RESTART);
    ck_assert_int_eq(decide(&policy, 10, true), POLICY_RESTART);
    ck_assert_int_eq(decide(&policy, 99, true), POLICY_GIVE_UP);
    ck_assert_int_eq(decide(&policy, 99, false), POLICY_END);
    ck_assert_int_eq(decide(&policy, 100, true), POLICY_RESTART);
    ck_assert_int_eq(decide(&policy, 105, true), POLICY_GIVE_UP);
}
END_TEST

START_TEST(test_init_policy_bounds)
{
    const struct policy policy = {.when = RESTART_POLICY_WHEN_ALWAYS,
                                  .first_ns = UINT64_MAX / 2 + 2,
                                  .most_ns = UINT64_MAX,
                                  .window_ns = UINT64_MAX};

    history.count = 0;
    for (uint32_t i = 0; i < 3 * POLICY_TIMES_MAX; i++) {
        ck_assert_int_eq(decide(&policy, i, true), POLICY_RESTART);
        ck_assert_uint_le(history.count, POLICY_TIMES_MAX);
        ck_assert_uint_eq(delay_ns, i == 0 ? policy.first_ns : UINT64_MAX);
    }
    ck_assert_uint_eq(history.times_ns[POLICY_TIMES_MAX - 1],
                      (3 * POLICY_TIMES_MAX - 1) * (uint64_t)MS);
}
END_TEST

START_TEST(test_needs_order)
{
    struct needs all[4] = {{.count = 0}};
    bool met[4];

    ck_assert_uint_eq(needs_circle(all, met, 0), 0);
    ck_assert(needs_add(&all[0], 3));
    ck_assert(needs_add(&all[0], 3));
    ck_assert_uint_eq(all[0].count, 1);
    ck_assert(needs_add(&all[3], 1));
    ck_assert(needs_add(&all[2], 0));
    ck_assert_uint_eq(needs_circle(all, met, 4), 4);
    ck_assert(needs_add(&all[1], 0));
    ck_assert_uint_eq(needs_circle(all, met, 4), 0);
    ck_assert(!met[3] && !met[1] && !met[2]);
    ck_assert(needs_add(&all[2], 2));
    all[1].count = 0;
    ck_assert_uint_eq(needs_circle(all, met, 4), 2);
    ck_assert(met[0] && met[1] && met[3]);
}
END_TEST

START_TEST(test_needs_full)
{
    struct needs needs = {.count = 0};

    for (uint16_t i = 0; i < NEEDS_MAX; i++) {
        ck_assert(needs_add(&needs, i));
    }
    ck_assert(needs_add(&needs, 3));
    ck_assert(!needs_add(&needs, NEEDS_MAX));
    ck_assert_uint_eq(needs.count, NEEDS_MAX);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_init_policy_when,    test_init_policy_backoff,
        test_init_policy_give_up, test_init_policy_bounds,
        test_needs_order,         test_needs_full,
        NULL,
    };

    return check_run("init_policy", tests);
}
