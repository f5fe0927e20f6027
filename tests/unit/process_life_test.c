/*
 * process_life_test.c - processes and threads from spawn to their end.
 */
#include "check_run.h"
#include "core_check.h"
#include "core_service.h"
#include "mem/frames.h"

static const struct fixture_request plain;

static void submit_wait(struct player *player, uint64_t handle)
{
    struct sqe sqe = player_call_sqe(player, handle,
                                     PROCESS_HANDLE_INTERFACE_ID,
                                     PROCESS_HANDLE_METHOD_WAIT, NULL);

    sqe.user_data = 50;
    player_submit(player, &sqe);
}

static void expect_end(struct player *player, enum end_kind how, int64_t code,
                       uint64_t address)
{
    struct cqe cqe = player_expect(player, 50);

    ck_assert_int_eq(cqe.result, 0);
    ck_assert_uint_eq(cqe.words[0] & 0xffff, how);
    ck_assert_int_eq((int64_t)cqe.words[1], code);
    ck_assert_uint_eq(cqe.words[2], address);
}

/* A request with what the child needs to spawn children of its own. */
static struct fixture_request parental(void)
{
    return (struct fixture_request){
        .limits[LEDGER_OBJECTS] = 250000,
        .grants = {{"spawner", player_cap(&fixture_init, "spawner")},
                   {"image", fixture_image},
                   {"timer", player_cap(&fixture_init, "timer")}}};
}

/* -------------------------------------------------------------- how it ends */

START_TEST(test_exit)
{
    struct player child;

    fixture_begin();
    fixture_spawn(&fixture_init, &plain, &child);
    submit_wait(&fixture_init, child.handle);
    player_go(&child);
    core_on_syscall(GATE_EXIT, (uint64_t)-3, 0);
    core_check();
    expect_end(&fixture_init, END_EXITED, -3, 0);
    /* Waiting for what has ended, and killing it. */
    submit_wait(&fixture_init, child.handle);
    expect_end(&fixture_init, END_EXITED, -3, 0);
    fixture_kill(&fixture_init, child.handle, 9);
    player_detach(&child);
    fixture_end();
}
END_TEST

START_TEST(test_fault)
{
    struct hal_fault fault = {.vector = 13, .error = 2};
    struct player child;

    fixture_begin();
    fixture_spawn(&fixture_init, &plain, &child);
    submit_wait(&fixture_init, child.handle);
    player_go(&child);
    fault.ip = child.process->image_base + 0x1004;
    core_on_fault(&fault);
    core_check();
    expect_end(&fixture_init, END_FAULTED, 13, 0x1004);
    player_detach(&child);
    fixture_end();
}
END_TEST

/* Killed while ready, running (by itself), and waiting. */
START_TEST(test_kill_ready)
{
    struct player child;

    fixture_begin();
    fixture_spawn(&fixture_init, &plain, &child);
    player_go(&fixture_init);
    submit_wait(&fixture_init, child.handle);
    fixture_kill(&fixture_init, child.handle, 5);
    expect_end(&fixture_init, END_KILLED, 5, 0);
    player_detach(&child);
    fixture_end();
}
END_TEST

START_TEST(test_kill_waiting)
{
    struct player child;

    for (uint64_t timeout_ns = 1000000; timeout_ns;
         timeout_ns = timeout_ns == TIMEOUT_NEVER ? 0 : TIMEOUT_NEVER) {
        if (timeout_ns == 1000000) {
            fixture_begin();
        }
        fixture_spawn(&fixture_init, &plain, &child);
        player_go(&child);
        player_wait(&child, timeout_ns);
        fixture_kill(&fixture_init, child.handle, 5);
        player_detach(&child);
    }
    fixture_end();
}
END_TEST

