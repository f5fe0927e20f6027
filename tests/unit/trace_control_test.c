/*
 * trace_control_test.c - a trace that begins in the middle of a run names what
 * lives; and what SystemInfo says of CPUs.
 */
#include <string.h>

#include "check_run.h"
#include "core_fixture.h"

static struct player *init = &fixture_init;

/* Asks for a trace of that name; the completion. */
static struct cqe start(const char *name, uint32_t length)
{
    uint64_t words[64];
    struct wire_builder builder;
    struct sqe sqe;

    wire_builder_init(&builder, words, sizeof(words));
    trace_control_start_params_set_name(
        trace_control_start_params_build(&builder),
        (struct wire_text){name, length});
    sqe = player_message_sqe(init, player_cap(init, "trace"),
                             TRACE_CONTROL_INTERFACE_ID,
                             TRACE_CONTROL_METHOD_START, &builder);
    player_submit(init, &sqe);
    return player_expect(init, sqe.user_data);
}

static struct cqe start_named(const char *name)
{
    return start(name, (uint32_t)strlen(name));
}

static void stop(void)
{
    (void)player_call(init, player_cap(init, "trace"),
                      TRACE_CONTROL_INTERFACE_ID, TRACE_CONTROL_METHOD_STOP, 0,
                      0, 0);
}

/* Records of that kind with that a; *at is the last one's index. */
static uint32_t traced(enum trace_kind kind, uint64_t a, uint32_t *at)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < fake_trace_count; i++) {
        if (fake_trace[i].kind == kind && fake_trace[i].a == a) {
            *at = i;
            count++;
        }
    }
    return count;
}

/* A process is there by name, with its thread, in that order. */
static void check_named(const struct player *player, const char *name)
{
    uint32_t spawn = 0;
    uint32_t named = 0;
    uint32_t thread = 0;
    uint64_t piece = 0;

    memcpy(&piece, name, strlen(name));
    ck_assert_uint_eq(traced(TRACE_SPAWN, player->process->id, &spawn), 1);
    ck_assert_uint_eq(traced(TRACE_NAME, player->process->id, &named), 1);
    ck_assert_uint_eq(traced(TRACE_THREAD, player->thread->id, &thread), 1);
    ck_assert_uint_eq(fake_trace[spawn].b, player->process->parent_id);
    ck_assert_uint_eq(fake_trace[named].b, piece);
    ck_assert_uint_eq(fake_trace[thread].b, player->process->id);
    ck_assert(spawn < named && named < thread);
}

START_TEST(test_trace_control_names_all)
{
    const struct fixture_request request = {.weight = 0};
    struct player child;
    struct cqe cqe;
    uint32_t at = 0;

    fixture_begin_on(3);
    fixture_spawn(init, &request, &child);
    player_go(init);
    cqe = start_named("t");
    ck_assert_int_eq(cqe.result, 0);
    ck_assert(fake_trace_on);
    ck_assert_uint_eq(fake_trace[0].kind, TRACE_SPAWN);
    check_named(init, "init");
    check_named(&child, "player");
    /* Init runs: it asked. Every CPU is named once, with what it has. */
    for (uint32_t cpu = 0; cpu < 3; cpu++) {
        ck_assert_uint_eq(traced(TRACE_CPU, cpu, &at), 1);
        ck_assert_uint_eq(fake_trace[at].b,
                          cpus[cpu].current ? cpus[cpu].current->id : 0);
    }
    ck_assert_uint_eq(traced(TRACE_WAIT, init->thread->id, &at) +
                          traced(TRACE_WAKE, init->thread->id, &at), 0);
    ck_assert_uint_eq(traced(TRACE_LEAVE, init->thread->id, &at), 1);
    stop();
    ck_assert(!fake_trace_on);
    player_detach(&child);
    fixture_end();
}
END_TEST

START_TEST(test_trace_control_states)
{
    const struct fixture_request request = {.weight = 0};
    struct player children[2];
    uint32_t at = 0;

    fixture_begin();
    fixture_spawn(init, &request, &children[0]);
    fixture_spawn(init, &request, &children[1]);
    player_go(&children[0]);
    (void)player_enter(&children[0], 1, UINT64_MAX); /* waits for ever */
    player_go(init);
    ck_assert_int_eq(start_named("t").result, 0);
    ck_assert_uint_eq(traced(TRACE_WAIT, children[0].thread->id, &at), 1);
    ck_assert_uint_eq(fake_trace[at].kind, TRACE_WAIT);
    ck_assert_uint_eq(fake_trace[at].thread, children[0].thread->id);
    ck_assert_uint_eq(traced(TRACE_WAIT, children[1].thread->id, &at) +
                          traced(TRACE_WAKE, children[1].thread->id, &at), 1);
    stop();
    player_detach(&children[0]);
    player_detach(&children[1]);
    fixture_end();
}
END_TEST

