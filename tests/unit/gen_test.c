/*
 * gen_test.c - generated clients and servers, joined by a transport that is a
 * function call.
 *
 * The transport does what a carrier has to do: it copies params, refuses what
 * does not fit, and puts CapIds behind results. Interface Caps of
 * wire_random.capnp has the shapes of methods that capos.capnp has not.
 */
#include <string.h>

#include "capos.gen.h"
#include "check_run.h"
#include "errors.h"
#include "capnp/server.h"
#include "transport.h"
#include "wire_random.gen.h"

#include "transport_direct.h"

#include "capos.client.gen.h"
#include "capos.server.gen.h"
#include "wire_random.client.gen.h"
#include "wire_random.server.gen.h"

/* ------------------------------------------------------------ the transport */

struct direct {
    struct transport transport;
    int32_t (*serve)(struct server_call *call);
    uint64_t copy[512]; /* of params */
    uint64_t cap_seen;
    uint32_t result_limit;
    bool spoil; /* the results */
};

static void direct_exception(struct server_call *call, struct rpc *rpc)
{
    int32_t bytes = server_exception(call, rpc->result, rpc->result_size);

    rpc->rwords[0] = call->exception_kind;
    rpc->rwords[1] = (uint64_t)(int64_t)call->exception_detail;
    rpc->rwords[2] = bytes < 0 ? 0 : (uint64_t)bytes;
    rpc->status = bytes < 0 ? bytes : ERR_EXCEPTION;
}

static void direct_results(const struct server_call *call, struct rpc *rpc)
{
    char *behind = (char *)rpc->result + call->result_len;

    memcpy(rpc->rwords, call->rwords, sizeof(rpc->rwords));
    if (call->result_len + 8 * call->ncaps > rpc->result_size &&
        !(rpc->flags & RING_RINLINE)) {
        rpc->status = ERR_TOO_LARGE;
        return;
    }
    if (call->ncaps) {
        memcpy(behind, call->caps, 8 * call->ncaps);
    }
    rpc->ncaps = (uint8_t)call->ncaps;
    rpc->status = (int32_t)call->result_len;
}

static int32_t direct_submit(struct transport *t, struct rpc *rpc)
{
    struct direct *direct = (struct direct *)t;
    struct server_call call = {.method = rpc->method, .flags = rpc->flags};

    direct->cap_seen = rpc->cap;
    memcpy(call.words, rpc->words, sizeof(call.words));
    if (rpc->params_len > sizeof(direct->copy)) {
        return ERR_TOO_LARGE;
    }
    if (rpc->params_len) {
        memcpy(direct->copy, rpc->params, rpc->params_len);
    }
    call.params = direct->copy;
    call.params_len = rpc->params_len;
    call.result = rpc->result;
    call.result_size = rpc->result_size;
    rpc->status = direct->serve(&call);
    if (rpc->status == ERR_EXCEPTION) {
        direct_exception(&call, rpc);
    } else if (rpc->status == 0) {
        direct_results(&call, rpc);
    }
    if (direct->spoil && rpc->status > 8) {
        memset(rpc->result, 0xff, 8);
    }
    rpc->done = true;
    if (rpc->complete) {
        rpc->complete(rpc);
    }
    return 0;
}

static int32_t direct_await(struct transport *t, struct rpc *rpc)
{
    (void)t;
    ck_assert(rpc->done);
    return rpc->status;
}

static struct direct direct = {{direct_submit, direct_await}, NULL, {0}, 0, 0,
                               false};
static struct transport *const t = &direct.transport;

/* ------------------------------------------------------------------ servers */

static int32_t echo_add_handler(void *self, struct server_call *call,
                                struct echo_add_params_reader params,
                                struct echo_add_results_builder results)
{
    (void)self;
    (void)call;
    echo_add_results_set_sum(results, echo_add_params_get_a(params) +
                                          echo_add_params_get_b(params));
    return 0;
}

static int32_t echo_reverse_handler(void *self, struct server_call *call,
                                    struct echo_reverse_params_reader params,
                                    struct echo_reverse_results_builder results)
{
    struct wire_text text = echo_reverse_params_get_text(params);
    char reversed[64];

