/*
 * timer_queue_test.c - timers: order, ties, stopping, the budget of a tick.
 */
#include "check_run.h"
#include "core_check.h"
#include "core_fixture.h"
#include "sched/timer.h"

#define TIMERS 200u

static struct timer timers[TIMERS];
static uint32_t fired[TIMERS];
static uint32_t fired_count;

static void note(struct timer *timer)
{
    ck_assert(!pairing_contains(&timer->node));
    lock_assert_none();
    fired[fired_count++] = (uint32_t)(timer - timers);
}

/* Who fires owns what waits: nobody can stop it any more. */
static void note_firing(struct timer *timer)
{
    note(timer);
    ck_assert(!timer_stop(timer));
}

static void start(uint32_t index, uint64_t deadline_ns)
{
    timers[index].fire = note;
    timer_start(&timers[index], deadline_ns);
}

START_TEST(test_order_and_ties)
{
    struct cpu *cpu = cpu_self();

    fixture_begin();
    for (uint32_t i = 0; i < 60; i++) {
        start(i, 1000 + (i * 7 % 20) / 2);
    }
    ck_assert_uint_eq(timer_next(cpu), 1000);
    timer_expire(cpu, 999, 100);
    ck_assert_uint_eq(fired_count, 0);
    timer_expire(cpu, 1009, 100);
    ck_assert_uint_eq(fired_count, 60);
    for (uint32_t i = 1; i < 60; i++) {
        uint64_t before = timers[fired[i - 1]].deadline_ns;
        uint64_t here = timers[fired[i]].deadline_ns;

        ck_assert(before < here || (before == here && fired[i - 1] < fired[i]));
    }
    ck_assert_uint_eq(timer_next(cpu), UINT64_MAX);
    fixture_end();
}
END_TEST

START_TEST(test_stop)
{
    struct cpu *cpu = cpu_self();

    fixture_begin();
    ck_assert(!timer_stop(&timers[0])); /* never started */
    for (uint32_t i = 0; i < 10; i++) {
        start(i, 1000 + i);
    }
    for (uint32_t i = 0; i < 10; i += 2) {
        ck_assert(timer_stop(&timers[i]));
        ck_assert(!timer_stop(&timers[i]));
    }
    ck_assert_uint_eq(timer_next(cpu), 1001);
    timer_expire(cpu, 2000, 100);
    ck_assert_uint_eq(fired_count, 5);
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert_uint_eq(fired[i], 2 * i + 1);
    }
    ck_assert(!timer_stop(&timers[1])); /* has fired */
    start(1, 3000);
    timer_expire(cpu, 3000, 100);
    ck_assert_uint_eq(fired_count, 6);
    fixture_end();
}
END_TEST

/* A tick fires a bounded number; the rest makes it tick again at once. */
START_TEST(test_budget)
{
    fixture_begin();
    player_go(&fixture_init);
    for (uint32_t i = 0; i < TIMERS; i++) {
        start(i, 1000);
    }
    player_wait(&fixture_init, TIMEOUT_NEVER);
    fake_now_ns = 5000;
    for (uint32_t ticks = 1; fired_count < TIMERS; ticks++) {
        ck_assert_uint_eq(fake->armed_ns, 1000);
        fixture_tick();
        ck_assert_uint_le(fired_count, 64 * ticks);
        ck_assert_uint_gt(fired_count, 64 * (ticks - 1));
    }
    ck_assert_uint_eq(fake->armed_ns, UINT64_MAX);
    for (uint32_t i = 0; i < TIMERS; i++) {
        ck_assert_uint_eq(fired[i], i);
    }
}
END_TEST

/* A tick too early changes nothing but the deadline asked for. */
START_TEST(test_early_tick)
{
    fixture_begin();
    player_go(&fixture_init);
    start(0, 1000);
    player_wait(&fixture_init, TIMEOUT_NEVER);
    fake_now_ns = 500;
    fake->armed_ns = UINT64_MAX;
    core_on_tick();
    core_check();
    ck_assert_uint_eq(fired_count, 0);
    ck_assert_uint_eq(fake->armed_ns, 1000);
}
END_TEST

START_TEST(test_stop_firing)
{
    struct cpu *cpu = cpu_self();

    fixture_begin();
    start(0, 1000);
    timers[0].fire = note_firing;
    timer_expire(cpu, 1000, 100);
    ck_assert_uint_eq(fired_count, 1);
    fixture_end();
}
END_TEST

/* It is in the queue of the CPU that started it, whoever stops it. */
START_TEST(test_stop_elsewhere)
{
    fixture_begin_on(2);
    start(0, 1000);
    fake_on(1);
    start(1, 900);
    ck_assert_uint_eq(timer_next(&cpus[0]), 1000);
    ck_assert_uint_eq(timer_next(&cpus[1]), 900);
    ck_assert(timer_stop(&timers[0]));
    ck_assert_uint_eq(timer_next(&cpus[0]), UINT64_MAX);
    timer_expire(&cpus[1], 900, 100);
    fake_on(0);
    ck_assert(!timer_stop(&timers[1]));
    timer_expire(&cpus[0], 2000, 100);
    ck_assert_uint_eq(fired_count, 1);
    start(0, 3000);
    ck_assert(timer_stop(&timers[0]));
    fixture_end();
}
END_TEST

START_TEST(test_far_deadlines)
{
    struct cpu *cpu = cpu_self();

    fixture_begin();
    start(0, UINT64_MAX - 1);
    start(1, UINT64_MAX);
    start(2, 0);
    timer_expire(cpu, UINT64_MAX - 2, 100);
    ck_assert_uint_eq(fired_count, 1);
    timer_expire(cpu, UINT64_MAX, 100);
    ck_assert_uint_eq(fired_count, 3);
    ck_assert_uint_eq(fired[1], 0);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_order_and_ties,
        test_stop,
        test_budget,
        test_early_tick,
        test_stop_firing,
        test_stop_elsewhere,
        test_far_deadlines,
        NULL,
    };

    return check_run("timer_queue", tests);
}
