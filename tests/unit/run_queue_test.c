/*
 * run_queue_test.c - who runs: shares by weight, hand-off, yield, credit of
 * sleepers, and the end of threads in every scheduling state.
 */
#include "check_run.h"
#include "core_check.h"
#include "core_service.h"

#define COMPETITORS 4u

static struct player players[COMPETITORS];
static uint64_t ran_ns[COMPETITORS];

static void spawn(uint32_t index, uint32_t weight)
{
    struct fixture_request request = {.weight = weight};

    fixture_spawn(&fixture_init, &request, &players[index]);
}

static uint32_t running(void)
{
    for (uint32_t i = 0; i < COMPETITORS; i++) {
        if (players[i].thread && player_current(&players[i])) {
            return i;
        }
    }
    ck_abort_msg("nobody of them runs");
}

/* Init out of the way, the others compute for so long, ticked as armed. */
static void compute(uint64_t length_ns)
{
    uint64_t end_ns = fake_now_ns + length_ns;

    while (fake_now_ns < end_ns) {
        uint32_t who = running();
        uint64_t before_ns = fake_now_ns;

        fixture_tick();
        ran_ns[who] += fake_now_ns - before_ns;
    }
}

static void finish(void)
{
    players_detach(players, COMPETITORS);
    fixture_end();
}

START_TEST(test_shares)
{
    const uint32_t weights[COMPETITORS] = {512, 1024, 2048, 4096};
    uint64_t total_ns = 1500ull * QUANTUM_NS;

    fixture_begin();
    for (uint32_t i = 0; i < COMPETITORS; i++) {
        spawn(i, weights[i]);
    }
    fixture_sleep(2 * total_ns);
    compute(total_ns);
    for (uint32_t i = 0; i < COMPETITORS; i++) {
        uint64_t share_ns = total_ns * weights[i] / 7680;

        ck_assert_uint_ge(ran_ns[i], share_ns - 3 * QUANTUM_NS);
        ck_assert_uint_le(ran_ns[i], share_ns + 3 * QUANTUM_NS);
        ck_assert_uint_ge(process_ran_ns(players[i].process), ran_ns[i]);
    }
    finish();
}
END_TEST

/* Alone, nobody is interrupted. */
START_TEST(test_no_tick_alone)
{
    fixture_begin();
    player_go(&fixture_init);
    ck_assert_uint_eq(fake->armed_ns, UINT64_MAX);
    finish();
}
END_TEST

/* A sleeper comes soon, but earns no more than a quantum. */
START_TEST(test_sleeper)
{
    fixture_begin();
    spawn(0, 1024);
    spawn(1, 1024);
    fixture_sleep(1000ull * QUANTUM_NS);
    player_go(&players[0]);
    player_wait(&players[0], 100ull * QUANTUM_NS);
    compute(100ull * QUANTUM_NS);
    ran_ns[0] = 0;
    ran_ns[1] = 0;
    compute(20ull * QUANTUM_NS);
    ck_assert_uint_ge(ran_ns[0], 9ull * QUANTUM_NS);
    ck_assert_uint_le(ran_ns[0], 13ull * QUANTUM_NS);
    finish();
}
END_TEST

START_TEST(test_yield)
{
    struct sqe sqe = {.opcode = RING_NOP,
                      .flags = RING_YIELD | RING_QUIET};
    uint32_t turns[COMPETITORS] = {0};

    fixture_begin();
    spawn(0, 1024);
    spawn(1, 1024);
    fixture_sleep(1000ull * QUANTUM_NS);
    for (uint32_t i = 0; i < 100; i++) {
        struct player *player = &players[running()];

        turns[running()]++;
        player_push(player, &sqe);
        core_on_syscall(GATE_ENTER, 0, TIMEOUT_POLL);
        core_check();
        ck_assert_int_eq(player->thread->context.result, 0);
    }
    ck_assert_uint_ge(turns[0], 49);
    ck_assert_uint_ge(turns[1], 49);
    finish();
}
END_TEST

static void yield(uint32_t who)
{
    struct sqe sqe = {.opcode = RING_NOP,
                      .flags = RING_YIELD | RING_QUIET};

    player_push(&players[who], &sqe);
    core_on_syscall(GATE_ENTER, 0, TIMEOUT_POLL);
    core_check();
}

/* Those of equal weight take turns, however many there are; a stopped one goes. */
START_TEST(test_yield_in_turn)
{
    const struct hal_fault fault = {.vector = 6};
    uint32_t order[COMPETITORS];

    fixture_begin();
    for (uint32_t i = 0; i < COMPETITORS; i++) {
        spawn(i, 1024);
    }
    fixture_sleep(1000ull * QUANTUM_NS);
    for (uint32_t i = 0; i < 10 * COMPETITORS; i++) {
        uint32_t who = running();

        if (i < COMPETITORS) {
            order[i] = who;
        }
        ck_assert_uint_eq(who, order[i % COMPETITORS]);
        fake_now_ns += 1000;
        yield(who);
    }
    core_on_fault(&fault);
    core_check();
    for (uint32_t i = 1; i < 10 * COMPETITORS; i++) {
        uint32_t who = running();

        ck_assert_uint_eq(who, order[1 + (i - 1) % (COMPETITORS - 1)]);
        yield(who);
    }
    finish();
}
END_TEST