/* A process that holds its own handle's kill: from its grandparent. */
START_TEST(test_kill_running)
{
    struct fixture_request request;
    struct player parent;
    struct player child;
    struct sqe sqe;

    fixture_begin();
    request = parental();
    fixture_spawn(&fixture_init, &request, &parent);
    fixture_spawn(&parent, &plain, &child);
    /* Parent and child end in the same step. */
    player_go(&parent);
    sqe = player_call_sqe(&parent, child.handle, PROCESS_HANDLE_INTERFACE_ID,
                          PROCESS_HANDLE_METHOD_KILL, NULL);
    player_push(&parent, &sqe);
    core_on_syscall(GATE_ENTER, 0, 0);
    core_on_syscall(GATE_EXIT, 0, 0);
    core_check();
    ck_assert_int_eq(parent.process->state, PROCESS_ENDED);
    player_detach(&parent);
    player_detach(&child);
    fixture_end();
}
END_TEST

START_TEST(test_waiters)
{
    struct player child;
    struct player other;
    struct fixture_request request = plain;

    fixture_begin();
    fixture_spawn(&fixture_init, &plain, &child);
    request.grants[0] = (struct fixture_grant){"it", child.handle};
    fixture_spawn(&fixture_init, &request, &other);
    submit_wait(&fixture_init, child.handle);
    submit_wait(&fixture_init, child.handle);
    submit_wait(&other, player_cap(&other, "it"));
    player_go(&child);
    core_on_syscall(GATE_EXIT, 1, 0);
    expect_end(&fixture_init, END_EXITED, 1, 0);
    expect_end(&fixture_init, END_EXITED, 1, 0);
    expect_end(&other, END_EXITED, 1, 0);
    player_detach(&child);
    player_detach(&other);
    fixture_end();
}
END_TEST

/* More who wait than are told in one step, an interrupt between the steps. */
START_TEST(test_many_waiters)
{
    struct player child;

    fixture_begin();
    fixture_spawn(&fixture_init, &plain, &child);
    for (uint32_t i = 0; i < 60; i++) {
        submit_wait(&fixture_init, child.handle);
    }
    player_go(&child);
    fake->irq = true;
    core_on_syscall(GATE_EXIT, 1, 0);
    ck_assert_int_ne(child.process->state, PROCESS_ENDED);
    fake->irq = false;
    fixture_tick();
    for (uint32_t i = 0; i < 60; i++) {
        expect_end(&fixture_init, END_EXITED, 1, 0);
    }
    player_detach(&child);
    fixture_end();
}
END_TEST

START_TEST(test_wait_for_itself)
{
    struct fixture_request request;
    struct player child;
    struct player other;

    fixture_begin();
    request = parental();
    fixture_spawn(&fixture_init, &request, &child);
    fixture_spawn(&child, &plain, &other);
    /* Nobody gave it its own handle; a stale one is no capability. */
    ck_assert_int_eq(player_call(&other, child.handle,
                                 PROCESS_HANDLE_INTERFACE_ID,
                                 PROCESS_HANDLE_METHOD_WAIT, 0, 0, 0).result,
                     ERR_BAD_CAPABILITY);
    player_detach(&child);
    player_detach(&other);
    fixture_end();
}
END_TEST

/* The limits of a process that has so many generations below itself. */
static void limit_generation(struct fixture_request *request, uint32_t below)
{
    static const uint64_t each[LEDGER_KINDS] = {
        [LEDGER_PAGES] = 60,   [LEDGER_TABLES] = 10,
        [LEDGER_VIRTUAL] = 80, [LEDGER_THREADS] = 1,
        [LEDGER_CAPS] = 12,    [LEDGER_PROCESSES] = 1,
        [LEDGER_RINGS] = 12,   [LEDGER_CALLS] = 64,
        [LEDGER_SCRATCH] = 1,  [LEDGER_OBJECTS] = 60000,
        [LEDGER_WEIGHT] = 1024};

    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        request->limits[kind] = each[kind] * (below + 1);
    }
}

