/*
 * end_cpus_test.c - threads and processes that are ended from another CPU, in
 * each state: nothing of them is taken apart while a CPU has them.
 */
#include "check_run.h"
#include "core_check.h"
#include "core_fixture.h"
#include "mem/frames.h"
#include "sched/hand_over.h"

static struct player victim;
static struct player other;
static uint64_t pages; /* that the victim's process has */

/* Init on CPU 0, the victim on CPU 1. */
static void begin(void)
{
    fixture_begin_on(2);
    player_go(&fixture_init);
    fixture_spawn(&fixture_init, &(struct fixture_request){0}, &victim);
    fixture_attend();
    ck_assert_uint_eq(fixture_cpu_of(victim.thread), 1);
    pages = machine_frames(victim.process->ledger);
    fake_on(0);
}

static void kill_victim(void)
{
    fixture_kill(&fixture_init, victim.handle, 9);
}

/* Lets every CPU do what is left to do. */
static void settle(void)
{
    for (uint32_t i = 0; i < 1000 &&
                         process_state(victim.process) != PROCESS_ENDED;
         i++) {
        fixture_attend();
        if (process_state(victim.process) != PROCESS_ENDED) {
            fixture_tick();
        }
    }
    ck_assert_uint_eq(process_state(victim.process), PROCESS_ENDED);
}

static void end(void)
{
    settle();
    ck_assert_int_eq(victim.process->end, END_KILLED);
    ck_assert_int_eq(victim.process->code, 9);
    ck_assert_int_eq(victim.thread->state, THREAD_ENDED);
    ck_assert(!sync_load(&victim.thread->busy));
    player_detach(&victim);
    if (other.thread) {
        player_detach(&other);
    }
    fixture_end();
}

/* True while the process still has all of its memory. */
static bool there(void)
{
    return process_state(victim.process) == PROCESS_ENDING &&
           machine_frames(victim.process->ledger) >= pages;
}

START_TEST(test_kill_running)
{
    begin();
    kill_victim();
    ck_assert_int_eq(victim.thread->state, THREAD_ENDED);
    ck_assert(sync_load(&victim.thread->busy));
    ck_assert(fake_cpus[1].attention);
    for (uint32_t i = 0; i < 5; i++) {
        fake_on(0);
        fixture_tick();
        ck_assert(there());
        ck_assert_ptr_eq(fake_cpus[1].resumed, &victim.thread->context);
    }
    ck_assert(fixture_attend_cpu(1));
    ck_assert_ptr_null(fake_cpus[1].resumed);
    ck_assert_ptr_null(fake_cpus[1].active);
    ck_assert(!sync_load(&victim.thread->busy));
    end();
}
END_TEST

/* It comes into the kernel by itself before the interrupt does. */
START_TEST(test_kill_enters)
{
    struct sqe sqe = {.opcode = RING_NOP};

    begin();
    kill_victim();
    player_push(&victim, &sqe);
    fake_on(1);
    core_on_syscall(GATE_ENTER, 1, TIMEOUT_NEVER);
    core_check();
    ck_assert_ptr_null(fake->resumed);
    ck_assert_int_eq(victim.thread->state, THREAD_ENDED);
    fake_on(0);
    end();
}
END_TEST

/* Or it exits, or faults: the first end counts. */
static void kill_ends(bool faults)
{
    const struct hal_fault fault = {.vector = 14};

    begin();
    kill_victim();
    fake_on(1);
    if (faults) {
        core_on_fault(&fault);
    } else {
        core_on_syscall(GATE_EXIT, 0, 0);
    }
    core_check();
    ck_assert_ptr_null(fake->resumed);
    ck_assert_uint_eq(victim.process->fault_address, 0);
    fake_on(0);
    end();
}

START_TEST(test_kill_exits)
{
    kill_ends(false);
}
END_TEST

START_TEST(test_kill_faults)
{
    kill_ends(true);
}
END_TEST

/* In the queue of another CPU. */
START_TEST(test_kill_ready)
{
    begin();
    fixture_spawn(&fixture_init, &(struct fixture_request){0}, &other);
    fixture_attend();
    ck_assert_uint_eq(fixture_cpu_of(other.thread), FIXTURE_NO_CPU);
    /* CPU 1 changes over to the other one: the victim stands in its queue. */
    for (uint32_t i = 0; i < 50 && victim.thread->state != THREAD_READY; i++) {
        fixture_tick();
        fixture_attend();
    }
    ck_assert_int_eq(victim.thread->state, THREAD_READY);
    ck_assert(!sync_load(&victim.thread->busy));
    player_go(&fixture_init);
    kill_victim();
    ck_assert_int_eq(victim.thread->state, THREAD_ENDED);
    ck_assert(!pairing_contains(&victim.thread->run_node));
    end();
}
END_TEST

/* Waiting, with a deadline that was started on another CPU. */
START_TEST(test_kill_waiting)
{
    begin();
    player_wait(&victim, 1000ull * QUANTUM_NS);
    ck_assert_uint_eq(fake_cpus[1].armed_ns,
                      fake_now_ns + 1000ull * QUANTUM_NS);
    fake_on(0);
    kill_victim();
    ck_assert(!pairing_contains(&victim.thread->timeout.node));
    end();
}
END_TEST