    (void)self;
    if (text.length > sizeof(reversed)) {
        return server_raise(call, CAP_EXCEPTION_KIND_INVALID_ARGUMENT,
                            ERR_TOO_LARGE, "the text is too long");
    }
    for (uint32_t i = 0; i < text.length; i++) {
        reversed[i] = text.bytes[text.length - 1 - i];
    }
    echo_reverse_results_set_text(results,
                                  (struct wire_text){reversed, text.length});
    return 0;
}

static const struct echo_server echo = {echo_add_handler, echo_reverse_handler,
                                        NULL};

static int32_t serve_echo(struct server_call *call)
{
    return echo_dispatch(&echo, NULL, call);
}

static int32_t caps_wide_handler(void *self, struct server_call *call,
                                 struct caps_wide_params_reader p,
                                 struct caps_wide_results_builder results)
{
    (void)self;
    (void)call;
    caps_wide_results_set_sum(
        results, caps_wide_params_get_a(p) + caps_wide_params_get_b(p) +
                     caps_wide_params_get_c(p) + caps_wide_params_get_d(p) +
                     caps_wide_params_get_e(p) + caps_wide_params_get_long(p));
    return 0;
}

static int32_t caps_choose_handler(void *self, struct server_call *call,
                                   struct caps_choose_params_reader params,
                                   struct outcome_builder results)
{
    struct choice_reader choice = caps_choose_params_get_choice(params);

    (void)self;
    (void)call;
    if (choice_which(choice) == CHOICE_WHICH_PAIR) {
        outcome_set_number(results,
                           choice_pair_get_left(choice_get_pair(choice)));
    } else {
        outcome_set_none(results);
    }
    return 0;
}

static int32_t caps_pick_handler(void *self, struct server_call *call,
                                 struct outcome_reader params,
                                 struct caps_pick_results_builder results)
{
    (void)self;
    (void)call;
    caps_pick_results_set_text(results, outcome_get_number(params) == 7
                                            ? WIRE_TEXT("seven")
                                            : WIRE_TEXT("?"));
    return 0;
}

static int32_t caps_report_handler(void *self, struct server_call *call,
                                   struct caps_report_params_reader params,
                                   struct caps_report_results_builder results)
{
    (void)self;
    caps_report_results_set_d(results, 4);
    for (uint32_t i = 0; i < caps_report_params_get_count(params); i++) {
        uint32_t index = server_add_cap(call, 100 + i);

        if (i == 0) {
            caps_report_results_set_self(results, index);
        } else {
            caps_report_results_set_other(results, index);
        }
    }
    return 0;
}

static int32_t caps_turn_handler(void *self, struct server_call *call,
                                 struct narrow_reader params,
                                 struct narrow_builder results)
{
    (void)self;
    (void)call;
    narrow_set_flag(results, !narrow_get_flag(params));
    narrow_set_int8(results, (int8_t)-narrow_get_int8(params));
    return 0;
}

static const struct caps_server caps = {
    caps_wide_handler,   caps_choose_handler, caps_pick_handler,
    caps_report_handler, caps_turn_handler,   NULL};

static int32_t serve_caps(struct server_call *call)
{
    return caps_dispatch(&caps, NULL, call);
}

/* -------------------------------------------------------------------- tests */

static unsigned completions;

static void count_completion(struct rpc *rpc)
{
    ck_assert_ptr_eq(rpc->context, &completions);
    completions++;
}

START_TEST(inline_call)
{
    struct rpc rpc = {.complete = count_completion, .context = &completions};
    uint64_t sum = 0;

    direct.serve = serve_echo;
    ck_assert_int_eq(echo_add(t, 0x300000005, 40, 2, &sum), 0);
    ck_assert_uint_eq(sum, 42);
    ck_assert_uint_eq(direct.cap_seen, 0x300000005);
    ck_assert_int_eq(echo_add(t, 5, 40, 2, NULL), 0);
    ck_assert_int_eq(echo_add_submit(t, &rpc, 5, 1, 2), 0);
    ck_assert_uint_eq(completions, 1);
    ck_assert_int_eq(echo_add_finish(&rpc, &sum), 0);
    ck_assert_uint_eq(sum, 3);
}
END_TEST

