/*
 * context_test.c - scheduling contexts: budgets and weights, what is parked, who
 * is bound, and what ends a binding. Lending is in context_lend_test.c.
 */
#include "context_play.h"

#include "core_check.h"

#define SPINNERS 4u

static struct player spinners[SPINNERS];
static uint64_t ran_ns[SPINNERS];

static void spawn(uint32_t index)
{
    struct fixture_request request = {.threads = 8};

    fixture_spawn(&fixture_init, &request, &spinners[index]);
}

/* All compute until then, ticked as armed. */
static void compute(uint64_t length_ns)
{
    uint64_t end_ns = fake_now_ns + length_ns;

    for (uint32_t i = 0; i < SPINNERS; i++) {
        ran_ns[i] = 0;
    }
    while (fake_now_ns < end_ns) {
        uint64_t before_ns = fake_now_ns;
        bool runs[SPINNERS];

        fixture_attend();
        for (uint32_t i = 0; i < SPINNERS; i++) {
            runs[i] = spinners[i].thread && player_current(&spinners[i]);
        }
        fixture_tick();
        for (uint32_t i = 0; i < SPINNERS; i++) {
            ran_ns[i] += runs[i] ? fake_now_ns - before_ns : 0;
        }
    }
}

static void end(void)
{
    players_detach(spinners, SPINNERS);
    fixture_end();
}

/* ------------------------------------------------------------------- budget */

/* It gets its budget, no more, and somebody else the rest. */
START_TEST(test_budget)
{
    uint64_t context;

    fixture_begin();
    spawn(0);
    spawn(1);
    context = context_new(1024, 2 * MS, 10 * MS);
    context_bind_process_of(context, &spinners[0]);
    fixture_sleep(2000 * MS);
    compute(1000 * MS);
    ck_assert_uint_ge(ran_ns[0], 198 * MS);
    ck_assert_uint_le(ran_ns[0], 202 * MS);
    ck_assert_uint_ge(ran_ns[1], 798 * MS);
    end();
}
END_TEST

/* With nobody else the CPU idles rather than giving it more. */
START_TEST(test_budget_alone)
{
    uint64_t context;

    fixture_begin();
    spawn(0);
    context = context_new(1024, 2 * MS, 10 * MS);
    context_bind_process_of(context, &spinners[0]);
    fixture_sleep(2000 * MS);
    compute(1000 * MS);
    ck_assert_uint_ge(ran_ns[0], 198 * MS);
    ck_assert_uint_le(ran_ns[0], 202 * MS);
    ck_assert_uint_ge(context_used_ns(context), ran_ns[0]);
    ck_assert_uint_ge(context_at(context)->depletions, 99);
    end();
}
END_TEST

/* Threads of one process on two CPUs have one budget. */
START_TEST(test_budget_two_cpus)
{
    const uint64_t parts[] = {1, 3, 5};
    uint64_t context;

    fixture_begin_on(2);
    spawn(0);
    (void)fixture_try_thread(&spinners[0], 0, &spinners[1]);
    (void)fixture_try_thread(&spinners[0], 0, &spinners[2]);
    for (uint32_t i = 0; i < 3; i++) {
        context = context_new(1024, parts[i] * MS, 10 * MS);
        context_bind_process_of(context, &spinners[0]);
        fixture_sleep(400 * MS);
        compute(300 * MS);
        ck_assert_uint_le(ran_ns[0] + ran_ns[1] + ran_ns[2],
                          31 * parts[i] * MS + CONTEXT_LOOK_NS);
        ck_assert_uint_ge(ran_ns[0] + ran_ns[1] + ran_ns[2],
                          29 * parts[i] * MS);
        player_go(&fixture_init);
        fixture_release(&fixture_init, context);
        ck_assert_ptr_null(context_runs_on(&spinners[1]));
    }
    end();
}
END_TEST