/* The end of a parent is the end of its subtree. */
START_TEST(test_subtree)
{
    struct fixture_request request;
    struct player chain[4];

    fixture_begin();
    request = parental();
    limit_generation(&request, 3);
    fixture_spawn(&fixture_init, &request, &chain[0]);
    for (uint32_t i = 1; i < 4; i++) {
        limit_generation(&request, 3 - i);
        for (uint32_t j = 0; j < 3; j++) {
            request.grants[j].cap = player_cap(&chain[i - 1],
                                               request.grants[j].name);
        }
        fixture_spawn(&chain[i - 1], &request, &chain[i]);
    }
    fixture_kill(&fixture_init, chain[0].handle, 1);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_int_eq(chain[i].process->state, PROCESS_ENDED);
        player_detach(&chain[i]);
    }
    fixture_end();
}
END_TEST

START_TEST(test_init_ends)
{
    int status;

    fixture_begin();
    player_go(&fixture_init);
    status = setjmp(machine_off);
    if (status == 0) {
        core_on_syscall(GATE_EXIT, 7, 0);
        ck_abort_msg("the machine goes on without init");
    }
    ck_assert_int_eq(status, 99 + 1);
}
END_TEST

/* ------------------------------------------------------------------- threads */

START_TEST(test_thread_exit)
{
    struct player second;
    struct sqe sqe;
    uint64_t handle;
    struct cqe cqe;

    fixture_begin();
    fixture_mark();
    handle = fixture_thread(&fixture_init, &second);
    sqe = player_call_sqe(&fixture_init, handle, THREAD_HANDLE_INTERFACE_ID,
                          THREAD_HANDLE_METHOD_JOIN, NULL);
    sqe.user_data = 50;
    player_submit(&fixture_init, &sqe);
    sqe = player_call_sqe(&second, player_cap(&second, "self-threads"),
                          THREAD_CONTROL_INTERFACE_ID,
                          THREAD_CONTROL_METHOD_EXIT,
                          (const uint64_t[4]){(uint64_t)-4});
    player_go(&second);
    player_push(&second, &sqe);
    core_on_syscall(GATE_ENTER, 0, 0);
    core_check();
    cqe = player_expect(&fixture_init, 50);
    ck_assert_int_eq((int64_t)cqe.words[1], -4);
    ck_assert_int_eq(second.thread->state, THREAD_ENDED);
    player_detach(&second);
    fixture_end();
}
END_TEST

/* The last thread's end is the process's. */
START_TEST(test_last_thread_exit)
{
    struct player child;
    struct sqe sqe;

    fixture_begin();
    fixture_spawn(&fixture_init, &plain, &child);
    submit_wait(&fixture_init, child.handle);
    sqe = player_call_sqe(&child, player_cap(&child, "self-threads"),
                          THREAD_CONTROL_INTERFACE_ID,
                          THREAD_CONTROL_METHOD_EXIT,
                          (const uint64_t[4]){6});
    player_go(&child);
    player_push(&child, &sqe);
    core_on_syscall(GATE_ENTER, 0, 0);
    core_check();
    expect_end(&fixture_init, END_EXITED, 6, 0);
    player_detach(&child);
    fixture_end();
}
END_TEST

START_TEST(test_exit_with_siblings)
{
    struct player child;
    struct player others[3];

    fixture_begin();
    fixture_spawn(&fixture_init, &plain, &child);
    for (uint32_t i = 0; i < 3; i++) {
        (void)fixture_thread(&child, &others[i]);
    }
    /* One waits for ever, one with a timeout, one is ready. */
    player_go(&others[0]);
    (void)player_enter(&others[0], 1, TIMEOUT_NEVER);
    player_go(&others[1]);
    (void)player_enter(&others[1], 1, 100000000);
    player_go(&child);
    core_on_syscall(GATE_EXIT, 1, 0);
    core_check();
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_int_eq(others[i].thread->state, THREAD_ENDED);
        player_detach(&others[i]);
    }
    player_detach(&child);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_exit,
        test_fault,
        test_kill_ready,
        test_kill_waiting,
        test_kill_running,
        test_waiters,
        test_many_waiters,
        test_wait_for_itself,
        test_subtree,
        test_init_ends,
        test_thread_exit,
        test_last_thread_exit,
        test_exit_with_siblings,
        NULL,
    };

    return check_run("process_life", tests);
}