START_TEST(memory_call)
{
    uint64_t memory[64];
    struct rpc_buffer buffer;
    struct echo_reverse_results_reader out;

    direct.serve = serve_echo;
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    ck_assert_int_eq(echo_reverse(t, 5, WIRE_TEXT("capOS"), &buffer, &out), 0);
    ck_assert_str_eq(echo_reverse_results_get_text(out).bytes, "SOpac");
    rpc_buffer_init(&buffer, memory, 24);
    ck_assert_int_eq(echo_reverse(t, 5, WIRE_TEXT("capOS or so"), &buffer,
                                  &out), ERR_TOO_LARGE);
    rpc_buffer_init(&buffer, memory, 24 + 24);
    ck_assert_int_eq(echo_reverse(t, 5, WIRE_TEXT("capOS"), &buffer, &out), 0);
    rpc_buffer_init(&buffer, memory, 24 + 16);
    ck_assert_int_eq(echo_reverse(t, 5, WIRE_TEXT("capOS"), &buffer, &out),
                     ERR_TOO_LARGE);
}
END_TEST

START_TEST(exceptions)
{
    static const char longer[80] = "x";
    uint64_t memory[64];
    struct rpc rpc = {0};
    struct rpc_buffer buffer;
    struct wire_message message;
    struct cap_exception_reader exception;

    direct.serve = serve_echo;
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    ck_assert_int_eq(echo_reverse_submit(t, &rpc, 5,
                                         (struct wire_text){longer, 80},
                                         &buffer), 0);
    ck_assert_int_eq(rpc.status, ERR_EXCEPTION);
    ck_assert_uint_eq(rpc.rwords[0], CAP_EXCEPTION_KIND_INVALID_ARGUMENT);
    ck_assert_int_eq(wire_message_init(&message, rpc.result, rpc.rwords[2]), 0);
    exception = cap_exception_read(&message);
    ck_assert_str_eq(cap_exception_get_reason(exception).bytes,
                     "the text is too long");
    ck_assert_int_eq(cap_exception_get_detail(exception), ERR_TOO_LARGE);
    ck_assert_int_eq(echo_fail_submit(t, &rpc, 5, CAP_EXCEPTION_KIND_FAILED),
                     0);
    ck_assert_int_eq(echo_fail_finish(&rpc), ERR_EXCEPTION_TRUNCATED);
    ck_assert_uint_eq(rpc.rwords[0], CAP_EXCEPTION_KIND_UNIMPLEMENTED);
}
END_TEST

START_TEST(shapes)
{
    uint64_t memory[128];
    struct rpc_buffer buffer;
    struct choice_builder choice;
    struct outcome_reader outcome;
    struct caps_pick_results_reader picked;
    uint64_t sum = 0;
    bool flag = false;
    int8_t small = 0;

    direct.serve = serve_caps;
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    ck_assert_int_eq(caps_wide(t, 9, 1, 2, 3, 4, 5, true, &sum), 0);
    ck_assert_uint_eq(sum, 16);
    choice = caps_choose_params_init_choice(caps_choose_begin(&buffer));
    choice_pair_set_left(choice_init_pair(choice), 12);
    ck_assert_int_eq(caps_choose(t, 9, &buffer, &outcome), 0);
    ck_assert_int_eq(outcome_which(outcome), OUTCOME_WHICH_NUMBER);
    ck_assert_uint_eq(outcome_get_number(outcome), 12);
    caps_choose_begin(&buffer);
    ck_assert_int_eq(caps_choose(t, 9, &buffer, &outcome), 0);
    ck_assert_int_eq(outcome_which(outcome), OUTCOME_WHICH_NONE);
    outcome_set_number(caps_pick_begin(&buffer), 7);
    ck_assert_int_eq(caps_pick(t, 9, &buffer, &picked), 0);
    ck_assert_str_eq(caps_pick_results_get_text(picked).bytes, "seven");
    ck_assert_int_eq(caps_turn(t, 9, false, 5, &flag, &small), 0);
    ck_assert(flag);
    ck_assert_int_eq(small, -5);
    ck_assert_int_eq(caps_nothing(t, 9), ERR_EXCEPTION_TRUNCATED);
}
END_TEST

