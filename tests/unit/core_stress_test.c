/*
 * core_stress_test.c - hostile programs at random, under one root process.
 *
 * At each step some CPU goes on, and whom the kernel has resumed there does
 * something: entries of every kind, half sensible and half not, on whatever
 * capabilities it holds, in rings that may overflow; now and then a fault, an
 * exit, a corrupt index, an interrupt, a full heap. Interrupts by other CPUs come
 * late: what was stopped elsewhere may still enter the kernel.
 * core_check holds after every step, and when init kills the root in the end,
 * nothing of it may be left.
 *
 * core_stress_test [seed [steps [cpus]]] runs one seed; without arguments a few
 * short ones. CK_FORK=no keeps it in one process, for a debugger.
 */
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "core_check.h"
#include "core_hostile.h"

#define ACTORS 256u
#define SEEDS_SHORT 8 /* on 1, 2, 3, 4 CPUs, and again */
#define STEPS_SHORT 5000u
#define PROCESSES_MAX 10u

static struct player actors[ACTORS];
static struct player root;
static uint64_t counts[8]; /* results seen, so that a run can be judged */

/* ------------------------------------------------------------------ the root */

static void root_spawn(void)
{
    static const char *const names[] = {
        "spawner", "timer", "frames", "notifications", "endpoints", "console",
        "system"};
    struct fixture_request request = {.caps = 300, .processes = 24,
                                      .pages = 2000, .sq_entries = 16,
                                      .cq_entries = 32,
                                      .limits[LEDGER_OBJECTS] = 1000000,
                                      .limits[LEDGER_VIRTUAL] = 1u << 20,
                                      .limits[LEDGER_RINGS] = 400,
                                      .limits[LEDGER_TABLES] = 200};

    for (uint32_t i = 0; i < 7; i++) {
        request.grants[i] = (struct fixture_grant){
            names[i], player_cap(&fixture_init, names[i])};
    }
    request.grants[7] = (struct fixture_grant){"image", fixture_image};
    fixture_spawn(&fixture_init, &request, &root);
}

/* Init's turn: sees to it that there is a root, and sleeps again. */
static void init_turn(void)
{
    if (root.process && any(10) == 0) {
        fixture_kill(&fixture_init, root.handle, 1);
    }
    if (root.process && root.process->state == PROCESS_ENDED) {
        fixture_release(&fixture_init, root.handle);
        player_detach(&root);
    }
    if (!root.process) {
        root_spawn();
    }
    player_go(&fixture_init);
    (void)player_enter(&fixture_init, 1, 100000 + any(500000));
}

/* -------------------------------------------------------------------- actors */

static struct player *actor_find(struct thread *thread)
{
    struct player *free_place = NULL;

    for (uint32_t i = 0; i < ACTORS; i++) {
        if (actors[i].thread == thread) {
            return &actors[i];
        }
        if (!actors[i].thread) {
            free_place = &actors[i];
        }
    }
    ck_assert_ptr_nonnull(free_place);
    player_attach(free_place, thread);
    return free_place;
}

static void actors_sweep(bool all)
{
    for (uint32_t i = 0; i < ACTORS; i++) {
        if (actors[i].thread &&
            (all || (actors[i].thread->state == THREAD_ENDED &&
                     !actors[i].thread->busy))) {
            player_detach(&actors[i]);
        }
    }
}

/* --------------------------------------------------------------------- turns */

static void consume(struct player *actor)
{
    struct cqe cqe;

    for (uint32_t i = any(12); i && player_pop(actor, &cqe); i--) {
        if (cqe.kind == RING_CQE_CALL) {
            hostile_remember(cqe.call_id);
            counts[0]++;
        } else {
            counts[cqe.result >= 0 ? 1 : 2]++;
        }
    }
}

static void corrupt(struct player *actor)
{
    struct ring_user *line = ring_user_line(actor->ring);

    *(any(2) ? &line->sq_tail : &line->cq_head) += any(2) ? any(70)
                                                          : 0u - any(70);
    counts[3]++;
}

static bool spawns(const struct sqe *sqe, const struct player *actor)
{
    const struct object *object = cap_lookup(&actor->process->caps, sqe->cap);
    uint32_t processes = 0;

    for (struct process *p = fixture_process(0); p;
         p = fixture_process(p->id)) {
        processes++;
    }
    return sqe->opcode == RING_CALL && object && processes >= PROCESSES_MAX &&
           object->type->interface_id == PROCESS_SPAWNER_INTERFACE_ID;
}