START_TEST(test_trace_control_refuses)
{
    char longest[128];
    const struct {
        const char *name;
        uint32_t length;
        int32_t detail;
    } bad[] = {
        {"", 0, ERR_INVALID},          {"a b", 3, ERR_INVALID},
        {"a\0b", 3, ERR_INVALID},      {"\x7f", 1, ERR_INVALID},
        {"\xc3\xa4", 2, ERR_INVALID},  {longest, 128, ERR_INVALID},
        {FAKE_TRACE_BAD, sizeof(FAKE_TRACE_BAD) - 1, ERR_INVALID},
        {FAKE_TRACE_NOWHERE, sizeof(FAKE_TRACE_NOWHERE) - 1, ERR_NOT_FOUND},
    };

    memset(longest, 'x', sizeof(longest));
    fixture_begin();
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct cqe cqe = start(bad[i].name, bad[i].length);

        ck_assert_int_eq(cqe.result, ERR_EXCEPTION_TRUNCATED);
        ck_assert_int_eq((int32_t)cqe.words[1], bad[i].detail);
        ck_assert(!fake_trace_on);
    }
    ck_assert_int_eq(start(longest, 127).result, 0);
    stop();
    stop(); /* none runs: no error */
    fixture_end();
}
END_TEST

/* SystemInfo.cpus from that CPU on, with that room; how many came. */
static uint32_t cpus_from(uint32_t first, uint32_t room,
                          struct system_info_cpus_results_reader *results)
{
    static struct wire_message message;
    static uint64_t bytes[1024];
    struct sqe sqe = player_call_sqe(
        init, player_cap(init, "system"), SYSTEM_INFO_INTERFACE_ID,
        SYSTEM_INFO_METHOD_CPUS, (const uint64_t[4]){first});
    int32_t length;

    sqe.result_len = room;
    length = player_do(init, &sqe);
    ck_assert_int_gt(length, 0);
    player_read(init, init->scratch + SCRATCH_RESULTS, bytes,
                (uint32_t)length);
    ck_assert_int_ge(wire_message_init(&message, bytes, (uint32_t)length), 0);
    *results = system_info_cpus_results_read(&message);
    return system_info_cpus_results_get_entries(*results).count;
}

START_TEST(test_system_info_cpus)
{
    struct system_info_cpus_results_reader results;
    struct cpu_info_reader info;
    uint64_t busy_ns;

    fixture_begin_on(3);
    ck_assert_uint_eq(cpus_from(0, 4096, &results), 3);
    for (uint32_t i = 0; i < 3; i++) {
        const struct thread *current = cpus[i].current;

        info = system_info_cpus_results_entries_at(
            system_info_cpus_results_get_entries(results), i);
        ck_assert_uint_eq(cpu_info_get_number(info), i);
        ck_assert_uint_eq(cpu_info_get_queued(info), 0);
        ck_assert_uint_eq(cpu_info_get_thread_id(info),
                          current ? current->id : 0);
        ck_assert_uint_eq(cpu_info_get_process_id(info),
                          current ? current->process->id : 0);
        ck_assert_uint_eq(cpu_info_get_busy_nanoseconds(info) +
                              cpu_info_get_idle_nanoseconds(info),
                          fake_now_ns);
    }
    ck_assert_uint_eq(cpus_from(2, 4096, &results), 1);
    ck_assert_uint_eq(cpus_from(3, 4096, &results), 0);
    ck_assert_uint_eq(cpus_from(UINT32_MAX, 4096, &results), 0);
    ck_assert_uint_eq(cpus_from(0, 120, &results), 2);
    /* A thread that runs and never enters uses the CPU all the same. */
    ck_assert_uint_eq(cpus_from(0, 4096, &results), 3);
    info = system_info_cpus_results_entries_at(
        system_info_cpus_results_get_entries(results), 0);
    busy_ns = cpu_info_get_busy_nanoseconds(info);
    fake_now_ns += 5000;
    ck_assert_uint_eq(cpus_from(0, 4096, &results), 3);
    info = system_info_cpus_results_entries_at(
        system_info_cpus_results_get_entries(results), 0);
    ck_assert_uint_ge(cpu_info_get_busy_nanoseconds(info), busy_ns + 5000);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_trace_control_names_all,
        test_trace_control_states,
        test_trace_control_refuses,
        test_system_info_cpus,
        NULL,
    };

    return check_run("trace_control", tests);
}