START_TEST(capabilities)
{
    uint64_t d = 0;
    uint64_t first = 1;
    uint64_t second = 1;

    direct.serve = serve_caps;
    ck_assert_int_eq(caps_report(t, 9, 2, NULL, NULL, NULL, &d, &first,
                                 &second), 0);
    ck_assert_uint_eq(d, 4);
    ck_assert_uint_eq(first, 100);
    ck_assert_uint_eq(second, 101);
    ck_assert_int_eq(caps_report(t, 9, 0, NULL, NULL, NULL, NULL, &first,
                                 &second), 0);
    ck_assert_uint_eq(first, 0);
    ck_assert_int_eq(caps_report(t, 9, MESSAGE_CAPS_MAX, NULL, NULL, NULL,
                                 NULL, NULL, &second), 0);
    ck_assert_uint_eq(second, 99 + MESSAGE_CAPS_MAX);
    ck_assert_int_eq(caps_report(t, 9, MESSAGE_CAPS_MAX + 1, NULL, NULL, NULL,
                                 NULL, NULL, &second), ERR_TOO_LARGE);
    direct.spoil = true;
    ck_assert_int_eq(caps_report(t, 9, 1, NULL, NULL, NULL, NULL, &first,
                                 NULL), ERR_BAD_MESSAGE);
    direct.spoil = false;
}
END_TEST

START_TEST(refusals)
{
    uint64_t text[] = {1ull << 48, 1ull | 2ull << 32 | 4ull << 35, 0x61616161};
    uint64_t results[32];
    struct server_call call = {.method = 1, .params = text,
                               .params_len = sizeof(text), .result = results,
                               .result_size = sizeof(results)};

    ck_assert_int_eq(echo_dispatch(&echo, NULL, &call), ERR_BAD_MESSAGE);
    text[2] = 0x00616161;
    ck_assert_int_eq(echo_dispatch(&echo, NULL, &call), 0);
    ck_assert_uint_eq(call.result_len, 24);
    call.params_len = 16;
    ck_assert_int_eq(echo_dispatch(&echo, NULL, &call), ERR_BAD_MESSAGE);
    call.params_len = 0;
    ck_assert_int_eq(echo_dispatch(&echo, NULL, &call), ERR_BAD_MESSAGE);
    call.flags = RING_INLINE;
    ck_assert_int_eq(echo_dispatch(&echo, NULL, &call), ERR_WRONG_FORM);
    call.method = 0;
    ck_assert_int_eq(echo_dispatch(&echo, NULL, &call), ERR_WRONG_FORM);
    call.flags = RING_INLINE | RING_RINLINE;
    ck_assert_int_eq(echo_dispatch(&echo, NULL, &call), 0);
    call.method = ECHO_METHOD_COUNT;
    ck_assert_int_eq(echo_dispatch(&echo, NULL, &call), ERR_WRONG_METHOD);
    call.method = 0xffff;
    ck_assert_int_eq(echo_dispatch(&echo, NULL, &call), ERR_WRONG_METHOD);
}
END_TEST

/* What a kernel object does with a call that completes later. */
START_TEST(late_results)
{
    uint64_t memory[8];
    struct server_call call = {.result = memory,
                               .result_size = sizeof(memory)};
    struct wire_message message;
    uint8_t *bytes;

    bytes = console_read_results_init_data(console_read_results_begin(&call),
                                           3);
    memcpy(bytes, "abc", 3);
    ck_assert_int_eq(server_finish(&call, 0), 0);
    ck_assert_uint_eq(call.result_len, 24);
    wire_message_init(&message, memory, call.result_len);
    ck_assert_uint_eq(console_read_results_get_data(
                          console_read_results_read(&message)).length, 3);
    timer_now_results_set_nanoseconds(timer_now_results_begin(&call), 77);
    ck_assert_int_eq(server_finish(&call, 0), 0);
    ck_assert_uint_eq(call.rwords[0], 77);
    ck_assert_uint_eq(call.result_len, 8);
    console_read_results_init_data(console_read_results_begin(&call), 100);
    ck_assert_int_eq(server_finish(&call, 0), ERR_TOO_LARGE);
    ck_assert_int_eq(server_finish(&call, ERR_CANCELLED), ERR_CANCELLED);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        inline_call, memory_call, exceptions,   shapes, capabilities,
        refusals,    late_results, NULL};

    return check_run("gen", tests);
}
