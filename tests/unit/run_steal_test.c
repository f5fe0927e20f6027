/*
 * run_steal_test.c - threads that a CPU takes out of the queue of another one,
 * and their virtual time.
 */
#include "check_run.h"
#include "core_check.h"
#include "core_fixture.h"
#include "sched/run.h"

#define PLAYERS 6u

static struct player players[PLAYERS];

/* Two CPUs; init on CPU 0. */
static void begin(void)
{
    fixture_begin_on(2);
    player_go(&fixture_init);
    ck_assert_uint_eq(fixture_cpu_of(fixture_init.thread), 0);
}

static void end(void)
{
    players_detach(players, PLAYERS);
    fixture_end();
}

static void spawn(uint32_t index)
{
    fixture_spawn(&fixture_init, &(struct fixture_request){0},
                  &players[index]);
}

static uint32_t cpu_of(uint32_t index)
{
    return fixture_cpu_of(players[index].thread);
}

/* Whoever becomes idle takes the thread that has waited longest, anywhere. */
START_TEST(test_steal)
{
    begin();
    spawn(0);
    fixture_attend();
    fake_now_ns += 1000;
    spawn(1);
    fake_now_ns += 1000;
    spawn(2);
    fixture_attend();
    ck_assert_uint_eq(cpu_of(0), 1);
    ck_assert_uint_eq(sync_load(&cpus[0].queued), 2);
    player_wait(&players[0], TIMEOUT_NEVER);
    ck_assert_uint_eq(cpu_of(1), 1);
    ck_assert_uint_eq(sync_load(&players[1].thread->cpu), 1);
    player_wait(&players[1], TIMEOUT_NEVER);
    ck_assert_uint_eq(cpu_of(2), 1);
    ck_assert_uint_eq(sync_load(&cpus[0].queued), 0);
    end();
}
END_TEST

static struct thread *overdue; /* first in CPU 0's queue */
static struct thread *own;     /* the only one in CPU 1's */

/* Puts a ready player into a queue, ready since then. */
static void queue_on(uint32_t index, uint32_t cpu, uint64_t since_ns)
{
    struct thread *thread = players[index].thread;

    ck_assert_int_eq(thread->state, THREAD_READY);
    lock_acquire(&thread->lock);
    run_remove(thread, THREAD_READY);
    sync_store(&thread->cpu, cpu);
    thread->virtual_ns = sync_load64(&cpus[cpu].virtual_ns);
    thread->finish_ns = thread->virtual_ns + thread->quantum_virtual_ns;
    thread->ready_ns = since_ns;
    lock_acquire(&cpus[cpu].lock);
    pairing_insert(&cpus[cpu].ready, &thread->run_node);
    (void)sync_add(&cpus[cpu].queued, 1);
    lock_release(&cpus[cpu].lock);
    lock_release(&thread->lock);
}

/*
 * Two run; one waits on CPU 1, and so many on CPU 0, the first of those since so
 * much longer.
 */
static void queue_both(uint32_t waiting, uint64_t longer_ns)
{
    uint32_t number = 3 + waiting;

    begin();
    fake_now_ns += 10ull * QUANTUM_NS;
    for (uint32_t i = 0; i < number; i++) {
        spawn(i);
        fixture_attend();
    }
    fixture_sleep(1000ull * QUANTUM_NS);
    ck_assert_uint_eq(sync_load(&cpus[0].queued) +
                          sync_load(&cpus[1].queued), waiting + 1);
    fake_now_ns += QUANTUM_NS / 4;
    overdue = NULL;
    own = NULL;
    for (uint32_t i = 0; i < number; i++) {
        if (cpu_of(i) != FIXTURE_NO_CPU) {
            continue;
        }
        if (!own) {
            own = players[i].thread;
            queue_on(i, 1, fake_now_ns);
        } else {
            queue_on(i, 0, fake_now_ns - (overdue ? 0 : longer_ns));
            overdue = overdue ? overdue : players[i].thread;
        }
    }
    core_check();
}