static void actor_turn(struct player *actor)
{
    uint64_t timeout_ns = any(200) ? any(30000) : TIMEOUT_NEVER;

    consume(actor);
    for (uint32_t i = any(6); i; i--) {
        struct sqe sqe = hostile_entry(actor);

        if (!spawns(&sqe, actor)) {
            player_push(actor, &sqe);
        }
    }
    if (any(3000) == 0) {
        corrupt(actor);
    }
    fake->irq = any(12) == 0;
    if (any(50) == 0) {
        machine_refuse_heap(any(6));
    }
    if (any(200) == 0) {
        fake_refuse_map(any(6));
    }
    core_on_syscall(any(500) ? GATE_ENTER : any(4), any(any(4) ? 3 : 50),
                    any(3) ? timeout_ns : TIMEOUT_POLL);
    machine_refuse_heap(UINT64_MAX);
    fake_refuse_map(UINT64_MAX);
    fake->irq = false;
}

static void interrupt(void)
{
    const struct hal_fault fault = {.vector = 14};

    if (fake_now_ns >= fake->armed_ns) {
        fake->armed_ns = UINT64_MAX;
        core_on_tick();
    } else if (any(1000) == 0 && cpu_self()->current &&
               cpu_self()->current->process != fixture_init.process) {
        core_on_fault(&fault);
        counts[4]++;
    } else if (any(20) == 0 && fake->number == 0) {
        machine_input = any(2) ? "some input" : "";
        machine_input_ended = any(2);
        core_on_irq(HAL_IRQ_TERMINAL);
    }
}

/* Acts as one of the CPUs that have something to do; false: all idle. */
static bool choose_cpu(void)
{
    uint32_t start = any(fake_cpu_count);

    for (uint32_t i = 0; i < fake_cpu_count; i++) {
        fake_on((start + i) % fake_cpu_count);
        if (fake->resumed || fake->attention) {
            return true;
        }
    }
    return false;
}

/* What the CPU that the test acts as does next. */
static void turn(void)
{
    struct thread *thread = cpu_self()->current;

    if (fake->attention && (!thread || any(3) == 0)) {
        (void)fixture_attend_cpu(fake->number);
    } else if (thread == fixture_init.thread) {
        init_turn();
    } else if (thread) {
        actor_turn(actor_find(thread));
    }
}

static void step(uint32_t number)
{
    fake_now_ns += any(3000);
    if (choose_cpu()) {
        turn();
    } else {
        fixture_tick();
    }
    core_check();
    interrupt();
    core_check();
    if (number % 64 == 0) {
        actors_sweep(false);
    }
}

static void run(uint64_t seed, uint32_t length, uint32_t cpu_number)
{
    hostile_seed(seed);
    fixture_begin_on(cpu_number);
    for (uint32_t i = 0; i < length; i++) {
        step(i);
    }
    player_go(&fixture_init);
    actors_sweep(true);
    if (root.process) {
        player_detach(&root);
    }
    fixture_end();
}

static uint64_t first_seed = 1;
static uint32_t steps = STEPS_SHORT;
static uint32_t cpu_number; /* 0: by seed */

START_TEST(test_seed)
{
    run(first_seed + (uint64_t)_i, steps,
        cpu_number ? cpu_number : 1 + (uint32_t)_i % 4);
    fprintf(stderr,
            "seed %llu: calls %llu, good %llu, refused %llu, corrupt %llu, "
            "faults %llu\n", (unsigned long long)first_seed + (unsigned)_i,
            (unsigned long long)counts[0], (unsigned long long)counts[1],
            (unsigned long long)counts[2], (unsigned long long)counts[3],
            (unsigned long long)counts[4]);
    ck_assert_uint_gt(counts[0], 0);
}
END_TEST

int main(int argc, char **argv)
{
    TCase *tcase = tcase_create("core_stress");

    if (argc > 1) {
        first_seed = strtoull(argv[1], NULL, 0);
    }
    if (argc > 2) {
        steps = (uint32_t)strtoul(argv[2], NULL, 0);
    }
    if (argc > 3) {
        cpu_number = (uint32_t)strtoul(argv[3], NULL, 0);
    }
    tcase_add_loop_test(tcase, test_seed, 0, argc > 1 ? 1 : SEEDS_SHORT);
    return check_run_case("core_stress", tcase, argc > 1 ? 0 : 120);
}