/* In no period do two CPUs run more than the tolerance too much. */
START_TEST(test_tolerance)
{
    uint64_t end_ns;
    uint64_t context;
    bool depleted = false;

    fixture_begin_on(2);
    spawn(0);
    (void)fixture_try_thread(&spinners[0], 0, &spinners[1]);
    context = context_new(1024, 6 * MS, 10 * MS);
    context_bind_process_of(context, &spinners[0]);
    fixture_sleep(300 * MS);
    end_ns = fake_now_ns + 200 * MS;
    while (fake_now_ns < end_ns) {
        fixture_attend();
        fixture_tick();
        ck_assert_int_ge(context_left_ns(context), -(int64_t)CONTEXT_LOOK_NS);
        depleted |= spinners[0].thread->place.parked &&
                    spinners[1].thread->place.parked;
    }
    ck_assert(depleted);
    end();
}
END_TEST

/* Periods without use are not saved up; what was run too much is paid for. */
START_TEST(test_periods)
{
    struct sched_context *context;
    uint64_t cap;

    fixture_begin();
    spawn(0);
    cap = context_new(1024, 2 * MS, 10 * MS);
    context = context_at(cap);
    fixture_sleep(100 * MS);
    player_go(&fixture_init);
    context_bind_process_of(cap, &spinners[0]);
    fixture_sleep(100 * MS);
    compute(10 * MS);
    ck_assert_uint_le(ran_ns[0], 4 * MS);
    context_charge(context, 7 * MS); /* three periods and a part of one */
    compute(30 * MS);
    ck_assert_uint_le(ran_ns[0], 2 * MS);
    compute(30 * MS);
    ck_assert_uint_ge(ran_ns[0], 3 * MS);
    ck_assert_uint_le(ran_ns[0], 8 * MS);
    end();
}
END_TEST

/* Without a period it runs until it is replenished by hand. */
START_TEST(test_by_hand)
{
    uint64_t context;

    fixture_begin();
    spawn(0);
    context = context_new(1024, 3 * MS, 0);
    context_bind_process_of(context, &spinners[0]);
    fixture_sleep(500 * MS);
    compute(400 * MS);
    ck_assert_uint_ge(ran_ns[0], 3 * MS - MS / 10);
    ck_assert_uint_le(ran_ns[0], 3 * MS);
    player_go(&fixture_init);
    ck_assert_int_eq(
        context_do(context, SCHEDULING_CONTEXT_METHOD_REPLENISH, 0), 0);
    fixture_sleep(500 * MS);
    compute(400 * MS);
    ck_assert_uint_eq(ran_ns[0], 3 * MS);
    ck_assert(spinners[0].thread->place.parked);
    end();
}
END_TEST

/* The notice comes each time that the budget is used up. */
START_TEST(test_notice)
{
    struct sqe wait;
    struct cqe cqe;
    uint64_t bell;

    fixture_begin();
    spawn(0);
    player_go(&fixture_init);
    bell = fixture_notification(&fixture_init);
    cqe = context_try(1024, 2 * MS, 10 * MS, bell, 36);
    ck_assert_int_gt(cqe.result, 0);
    context_bind_process_of(player_result_cap(&fixture_init, &cqe, 0),
                            &spinners[0]);
    wait = player_call_sqe(&fixture_init, bell, NOTIFICATION_INTERFACE_ID,
                           NOTIFICATION_METHOD_WAIT, NULL);
    for (uint32_t i = 0; i < 5; i++) {
        uint64_t before_ns = fake_now_ns;

        player_push(&fixture_init, &wait);
        player_wait(&fixture_init, TIMEOUT_NEVER);
        player_go(&fixture_init);
        ck_assert_uint_eq(player_expect(&fixture_init, wait.user_data).words[0],
                          36);
        ck_assert_uint_le(fake_now_ns - before_ns, 12 * MS);
        ck_assert_uint_ge(fake_now_ns - before_ns, i ? 8 * MS : MS);
    }
    end();
}
END_TEST

/* ------------------------------------------------------------------- weight */

