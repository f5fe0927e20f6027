/*
 * run_cpus_test.c - who runs where: placement, hand-off, hints, shares of two
 * CPUs, and ticks.
 */
#include "check_run.h"
#include "core_check.h"
#include "core_fixture.h"

#define PLAYERS 6u

static struct player players[PLAYERS];
static uint64_t bell; /* init's Notification, granted to all */

/* Boots; init on CPU 0. */
static void begin(uint32_t count)
{
    fixture_begin_on(count);
    player_go(&fixture_init);
    bell = fixture_notification(&fixture_init);
    ck_assert_uint_eq(fixture_cpu_of(fixture_init.thread), 0);
}

static void end(void)
{
    players_detach(players, PLAYERS);
    fixture_end();
}

static void spawn(uint32_t index, uint32_t weight)
{
    struct fixture_request request = {.weight = weight};

    request.grants[0] = (struct fixture_grant){"bell", bell};
    fixture_spawn(&fixture_init, &request, &players[index]);
}

/* The player waits for the bell; its CPU takes what comes next. */
static void wait_bell(struct player *player)
{
    struct sqe sqe = player_call_sqe(player, player_cap(player, "bell"),
                                     NOTIFICATION_INTERFACE_ID,
                                     NOTIFICATION_METHOD_WAIT, NULL);

    player_push(player, &sqe);
    player_wait(player, TIMEOUT_NEVER);
}

/* Init rings it, from CPU 0, and goes on or waits. */
static void ring_bell(uint64_t timeout_ns)
{
    struct sqe sqe = player_call_sqe(&fixture_init, bell,
                                     NOTIFICATION_INTERFACE_ID,
                                     NOTIFICATION_METHOD_SIGNAL,
                                     (const uint64_t[4]){1});
    struct cqe cqe;

    ck_assert(player_current(&fixture_init));
    player_push(&fixture_init, &sqe);
    (void)player_enter(&fixture_init, timeout_ns ? 2 : 0, timeout_ns);
    while (player_pop(&fixture_init, &cqe)) {
    }
}

static uint32_t cpu_of(uint32_t index)
{
    return fixture_cpu_of(players[index].thread);
}

/* --------------------------------------------------------------- placement */

/* New threads go to idle CPUs, and then into queues. */
START_TEST(test_spread)
{
    begin(3);
    spawn(0, 1024);
    ck_assert_uint_eq(cpu_of(0), FIXTURE_NO_CPU);
    fixture_attend();
    ck_assert_uint_ne(cpu_of(0), FIXTURE_NO_CPU);
    ck_assert_uint_ne(cpu_of(0), 0);
    spawn(1, 1024);
    fixture_attend();
    ck_assert_uint_eq(cpu_of(0) + cpu_of(1), 3);
    spawn(2, 1024);
    fixture_attend();
    ck_assert_uint_eq(cpu_of(2), FIXTURE_NO_CPU);
    ck_assert_int_eq(players[2].thread->state, THREAD_READY);
    ck_assert(player_current(&fixture_init));
    end();
}
END_TEST

/* To where it ran last, if that is idle, though others that idle come first. */
START_TEST(test_home)
{
    uint32_t home[3];

    begin(5);
    for (uint32_t i = 0; i < 3; i++) {
        spawn(i, 1024);
        fixture_attend();
        home[i] = cpu_of(i);
    }
    for (uint32_t i = 3; i > 0; i--) {
        wait_bell(&players[i - 1]);
        ck_assert_ptr_null(fake->resumed);
        ck_assert_ptr_null(fake->active); /* idle CPUs have no space */
    }
    for (uint32_t i = 3; i > 0; i--) {
        player_go(&fixture_init);
        ring_bell(TIMEOUT_POLL);
        ck_assert(fake_cpus[home[i - 1]].attention);
        fixture_attend();
        ck_assert_uint_eq(cpu_of(i - 1), home[i - 1]);
    }
    end();
}
END_TEST

/* All are busy: into the queue of its last CPU, whose time is shared now. */
START_TEST(test_busy_home)
{
    uint32_t home;

    begin(2);
    spawn(0, 1024);
    fixture_attend();
    home = cpu_of(0);
    ck_assert_uint_eq(home, 1);
    wait_bell(&players[0]);
    player_go(&fixture_init);
    spawn(1, 1024);
    fixture_attend();
    ck_assert_uint_eq(cpu_of(1), home);
    ck_assert_uint_eq(fake_cpus[home].armed_ns, UINT64_MAX);
    ring_bell(TIMEOUT_POLL);
    ck_assert_int_eq(players[0].thread->state, THREAD_READY);
    ck_assert_uint_eq(sync_load(&players[0].thread->cpu), home);
    ck_assert(fake_cpus[home].attention);
    fixture_attend();
    ck_assert_uint_le(fake_cpus[home].armed_ns, fake_now_ns + QUANTUM_NS);
    end();
}
END_TEST

/* Who makes it ready and waits hands over the CPU; nobody else is told. */
START_TEST(test_handoff_stays)
{
    begin(3);
    spawn(0, 1024);
    fixture_attend();
    ck_assert_uint_eq(cpu_of(0), 1);
    wait_bell(&players[0]);
    player_go(&fixture_init);
    ring_bell(1000000);
    ck_assert_uint_eq(cpu_of(0), 0);
    ck_assert_uint_eq(sync_load(&players[0].thread->cpu), 0);
    ck_assert(!fake_cpus[1].attention && !fake_cpus[2].attention);
    end();
}
END_TEST

