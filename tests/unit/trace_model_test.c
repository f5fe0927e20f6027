/*
 * trace_model_test.c - what capos-trace makes of records: names, threads, and
 * calls from their CALL to their end, on whichever of the ways there are.
 */
#include "trace_make.h"

#include <string.h>

#include "check_run.h"
#include "errors.h"

#define CALL_ID 0x100002000u

static struct trace_make make;
static struct model model;

static void setup(void)
{
    trace_make_two(&make);
}

/* CALL and TARGET of a service's object 9, endpoint 5, by thread 1. */
static void call_begin(void)
{
    trace_make_add(&make, TRACE_SQE, 1, 1, 0);
    trace_make_add(&make, TRACE_CALL, 1, 77, 3);
    trace_make_add(&make, TRACE_TARGET, 1, 9, 5);
}

/* The only call, after the model was made. */
static const struct model_call *the_call(void)
{
    model_init(&model, &make.trace);
    ck_assert_uint_eq(model.call_count, 1);
    return &model.calls[0];
}

START_TEST(test_trace_model_names)
{
    setup();
    model_init(&model, &make.trace);
    ck_assert_str_eq(model_process_of(&model, 1)->name, "init");
    ck_assert_str_eq(model_process_of(&model, 2)->name, "echo");
    ck_assert_uint_eq(model_process_of(&model, 2)->id, 2);
    ck_assert_ptr_null(model_process_of(&model, 3));
    ck_assert_uint_eq(model.id_max, 2);
    model_fini(&model);
}
END_TEST

START_TEST(test_trace_model_name_pieces)
{
    setup();
    trace_make_add(&make, TRACE_NAME, 0, 3, 0x7265732d64616f6cull);
    trace_make_add(&make, TRACE_NAME, 0, 3, 0x01726576);
    for (uint32_t i = 0; i < 10; i++) {
        trace_make_add(&make, TRACE_NAME, 0, 4, 0x6161616161616161ull);
    }
    trace_make_add(&make, TRACE_THREAD, 7, 7, 3);
    trace_make_add(&make, TRACE_THREAD, 8, 8, 4);
    model_init(&model, &make.trace);
    ck_assert_str_eq(model_process_of(&model, 7)->name, "load-server?");
    ck_assert_uint_eq(strlen(model_process_of(&model, 8)->name),
                      MODEL_NAME_BYTES);
    model_fini(&model);
}
END_TEST

/* A trace begins on CPU 1 while CPU 0 makes a process. */
START_TEST(test_trace_model_named_twice)
{
    setup();
    trace_make_on(&make, 1, TRACE_SPAWN, 0, 3, 1);
    trace_make_on(&make, 0, TRACE_SPAWN, 0, 3, 1);
    trace_make_on(&make, 1, TRACE_NAME, 0, 3, 0x6f);
    trace_make_on(&make, 0, TRACE_NAME, 0, 3, 0x6c6c6568);
    trace_make_on(&make, 0, TRACE_NAME, 0, 3, 0x6f);
    trace_make_on(&make, 0, TRACE_THREAD, 7, 7, 3);
    model_init(&model, &make.trace);
    ck_assert_str_eq(model_process_of(&model, 7)->name, "hello");
    model_fini(&model);
}
END_TEST

START_TEST(test_trace_model_unknown_thread)
{
    setup();
    trace_make_add(&make, TRACE_SYSCALL, 40, 0, 1);
    model_init(&model, &make.trace);
    ck_assert_uint_eq(model_process_of(&model, 40)->id, 0);
    ck_assert_str_eq(model_process_of(&model, 40)->name, "");
    model_fini(&model);
}
END_TEST

START_TEST(test_trace_model_call_answered)
{
    const struct model_call *call;

    setup();
    call_begin();
    trace_make_add(&make, TRACE_ANSWER, 1, 0, 24);
    trace_make_add(&make, TRACE_CQE, 1, 0, 24);
    call = the_call();
    ck_assert(call->ended && call->id == 0 && call->receiver == 0);
    ck_assert_uint_eq(call->interface, 77);
    ck_assert_uint_eq(call->method, 3);
    ck_assert_uint_eq(call->object, 9);
    ck_assert_uint_eq(call->endpoint, 5);
    ck_assert_int_eq(call->result, 24);
    ck_assert_uint_eq(call->end_ns - call->call_ns, 2);
    model_fini(&model);
}
END_TEST

START_TEST(test_trace_model_call_delivered)
{
    const struct model_call *call;

    setup();
    call_begin();
    trace_make_add(&make, TRACE_BEGIN, 1, CALL_ID, 0);
    trace_make_add(&make, TRACE_DELIVER, 1, CALL_ID, 2);
    trace_make_add(&make, TRACE_CQE, 2, 0, 0);
    trace_make_add(&make, TRACE_RETURN, 1, CALL_ID, 0);
    call = the_call();
    ck_assert(call->ended && !call->orphan);
    ck_assert_uint_eq(call->id, CALL_ID);
    ck_assert_uint_eq(call->receiver, 2);
    ck_assert_uint_eq(call->end_ns - call->call_ns, 5);
    for (uint32_t i = make.trace.count - 6; i < make.trace.count; i++) {
        ck_assert_uint_eq(model.call_of[i],
                          make.records[i].kind == TRACE_CQE ? MODEL_NO_CALL
                                                            : 0);
    }
    model_fini(&model);
}
END_TEST