/* Three threads of one context have together what one of another has. */
START_TEST(test_weight)
{
    uint64_t many;
    uint64_t one;

    fixture_begin();
    spawn(0);
    (void)fixture_try_thread(&spinners[0], 0, &spinners[1]);
    (void)fixture_try_thread(&spinners[0], 0, &spinners[2]);
    spawn(3);
    many = context_new(2048, 0, 0);
    one = context_new(1024, 0, 0);
    context_bind_process_of(many, &spinners[0]);
    context_bind_thread(one, &spinners[3]);
    fixture_sleep(2000 * MS);
    compute(50 * MS);
    compute(900 * MS);
    ck_assert_uint_ge(ran_ns[3], 295 * MS);
    ck_assert_uint_le(ran_ns[3], 305 * MS);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_ge(ran_ns[i], 195 * MS);
        ck_assert_uint_le(ran_ns[i], 205 * MS);
    }
    player_go(&fixture_init);
    ck_assert_int_eq(context_do(many, SCHEDULING_CONTEXT_METHOD_UNBIND, 0), 0);
    ck_assert_uint_eq(sync_load(&spinners[1].thread->weight), 1024);
    end();
}
END_TEST

/* A context's weight is charged to who made it, until its end. */
START_TEST(test_ledger)
{
    struct ledger *ledger;
    uint64_t used;
    uint64_t context;
    uint64_t rest;
    struct cqe cqe;

    fixture_begin();
    ledger = fixture_init.process->ledger;
    used = ledger_used(ledger, LEDGER_WEIGHT);
    context = context_new(65536, 0, 0);
    ck_assert_uint_eq(ledger_used(ledger, LEDGER_WEIGHT), used + 65536);
    fixture_release(&fixture_init, context);
    ck_assert_uint_eq(ledger_used(ledger, LEDGER_WEIGHT), used);
    rest = ledger_limit(ledger, LEDGER_WEIGHT) - used - 1000;
    ck_assert_int_eq(ledger_charge(ledger, LEDGER_WEIGHT, rest), 0);
    cqe = context_try(1001, 0, 0, 0, 0);
    ck_assert_int_eq((int32_t)cqe.words[1], ERR_OVERLOADED);
    ck_assert_uint_eq(ledger_used(ledger, LEDGER_WEIGHT), used + rest);
    ck_assert_int_gt(context_try(1000, 0, 0, 0, 0).result, 0);
    ledger_refund(ledger, LEDGER_WEIGHT, rest);
    end();
}
END_TEST

/* ----------------------------------------------------------------- bindings */

/* A binding ends with unbind, or when nobody holds the context any more. */
START_TEST(test_unbind_depleted)
{
    fixture_begin();
    spawn(0);
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t context = context_new(1024, MS, 0);

        if (i) {
            context_bind_thread(context, &spinners[0]);
        } else {
            context_bind_process_of(context, &spinners[0]);
        }
        fixture_sleep(20 * MS);
        compute(20 * MS);
        player_go(&fixture_init);
        ck_assert(spinners[0].thread->place.parked);
        if (i) {
            fixture_release(&fixture_init, context);
        } else {
            ck_assert_int_eq(
                context_do(context, SCHEDULING_CONTEXT_METHOD_UNBIND, 0), 0);
        }
        ck_assert(!spinners[0].thread->place.parked);
        player_go(&spinners[0]);
        ck_assert_uint_eq(sync_load(&spinners[0].thread->weight), 1024);
    }
    end();
}
END_TEST