/* A thread meant for a CPU goes there while that one idles. */
START_TEST(test_hint)
{
    struct fixture_request request = {.cpu_hint = 4};
    struct cqe cqe;

    begin(4);
    fixture_spawn(&fixture_init, &request, &players[0]);
    ck_assert(fake_cpus[3].attention);
    ck_assert(!fake_cpus[1].attention && !fake_cpus[2].attention);
    fixture_attend();
    ck_assert_uint_eq(cpu_of(0), 3);
    /* That is busy now: to another idle one. */
    cqe = fixture_try_thread(&players[0], 4, &players[1]);
    ck_assert_int_gt(cqe.result, 0);
    fixture_attend();
    ck_assert_uint_eq(cpu_of(1), 1);
    /* All are: into its queue, and not into that of who made it. */
    cqe = fixture_try_thread(&players[0], 3, &players[2]);
    fixture_attend();
    ck_assert_uint_eq(cpu_of(2), 2);
    cqe = fixture_try_thread(&players[0], 2, &players[3]);
    fixture_attend();
    ck_assert_uint_eq(cpu_of(3), FIXTURE_NO_CPU);
    ck_assert_uint_eq(sync_load(&players[3].thread->cpu), 1);
    end();
}
END_TEST

/* It goes to the CPU it is meant for, though it ran elsewhere last. */
START_TEST(test_hint_is_home)
{
    struct fixture_request request = {.cpu_hint = 3};

    begin(3);
    spawn(0, 1024);
    spawn(1, 1024);
    fixture_attend();
    request.grants[0] = (struct fixture_grant){"bell", bell};
    fixture_spawn(&fixture_init, &request, &players[2]);
    fixture_attend();
    ck_assert_int_eq(players[2].thread->state, THREAD_READY);
    ck_assert_uint_eq(sync_load(&players[2].thread->cpu), 2);
    /* CPU 1 has nobody left and takes it; then CPU 2 has nobody either. */
    player_wait(&players[cpu_of(0) == 1 ? 0 : 1], TIMEOUT_NEVER);
    ck_assert_uint_eq(cpu_of(2), 1);
    player_wait(&players[cpu_of(0) == 2 ? 0 : 1], TIMEOUT_NEVER);
    wait_bell(&players[2]);
    ck_assert(!fake_cpus[1].resumed && !fake_cpus[2].resumed);
    player_go(&fixture_init);
    ring_bell(TIMEOUT_POLL);
    ck_assert(fake_cpus[2].attention && !fake_cpus[1].attention);
    fixture_attend();
    ck_assert_uint_eq(cpu_of(2), 2);
    end();
}
END_TEST

START_TEST(test_hint_refused)
{
    struct fixture_request request = {.cpu_hint = 3};
    struct cqe cqe;

    begin(2);
    cqe = fixture_try_spawn(&fixture_init, &request, &players[0]);
    ck_assert_int_eq(cqe.result, ERR_EXCEPTION);
    ck_assert_int_eq((int32_t)cqe.words[1], ERR_INVALID);
    cqe = fixture_try_thread(&fixture_init, UINT32_MAX, &players[0]);
    ck_assert_int_eq(cqe.result, ERR_EXCEPTION);
    ck_assert_int_eq((int32_t)cqe.words[1], ERR_INVALID);
    request.cpu_hint = 2;
    fixture_spawn(&fixture_init, &request, &players[0]);
    end();
}
END_TEST

/* ------------------------------------------------------------ shares, ticks */

/* Three of equal weight on two CPUs: two thirds of a CPU each. */
START_TEST(test_shares)
{
    uint64_t total_ns = 900ull * QUANTUM_NS;
    uint64_t end_ns;

    begin(2);
    for (uint32_t i = 0; i < 3; i++) {
        spawn(i, 1024);
    }
    fixture_sleep(2 * total_ns);
    end_ns = fake_now_ns + total_ns;
    while (fake_now_ns < end_ns) {
        fixture_tick();
        fixture_attend();
        ck_assert(fake_cpus[0].resumed && fake_cpus[1].resumed);
    }
    for (uint32_t i = 0; i < 3; i++) {
        uint64_t share_ns = total_ns * 2 / 3;

        ck_assert_uint_ge(process_ran_ns(players[i].process), share_ns * 95 / 100);
        ck_assert_uint_le(process_ran_ns(players[i].process), share_ns * 105 / 100);
    }
    end();
}
END_TEST

/* Lets deadlines come that are armed by now; a CPU alone arms no other. */
static void disarm(void)
{
    for (uint32_t i = 0; i < 3; i++) {
        if (fake_cpus[i].armed_ns != UINT64_MAX) {
            fixture_tick();
        }
    }
    for (uint32_t cpu = 0; cpu < 3; cpu++) {
        ck_assert_uint_eq(fake_cpus[cpu].armed_ns, UINT64_MAX);
    }
}

/* As many threads as CPUs: nobody is interrupted. */
START_TEST(test_no_ticks)
{
    begin(3);
    for (uint32_t i = 0; i < 2; i++) {
        spawn(i, 1024);
        fixture_attend();
        disarm();
    }
    for (uint32_t cpu = 0; cpu < 3; cpu++) {
        ck_assert_ptr_nonnull(fake_cpus[cpu].resumed);
    }
    spawn(2, 1024);
    fixture_attend();
    for (uint32_t cpu = 0; cpu < 3; cpu++) {
        ck_assert_uint_le(fake_cpus[cpu].armed_ns, fake_now_ns + QUANTUM_NS);
    }
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_spread,
        test_home,
        test_busy_home,
        test_handoff_stays,
        test_hint,
        test_hint_is_home,
        test_hint_refused,
        test_shares,
        test_no_ticks,
        NULL,
    };

    return check_run("run_cpus", tests);
}
