/* world.c - hostile programs on a live kernel (world.h). */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capset.h"
#include "check/authority_check.h"
#include "core_check.h"
#include "no_libcheck.h"
#include "values.h"

#define WORLD_CPUS 2u
#define ACTORS 64u
#define IDLE_ROUNDS 64u /* without a turn: nobody wakes any more */
#define INIT_SLEEP_NS 300000u
#define CHECKS_EVERY 32u /* entries between two looks at everything */

uint64_t world_entries;

extern char fuzz_state_begin[]; /* state.ld */
extern char fuzz_state_end[];

static struct player actors[ACTORS];
static bool booted;
static uint32_t cpu_next;

_Noreturn void world_wrong(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

_Noreturn void no_libcheck_failed(const char *what)
{
    world_wrong(what);
}

/* ----------------------------------------------------------- begin of an input */

/*
 * What the kernel's data is before the first boot, and is again before the next:
 * between the variables lies what AddressSanitizer lets nobody touch.
 */
static __attribute__((no_sanitize("address"))) void state_reset(void)
{
    static char *copy;
    size_t bytes = (size_t)(fuzz_state_end - fuzz_state_begin);
    volatile char *state = fuzz_state_begin;

    if (!copy) {
        copy = malloc(bytes);
        for (size_t i = 0; copy && i < bytes; i++) {
            copy[i] = state[i];
        }
    }
    for (size_t i = 0; copy && i < bytes; i++) {
        state[i] = copy[i];
    }
}

static void boot(void)
{
    state_reset();
    fixture_begin_on(WORLD_CPUS);
    booted = true;
}

/* The first program's grants: init's own capabilities, but those to itself. */
static void grant_all(struct spawn_request_builder asked)
{
    const struct process *init = fixture_init.process;
    struct capset_entry entries[PAGE_SIZE / sizeof(struct capset_entry)];
    struct wire_builder_list list;
    uint32_t count = 0;

    player_read(&fixture_init, init->capset_va, entries,
                init->capset_count * sizeof(entries[0]));
    for (uint32_t i = 0; i < init->capset_count; i++) {
        if (strncmp(entries[i].name, "self-", 5) != 0) {
            entries[count++] = entries[i];
        }
    }
    list = spawn_request_init_grants(asked, count + 1);
    for (uint32_t i = 0; i <= count; i++) {
        struct grant_builder grant = spawn_request_grants_build(list, i);
        const char *name = i < count ? entries[i].name : "image";

        grant_set_name(grant,
                       (struct wire_text){name, (uint32_t)strlen(name)});
        grant_set_cap(grant, i < count ? entries[i].cap : fixture_image);
    }
}

/* Enough for some children and threads, and for defaults of an eighth. */
static void limit_all(struct spawn_request_builder asked)
{
    struct process_limits_builder limits = spawn_request_init_limits(asked);

    process_limits_set_pages(limits, 2500);
    process_limits_set_threads(limits, 24);
    process_limits_set_caps(limits, 600);
    process_limits_set_processes(limits, 12);
    process_limits_set_tables(limits, 300);
    process_limits_set_virtual(limits, 1u << 20);
    process_limits_set_rings(limits, 400);
    process_limits_set_calls(limits, 1600);
    process_limits_set_objects(limits, 2000000);
    process_limits_set_scratch(limits, 40);
    process_limits_set_log_bytes(limits, 40000);
    process_limits_set_weight(limits, 40000);
}

static void spawn_first(struct player *first)
{
    uint64_t words[1024];
    struct wire_builder builder;
    struct spawn_request_builder asked;
    struct process *last = fixture_process(fixture_init.process->id);
    struct sqe sqe;
    struct cqe cqe;

    ck_assert_ptr_null(last);
    wire_builder_init(&builder, words, sizeof(words));
    asked = process_spawner_spawn_params_init_request(
        process_spawner_spawn_params_build(&builder));
    spawn_request_set_image(asked, fixture_image);
    spawn_request_set_name(asked, WIRE_TEXT("first"));
    spawn_request_set_args(asked, (struct wire_data){(const uint8_t *)"a", 2});
    grant_all(asked);
    spawn_request_set_stack_bytes(asked, SCRATCH_BYTES);
    spawn_request_set_sq_entries(asked, 16);
    spawn_request_set_cq_entries(asked, 32);
    limit_all(asked);
    sqe = player_message_sqe(&fixture_init,
                             player_cap(&fixture_init, "spawner"),
                             PROCESS_SPAWNER_INTERFACE_ID,
                             PROCESS_SPAWNER_METHOD_SPAWN, &builder);
    player_submit(&fixture_init, &sqe);
    cqe = player_expect(&fixture_init, sqe.user_data);
    ck_assert_int_gt(cqe.result, 0);
    last = fixture_process(fixture_init.process->id);
    player_attach(first, container_of(list_first(&last->threads),
                                      struct thread, link));
}

/* A program with one end of what the first one serves. */
static void spawn_second(struct player *first, struct player *second)
{
    uint64_t endpoint = fixture_endpoint(first);
    uint64_t facet = fixture_mint(first, endpoint, 1, 4);
    struct fixture_request request = {
        .grants = {{"service", endpoint},
                   {"facet", facet},
                   {"spawner", player_cap(first, "spawner")},
                   {"timer", player_cap(first, "timer")},
                   {"image", player_cap(first, "image")},
                   {"revokers", player_cap(first, "revokers")}},
        .limits = {[LEDGER_OBJECTS] = 200000, [LEDGER_PROCESSES] = 2},
        .sq_entries = 16,
        .cq_entries = 32,
    };

    fixture_spawn(first, &request, second);
}

/* ----------------------------------------------------------------------- turns */

static struct player *actor_find(struct thread *thread)
{
    struct player *room = NULL;

    for (uint32_t i = 0; i < ACTORS; i++) {
        if (actors[i].thread == thread) {
            return &actors[i];
        }
        if (!actors[i].thread && !room) {
            room = &actors[i];
        }
    }
    ck_assert_ptr_nonnull(room);
    player_attach(room, thread);
    return room;
}

static void actors_sweep(bool all)
{
    for (uint32_t i = 0; i < ACTORS; i++) {
        if (actors[i].thread &&
            (all || (sync_load(&actors[i].thread->state) == THREAD_ENDED &&
                     !sync_load(&actors[i].thread->busy)))) {
            player_detach(&actors[i]);
        }
    }
}

/* What this CPU has to do before a program's turn comes; NULL: there is none. */
static struct player *cpu_turn(bool interrupted)
{
    struct thread *thread = cpu_self()->current;

    if (fake->attention && (!thread || interrupted)) {
        (void)fixture_attend_cpu(fake->number);
        return NULL;
    }
    if (fake_now_ns >= fake->armed_ns) {
        fake->armed_ns = UINT64_MAX;
        core_on_tick();
        core_check();
        return NULL;
    }
    if (thread == fixture_init.thread) {
        (void)player_enter(&fixture_init, 1, INIT_SLEEP_NS);
        return NULL;
    }
    return thread ? actor_find(thread) : NULL;
}

/* True if no CPU has anything to do before its deadline. */
static bool all_idle(void)
{
    for (uint32_t i = 0; i < fake_cpu_count; i++) {
        if (fake_cpus[i].resumed || fake_cpus[i].attention) {
            return false;
        }
    }
    return true;
}

/* Whose turn is next; NULL: nobody's any more. The CPU is the one it is on. */
static struct player *next_player(void)
{
    for (uint32_t round = 0; round < IDLE_ROUNDS; round++) {
        fake_now_ns += 700;
        for (uint32_t i = 0; i < fake_cpu_count; i++) {
            struct player *player;

            fake_on(cpu_next++ % fake_cpu_count);
            player = cpu_turn(round % 2);
            if (player) {
                return player;
            }
        }
        if (all_idle()) {
            fixture_tick();
        }
    }
    return NULL;
}

static void refuse(const struct world_rules *rules)
{
    if (!rules->interrupts) {
        return;
    }
    fake->irq = pick_once_in(12);
    fake->irq_after = pick_once_in(6) ? pick(24) : 0;
    if (pick_once_in(40)) {
        machine_refuse_heap(pick(8));
    }
    if (pick_once_in(100)) {
        fake_refuse_map(pick(8));
    }
}

static void refuse_nothing(void)
{
    machine_refuse_heap(UINT64_MAX);
    fake_refuse_map(UINT64_MAX);
    fake->irq = false;
    fake->irq_after = 0;
}

static void enter(const struct player *player)
{
    uint64_t timeout_ns = pick_once_in(16) ? value_number(player)
                                           : pick(4) * 8000ull;
    uint64_t number = pick_once_in(250) ? pick(5) : GATE_ENTER;

    core_on_syscall(number, pick_once_in(24) ? value_size() : pick(3),
                    timeout_ns);
}

static void interrupt(const struct world_rules *rules)
{
    const struct hal_fault fault = {.vector = pick(32)};
    const struct thread *thread = cpu_self()->current;

    if (!rules->interrupts || !pick_once_in(24)) {
        return;
    }
    if (thread && thread != fixture_init.thread && pick_once_in(24)) {
        core_on_fault(&fault);
    } else if (fake->number == 0) {
        machine_input = pick(3) ? "typed" : "";
        machine_input_ended = pick(2);
        core_on_irq(HAL_IRQ_TERMINAL);
    }
    core_check();
}

static void play(const struct world_rules *rules)
{
    struct player *player;

    for (uint32_t i = 0; i < rules->entries; i++) {
        player = next_player();
        if (!player || !pick_next()) {
            return;
        }
        rules->turn(player);
        refuse(rules);
        enter(player);
        refuse_nothing();
        world_entries++;
        core_check();
        if (rules->after) {
            rules->after(player);
        }
        interrupt(rules);
        if (i % CHECKS_EVERY == CHECKS_EVERY - 1) {
            authority_check();
            actors_sweep(false);
        }
    }
}

/* ------------------------------------------------------------------------ ends */

/* All is as it was before the input. */
static void end(void)
{
    authority_check();
    player_go(&fixture_init);
    actors_sweep(true);
    hal_trace_stop();
    fixture_end();
    core_check_every = 1;
    core_check();
    authority_check();
}

/* The machine was switched off: what it was is forgotten. */
static void forget(void)
{
    refuse_nothing();
    for (struct process *process = fixture_process(0); process;
         process = fixture_process(process->id)) {
        free(process->space.hal.pages);
    }
    memset(actors, 0, sizeof(actors));
    memset(&fixture_init, 0, sizeof(fixture_init));
    hal_trace_stop();
    booted = false;
}

bool world_play(const uint8_t *bytes, size_t size,
                const struct world_rules *rules)
{
    pick_start(bytes, size);
    if (setjmp(machine_off) != 0) {
        forget();
        return false;
    }
    if (!booted) {
        boot();
    }
    cpu_next = 0;
    machine_input = "";
    machine_input_ended = false;
    core_check_every = CHECKS_EVERY;
    player_go(&fixture_init);
    spawn_first(&actors[0]);
    spawn_second(&actors[0], &actors[1]);
    play(rules);
    end();
    return true;
}