/*
 * Made ready on CPU 1, where it stands in the hand-off place: CPU 1 is in the
 * middle of an entry, when CPU 0 ends the process.
 */
START_TEST(test_kill_handoff)
{
    struct thread *thread;

    begin();
    fixture_spawn(&fixture_init, &(struct fixture_request){0}, &other);
    thread = victim.thread;
    player_wait(&victim, TIMEOUT_NEVER);
    fixture_attend();
    ck_assert_uint_eq(fixture_cpu_of(other.thread), 1);
    fake_on(1);
    retire_enter(&cpus[1].retirement);
    lock_acquire(&thread->lock);
    run_wake(&cpus[1], thread);
    lock_release(&thread->lock);
    ck_assert_ptr_eq(cpus[1].handoff, thread);
    fake_on(0);
    retire_enter(&cpus[0].retirement);
    process_end(victim.process, END_KILLED, 9);
    run_leave(&cpus[0]);
    ck_assert_int_eq(thread->state, THREAD_ENDED);
    ck_assert(sync_load(&thread->busy));
    ck_assert(there());
    fake_on(1);
    run_leave(&cpus[1]);
    core_check();
    ck_assert(!sync_load(&thread->busy));
    fake_on(0);
    end();
}
END_TEST

/* Two threads on two CPUs; one ends the process of both. */
START_TEST(test_exit_both)
{
    begin();
    (void)fixture_thread(&victim, &other);
    fixture_sleep(1000ull * QUANTUM_NS);
    ck_assert_uint_eq(fixture_cpu_of(victim.thread) +
                          fixture_cpu_of(other.thread), 1);
    ck_assert_uint_eq(cpu_mask_of(&victim.process->space), 3);
    fake_on(fixture_cpu_of(other.thread));
    core_on_syscall(GATE_EXIT, 3, 0);
    core_check();
    ck_assert_ptr_null(fake->resumed);
    ck_assert_uint_ne(cpu_mask_of(&victim.process->space), 0);
    ck_assert(there());
    settle();
    ck_assert_int_eq(victim.process->end, END_EXITED);
    ck_assert_int_eq(victim.process->code, 3);
    player_detach(&victim);
    player_detach(&other);
    fixture_end();
}
END_TEST

/* ---------------------------------------------- threads made meanwhile */

/* A thread in the victim's process, made by the kernel on CPU 0. */
static int32_t make_thread(void)
{
    struct process *process = victim.process;
    struct thread_request request = {
        .entry = process->image_base,
        .stack_low = victim.scratch,
        .stack_high = victim.scratch + SCRATCH_BYTES,
    };
    struct thread *thread;
    int32_t error;

    fake_on(0);
    retire_enter(&cpus[0].retirement);
    error = thread_create(process, &request, &thread);
    if (!error) {
        thread_discard(thread);
        object_put(&thread->object);
    }
    run_leave(&cpus[0]);
    return error;
}

/* CPU 1, on which the victim runs, ends it as far as it can. */
static void exit_meanwhile(void)
{
    fake_on(1);
    core_on_syscall(GATE_EXIT, 9, 0);
    ck_assert_ptr_null(fake->resumed);
    for (uint32_t i = 0; i < 5; i++) {
        fake->armed_ns = UINT64_MAX;
        core_on_tick();
        ck_assert(there());
    }
    fake_on(0);
}

/* Whoever makes a thread in a process keeps its memory until it is made. */
START_TEST(test_exit_while_made)
{
    begin();
    machine_meanwhile = exit_meanwhile;
    ck_assert_int_eq(make_thread(), ERR_DISCONNECTED);
    ck_assert(!machine_meanwhile);
    ck_assert_int_eq(make_thread(), ERR_DISCONNECTED);
    settle();
    ck_assert_int_eq(victim.process->end, END_EXITED);
    ck_assert_int_eq(make_thread(), ERR_DISCONNECTED);
    player_detach(&victim);
    fixture_end();
}
END_TEST

START_TEST(test_made_elsewhere)
{
    begin();
    ck_assert_int_eq(make_thread(), 0);
    core_check();
    ck_assert_uint_eq(machine_frames(victim.process->ledger), pages);
    kill_victim();
    end();
}
END_TEST

/* A page that one thread unmaps is forgotten by the CPU of the other. */
START_TEST(test_unmap_flushes)
{
    uint64_t va;

    begin();
    (void)fixture_thread(&victim, &other);
    fixture_sleep(1000ull * QUANTUM_NS);
    player_go(&victim);
    va = player_map(&victim, 3, PROTECTION_READ_WRITE);
    ck_assert_uint_eq(fake_flushes, 0);
    player_unmap(&victim, va, 3);
    ck_assert_uint_eq(fake_flushes, 1);
    ck_assert_uint_eq(fake_flushed,
                      1ull << fixture_cpu_of(other.thread));
    player_go(&fixture_init);
    kill_victim();
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_kill_running,
        test_kill_enters,
        test_kill_exits,
        test_kill_faults,
        test_kill_ready,
        test_kill_waiting,
        test_kill_handoff,
        test_exit_both,
        test_exit_while_made,
        test_made_elsewhere,
        test_unmap_flushes,
        NULL,
    };

    return check_run("end_cpus", tests);
}