/* Who comes by a yield has a quantum, though the tick was armed for an earlier one. */
START_TEST(test_yield_keeps_deadline)
{
    uint64_t armed_ns;
    uint32_t who;

    fixture_begin();
    spawn(0, 1024);
    spawn(1, 1024);
    fixture_sleep(1000ull * QUANTUM_NS);
    fixture_tick();
    who = running();
    armed_ns = fake->armed_ns;
    fake_now_ns += QUANTUM_NS / 2;
    yield(who);
    who = running();
    ck_assert_uint_eq(fake->armed_ns, armed_ns);
    fixture_tick();
    ck_assert_uint_eq(running(), who);
    ck_assert_uint_eq(fake->armed_ns, armed_ns + QUANTUM_NS / 2);
    fixture_tick();
    ck_assert_uint_ne(running(), who);
    finish();
}
END_TEST

/* A yield with nobody else ready goes on at once. */
START_TEST(test_yield_alone)
{
    struct sqe sqe = {.opcode = RING_NOP, .flags = RING_YIELD};

    fixture_begin();
    ck_assert_int_eq(player_do(&fixture_init, &sqe), 0);
    ck_assert(player_current(&fixture_init));
    finish();
}
END_TEST

/* Two who hand the CPU to each other do not keep it from a third. */
START_TEST(test_handoff_is_fair)
{
    struct service s;
    struct sqe sqe;
    uint64_t third_ns = 0;

    service_begin(&s, 0);
    spawn(0, 1024);
    service_arm(&s, 1, 0);
    fixture_sleep(1000ull * QUANTUM_NS);
    for (uint32_t i = 0; i < 4000; i++) {
        struct cqe cqe;

        fake_now_ns += 10000;
        if (player_current(&players[0])) {
            third_ns += 10000;
        } else if (player_current(&s.client)) {
            while (player_pop(&s.client, &cqe)) {
            }
            sqe = service_call_sqe(s.facet, 5, i);
            player_push(&s.client, &sqe);
            (void)player_enter(&s.client, 1, TIMEOUT_NEVER);
        } else if (player_current(&s.server)) {
            if (player_pop(&s.server, &cqe)) {
                sqe = service_return_sqe(cqe.call_id, 9, 0);
                player_push(&s.server, &sqe);
            }
            (void)player_enter(&s.server, 1, TIMEOUT_NEVER);
        }
        if (fake_now_ns >= fake->armed_ns) {
            fixture_tick();
        }
    }
    ck_assert_uint_ge(third_ns, 4000ull * 10000 / 4);
    player_detach(&players[0]);
    service_end(&s);
}
END_TEST

/* Killed in the entry that made it ready: it stands in the hand-off place. */
START_TEST(test_kill_handoff)
{
    struct service s;
    struct fixture_request request = {0};
    struct player killer;
    struct sqe sqe;

    service_begin(&s, 0);
    request.grants[0] = (struct fixture_grant){"it", s.server.handle};
    fixture_spawn(&fixture_init, &request, &killer);
    service_arm(&s, 1, 0);
    player_go(&s.server);
    player_wait(&s.server, TIMEOUT_NEVER);
    /* The client makes it ready and stays; then the killer has its turn. */
    sqe = service_call_sqe(s.facet, 5, 5);
    player_submit(&s.client, &sqe);
    ck_assert_int_eq(s.server.thread->state, THREAD_READY);
    fixture_kill(&killer, player_cap(&killer, "it"), 1);
    ck_assert_int_eq(player_expect(&s.client, 5).result, ERR_DISCONNECTED);
    player_detach(&killer);
    service_end(&s);
}
END_TEST

/* The current thread and a sleeper of one process, ended by a fault. */
START_TEST(test_end_all_states)
{
    const struct hal_fault fault = {.vector = 6};
    struct player second;
    struct player third;

    fixture_begin();
    spawn(0, 1024);
    (void)fixture_thread(&players[0], &second);
    (void)fixture_thread(&players[0], &third);
    player_go(&second);
    player_wait(&second, 1000ull * QUANTUM_NS);
    player_go(&players[0]);
    core_on_fault(&fault);
    core_check();
    ck_assert_int_eq(second.thread->state, THREAD_ENDED);
    ck_assert_int_eq(third.thread->state, THREAD_ENDED);
    player_detach(&second);
    player_detach(&third);
    finish();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_shares,
        test_no_tick_alone,
        test_sleeper,
        test_yield,
        test_yield_in_turn,
        test_yield_keeps_deadline,
        test_yield_alone,
        test_handoff_is_fair,
        test_kill_handoff,
        test_end_all_states,
        NULL,
    };

    return check_run("run_queue", tests);
}