START_TEST(test_trace_model_call_refused)
{
    const struct model_call *call;

    setup();
    call_begin();
    trace_make_add(&make, TRACE_CQE, 1, 0, (uint64_t)ERR_BAD_FLAGS);
    trace_make_add(&make, TRACE_SQE, 1, 0, 0);
    trace_make_add(&make, TRACE_CQE, 1, 0, 0);
    call = the_call();
    ck_assert(call->ended);
    ck_assert_int_eq(call->result, ERR_BAD_FLAGS);
    model_fini(&model);
}
END_TEST

/* Another CPU completes something else of the caller in between. */
START_TEST(test_trace_model_completion_meanwhile)
{
    const struct model_call *call;

    setup();
    call_begin();
    trace_make_add(&make, TRACE_CQE, 1, 0, 99);
    trace_make_add(&make, TRACE_BEGIN, 1, CALL_ID, 0);
    trace_make_add(&make, TRACE_CQE, 1, 0, 98);
    call = the_call();
    ck_assert(!call->ended);
    model_fini(&model);
    trace_make_add(&make, TRACE_RETURN, 1, CALL_ID, 4);
    call = the_call();
    ck_assert(call->ended);
    ck_assert_int_eq(call->result, 4);
    model_fini(&model);
}
END_TEST

START_TEST(test_trace_model_orphan)
{
    const struct model_call *call;

    setup();
    call_begin();
    trace_make_add(&make, TRACE_BEGIN, 1, CALL_ID, 0);
    trace_make_add(&make, TRACE_DELIVER, 1, CALL_ID, 2);
    trace_make_add(&make, TRACE_END, 1, 1, 1);
    trace_make_add(&make, TRACE_RETURN, 1, CALL_ID,
                   (uint64_t)ERR_CANCELLED);
    call = the_call();
    ck_assert(call->ended && call->orphan);
    model_fini(&model);
}
END_TEST

/* An id is used again: the records go to the call that has it now. */
START_TEST(test_trace_model_id_again)
{
    setup();
    for (uint64_t i = 0; i < 2; i++) {
        call_begin();
        trace_make_add(&make, TRACE_BEGIN, 1, CALL_ID, 0);
        trace_make_add(&make, TRACE_RETURN, 1, CALL_ID, i);
    }
    trace_make_add(&make, TRACE_RETURN, 1, CALL_ID, 7);
    model_init(&model, &make.trace);
    ck_assert_uint_eq(model.call_count, 2);
    ck_assert_int_eq(model.calls[0].result, 0);
    ck_assert_int_eq(model.calls[1].result, 1);
    model_fini(&model);
}
END_TEST

/* A trace that begins in the middle names CPUs that idle, and what they run. */
START_TEST(test_trace_model_cpus)
{
    setup();
    trace_make_add(&make, TRACE_CPU, 1, 0, 1);
    trace_make_add(&make, TRACE_CPU, 1, 3, 7);
    trace_make_add(&make, TRACE_CPU, 1, 64, 0);
    trace_make_add(&make, TRACE_CPU, 1, UINT64_MAX, 0);
    model_init(&model, &make.trace);
    ck_assert_uint_eq(model.cpu_count, 4);
    ck_assert_uint_eq(model_process_of(&model, 7)->id, 0);
    model_fini(&model);
}
END_TEST

START_TEST(test_trace_model_map)
{
    struct map map = {.entries = NULL};

    ck_assert_uint_eq(map_get(&map, 1), MAP_NONE);
    for (uint32_t i = 0; i < 10000; i++) {
        map_set(&map, (uint64_t)i << 32, i);
    }
    map_set(&map, 5ull << 32, MAP_NONE);
    for (uint32_t i = 0; i < 10000; i++) {
        ck_assert_uint_eq(map_get(&map, (uint64_t)i << 32),
                          i == 5 ? MAP_NONE : i);
    }
    ck_assert_uint_eq(map_get(&map, 1), MAP_NONE);
    map_fini(&map);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_trace_model_names,
        test_trace_model_name_pieces,
        test_trace_model_named_twice,
        test_trace_model_unknown_thread,
        test_trace_model_call_answered,
        test_trace_model_call_delivered,
        test_trace_model_call_refused,
        test_trace_model_completion_meanwhile,
        test_trace_model_orphan,
        test_trace_model_id_again,
        test_trace_model_cpus,
        test_trace_model_map,
        NULL,
    };

    return check_run("trace_model", tests);
}