/* CPU 1 comes to the end of its quantum. */
static void quantum_ends(void)
{
    fake_on(1);
    fake_now_ns = cpus[1].quantum_end_ns;
    fake->armed_ns = UINT64_MAX;
    core_on_tick();
    core_check();
}

START_TEST(test_overdue)
{
    queue_both(2, QUANTUM_NS / 2 + 1);
    quantum_ends();
    ck_assert_uint_eq(fixture_cpu_of(overdue), 1);
    end();
}
END_TEST

START_TEST(test_not_overdue)
{
    queue_both(2, QUANTUM_NS / 2);
    quantum_ends();
    ck_assert_uint_eq(fixture_cpu_of(own), 1);
    end();
}
END_TEST

/* With the one that gives way, CPU 1 has two: it would only exchange them. */
START_TEST(test_shorter_queue)
{
    queue_both(1, 5ull * QUANTUM_NS);
    quantum_ends();
    ck_assert_uint_eq(fixture_cpu_of(own), 1);
    end();
}
END_TEST

/* How far ahead of its CPU a thread is after CPU 1 has taken it from CPU 0. */
static int64_t carried(int64_t ahead_ns, uint64_t from_ns, uint64_t to_ns)
{
    int64_t carried_ns;

    queue_both(2, QUANTUM_NS);
    sync_store64(&cpus[0].virtual_ns, from_ns);
    sync_store64(&cpus[1].virtual_ns, to_ns);
    cpus[1].current->virtual_ns = to_ns;
    overdue->virtual_ns = from_ns + (uint64_t)ahead_ns;
    quantum_ends();
    ck_assert_uint_eq(fixture_cpu_of(overdue), 1);
    carried_ns = (int64_t)(overdue->virtual_ns - to_ns);
    end();
    return carried_ns;
}

START_TEST(test_carry_ahead)
{
    ck_assert_int_eq(carried(300, 5000000, 90000000), 300);
}
END_TEST

START_TEST(test_carry_behind)
{
    ck_assert_int_eq(carried(-400000, 90000000, 5000000), -400000);
}
END_TEST

/* Credit is no more elsewhere than at home. */
START_TEST(test_carry_limited)
{
    ck_assert_int_eq(carried(-50ll * QUANTUM_NS, 90000000, 5000000),
                     -(int64_t)QUANTUM_NS);
}
END_TEST

/*
 * A thread from a CPU whose clock is far ahead has its quantum by the clock of
 * the new one: a yield puts it behind by that much, and not by years.
 */
START_TEST(test_carry_yield)
{
    struct sqe sqe = {.opcode = RING_NOP, .flags = RING_YIELD | RING_QUIET};
    uint64_t ahead_ns = 5000ull * QUANTUM_NS;
    uint32_t i = 0;

    queue_both(2, QUANTUM_NS);
    sync_store64(&cpus[0].virtual_ns, cpus[1].virtual_ns + ahead_ns);
    overdue->virtual_ns += ahead_ns;
    overdue->finish_ns += ahead_ns;
    quantum_ends();
    ck_assert_uint_eq(fixture_cpu_of(overdue), 1);
    while (players[i].thread != overdue) {
        i++;
    }
    player_push(&players[i], &sqe);
    (void)player_enter(&players[i], 0, TIMEOUT_POLL);
    ck_assert_uint_le(overdue->virtual_ns,
                      cpus[1].virtual_ns + 2 * overdue->quantum_virtual_ns);
    /* So it has its turn again among the two others of that CPU. */
    for (i = 0; i < 8 && fixture_cpu_of(overdue) == FIXTURE_NO_CPU; i++) {
        quantum_ends();
    }
    ck_assert_uint_eq(fixture_cpu_of(overdue), 1);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_steal,
        test_overdue,
        test_not_overdue,
        test_shorter_queue,
        test_carry_ahead,
        test_carry_behind,
        test_carry_limited,
        test_carry_yield,
        NULL,
    };

    return check_run("run_steal", tests);
}