/* The process's goes before the thread's; its threads to come have it, too. */
START_TEST(test_precedence)
{
    uint64_t of_thread;
    uint64_t of_process;

    fixture_begin();
    spawn(0);
    of_thread = context_new(1024, 0, 0);
    of_process = context_new(1024, 0, 0);
    context_bind_thread(of_thread, &spinners[0]);
    ck_assert_ptr_eq(context_runs_on(&spinners[0]), context_at(of_thread));
    context_bind_process_of(of_process, &spinners[0]);
    ck_assert_ptr_eq(context_runs_on(&spinners[0]), context_at(of_process));
    (void)fixture_try_thread(&spinners[0], 0, &spinners[1]);
    ck_assert_ptr_eq(context_runs_on(&spinners[1]), context_at(of_process));
    ck_assert_int_eq(context_at(of_process)->sharers, 2);
    ck_assert_int_eq(context_at(of_thread)->sharers, 0);
    ck_assert_int_eq(
        context_do(of_process, SCHEDULING_CONTEXT_METHOD_UNBIND, 0), 0);
    ck_assert_ptr_eq(context_runs_on(&spinners[0]), context_at(of_thread));
    ck_assert_ptr_null(context_runs_on(&spinners[1]));
    end();
}
END_TEST

/* What a bound process spawns is bound like it. */
START_TEST(test_inherited)
{
    struct fixture_request request = {.processes = 2, .threads = 8};
    uint64_t context;
    struct cqe cqe;

    fixture_begin();
    request.grants[0] = (struct fixture_grant){"image", fixture_image};
    request.grants[1] = (struct fixture_grant){
        "spawner", player_cap(&fixture_init, "spawner")};
    request.limits[LEDGER_OBJECTS] = 300000;
    request.limits[LEDGER_PAGES] = 500;
    request.limits[LEDGER_PROCESSES] = 2;
    fixture_spawn(&fixture_init, &request, &spinners[0]);
    context = context_new(1024, 5 * MS, 10 * MS);
    context_bind_process_of(context, &spinners[0]);
    request = (struct fixture_request){.pages = 100};
    cqe = fixture_try_spawn(&spinners[0], &request, &spinners[1]);
    ck_assert_int_gt(cqe.result, 0);
    ck_assert_ptr_eq(context_runs_on(&spinners[1]), context_at(context));
    ck_assert_int_eq(context_at(context)->sharers, 2);
    fixture_kill(&fixture_init, spinners[0].handle, 0);
    ck_assert_int_eq(context_at(context)->sharers, 0);
    end();
}
END_TEST

/* A parked thread, a running one: gone, and so is what they shared. */
START_TEST(test_kill)
{
    uint64_t context;

    fixture_begin();
    spawn(0);
    (void)fixture_try_thread(&spinners[0], 0, &spinners[1]);
    context = context_new(1024, MS, 500 * MS);
    context_bind_process_of(context, &spinners[0]);
    fixture_sleep(20 * MS);
    compute(20 * MS);
    player_go(&fixture_init);
    ck_assert(spinners[0].thread->place.parked);
    ck_assert(spinners[1].thread->place.parked);
    fixture_kill(&fixture_init, spinners[0].handle, 0);
    ck_assert_int_eq(context_at(context)->sharers, 0);
    ck_assert_int_eq(context_do(context,
                                SCHEDULING_CONTEXT_METHOD_BIND_PROCESS,
                                spinners[0].handle),
                     ERR_DISCONNECTED);
    end();
}
END_TEST

/* Another CPU that runs the thread looks at the budget at once. */
START_TEST(test_bind_running)
{
    uint64_t context;

    fixture_begin_on(2);
    spawn(0);
    fixture_attend();
    ck_assert(player_current(&spinners[0]));
    context = context_new(1024, MS, 0);
    context_bind_process_of(context, &spinners[0]);
    fixture_sleep(40 * MS);
    compute(39 * MS);
    ck_assert_uint_le(ran_ns[0], 2 * MS);
    ck_assert(spinners[0].thread->place.parked);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_budget,
        test_budget_alone,
        test_budget_two_cpus,
        test_tolerance,
        test_periods,
        test_by_hand,
        test_notice,
        test_weight,
        test_ledger,
        test_unbind_depleted,
        test_precedence,
        test_inherited,
        test_kill,
        test_bind_running,
        NULL,
    };

    return check_run("context", tests);
}
