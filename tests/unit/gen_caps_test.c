/*
 * gen_caps_test.c - generated clients and servers whose params bring capabilities.
 *
 * The transport is a function call that does what a carrier has to: descriptors
 * become CapIds of the receiver, and results carry CapIds back. A capability
 * arrives with another number than it had.
 */
#include <string.h>

#include "capos.gen.h"
#include "check_run.h"
#include "errors.h"
#include "capnp/server.h"
#include "transport.h"

#define ARRIVED 1000u /* what is added to a CapId on its way */

static int32_t transport_submit(struct transport *t, struct rpc *rpc)
{
    return t->submit(t, rpc);
}

static int32_t transport_await(struct transport *t, struct rpc *rpc)
{
    return t->await(t, rpc);
}

/* Calls without a message bring no capabilities: none is made here. */
static int32_t transport_call(struct transport *t, uint64_t cap,
                              uint16_t method, uint64_t words[4])
{
    (void)t, (void)cap, (void)method, (void)words;
    return ERR_WRONG_FORM;
}

#include "capos.client.gen.h"
#include "capos.server.gen.h"

/* ------------------------------------------------------------ the transport */

static struct {
    struct ring_xfer xfers[MESSAGE_CAPS_MAX]; /* as the last call brought them */
    uint32_t count;
    uint32_t taken; /* by the server */
    uint32_t moved; /* of its results */
    int32_t (*serve)(struct server_call *call);
} carried;

static void carry_params(struct server_call *call, const struct rpc *rpc,
                         uint64_t caps[MESSAGE_CAPS_MAX])
{
    carried.count = rpc->flags & RING_INLINE ? 0 : rpc->nxfers;
    for (uint32_t i = 0; i < carried.count; i++) {
        carried.xfers[i] = rpc->xfers[i];
        caps[i] = rpc->xfers[i].cap + ARRIVED;
    }
    memcpy(call->words, rpc->words, sizeof(call->words));
    call->params = rpc->params;
    call->params_len = rpc->params_len;
    call->param_caps = caps;
    call->param_ncaps = carried.count;
}

static int32_t carry(struct transport *transport, struct rpc *rpc)
{
    uint64_t caps[MESSAGE_CAPS_MAX];
    struct server_call call = {.method = rpc->method,
                               .flags = rpc->flags,
                               .result = rpc->result,
                               .result_size = rpc->result_size};

    (void)transport;
    carry_params(&call, rpc, caps);
    rpc->status = carried.serve(&call);
    carried.taken = call.taken;
    carried.moved = call.moved;
    if (rpc->status == 0) {
        memcpy(rpc->rwords, call.rwords, sizeof(rpc->rwords));
        if (call.ncaps) {
            memcpy((char *)rpc->result + call.result_len, call.caps,
                   8 * call.ncaps);
        }
        rpc->ncaps = (uint8_t)call.ncaps;
        rpc->status = (int32_t)call.result_len;
    }
    rpc->done = true;
    return 0;
}

static int32_t carried_status(struct transport *transport, struct rpc *rpc)
{
    (void)transport;
    return rpc->status;
}

static struct transport transport = {carry, carried_status};
static struct transport *const t = &transport;

/* ------------------------------------------------------------------ servers */

static uint64_t kept;

static int32_t locker_put_handler(void *self, struct server_call *call,
                                  struct locker_put_params_reader params,
                                  struct locker_put_results_builder results)
{
    (void)self;
    kept = server_take_cap(call, locker_put_params_get_cap(params));
    locker_put_results_set_number(results, 7);
    locker_put_results_set_kept(results, kept != 0);
    return 0;
}

static int32_t locker_take_handler(void *self, struct server_call *call,
                                   struct locker_take_params_reader params,
                                   struct locker_take_results_builder results)
{
    (void)self;
    (void)params;
    locker_take_results_set_cap(results, server_move_cap(call, kept));
    return 0;
}

/* Takes only the second one. */
static int32_t locker_swap_handler(void *self, struct server_call *call,
                                   struct locker_swap_params_reader params,
                                   struct locker_swap_results_builder results)
{
    uint64_t second =
        server_take_cap(call, locker_swap_params_get_second(params));

    (void)self;
    locker_swap_results_set_first(results, server_move_cap(call, second));
    locker_swap_results_set_second(
        results,
        server_add_cap(call, locker_swap_params_has_first(params) ? 5 : 0));
    return 0;
}

static const struct locker_server locker = {
    .put = locker_put_handler,
    .take = locker_take_handler,
    .swap = locker_swap_handler,
};

static int32_t serve_locker(struct server_call *call)
{
    return locker_dispatch(&locker, NULL, call);
}

static int32_t deputy_work_handler(void *self, struct server_call *call,
                                   struct deputy_work_params_reader params,
                                   struct deputy_work_results_builder results)
{
    (void)self;
    deputy_work_results_set_total(
        results, server_take_cap(call, deputy_work_params_get_output(params)) +
                     deputy_work_params_get_amount(params));
    return 0;
}

static const struct deputy_server deputy = {.work = deputy_work_handler};

static int32_t serve_deputy(struct server_call *call)
{
    return deputy_dispatch(&deputy, NULL, call);
}

/* -------------------------------------------------------------------- tests */

START_TEST(passed)
{
    uint32_t number = 0;
    uint32_t count = 0;

    carried.serve = serve_locker;
    ck_assert_int_eq(locker_put(t, 9, xfer_copy(33), &number, &count), 0);
    ck_assert_uint_eq(number, 7);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(kept, 33 + ARRIVED);
    ck_assert_uint_eq(carried.count, 1);
    ck_assert_uint_eq(carried.xfers[0].cap, 33);
    ck_assert_uint_eq(carried.xfers[0].mode, RING_XFER_COPY);
    ck_assert_uint_eq(carried.xfers[0].flags, 0);
    ck_assert_uint_eq(carried.taken, 1);
}
END_TEST

/* How it travels is the caller's word, and reaches the carrier as it is. */
START_TEST(modes)
{
    struct ring_xfer narrowed = xfer_move(44);

    narrowed.flags = RING_XFER_NON_TRANSFERABLE;
    carried.serve = serve_locker;
    ck_assert_int_eq(locker_put(t, 9, narrowed, NULL, NULL), 0);
    ck_assert_uint_eq(carried.xfers[0].mode, RING_XFER_MOVE);
    ck_assert_uint_eq(carried.xfers[0].flags, RING_XFER_NON_TRANSFERABLE);
}
END_TEST

/* No capability is a null pointer, and takes no descriptor. */
START_TEST(none)
{
    uint64_t first = 1;
    uint64_t second = 1;
    uint32_t count = 5;

    carried.serve = serve_locker;
    ck_assert_int_eq(locker_put(t, 9, xfer_copy(0), NULL, &count), 0);
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(kept, 0);
    ck_assert_uint_eq(carried.count, 0);
    ck_assert_int_eq(locker_swap(t, 9, xfer_copy(0), xfer_copy(2), &first,
                                 &second), 0);
    ck_assert_uint_eq(carried.count, 1);
    ck_assert_uint_eq(carried.taken, 1);
    ck_assert_uint_eq(first, 2 + ARRIVED);
    ck_assert_uint_eq(second, 0);
}
END_TEST

/* Each field has its own index; what is not taken can be told. */
START_TEST(two)
{
    uint64_t first = 0;
    uint64_t second = 0;

    carried.serve = serve_locker;
    ck_assert_int_eq(locker_swap(t, 9, xfer_move(21), xfer_copy(22), &first,
                                 &second), 0);
    ck_assert_uint_eq(carried.count, 2);
    ck_assert_uint_eq(carried.xfers[0].cap, 21);
    ck_assert_uint_eq(carried.xfers[0].mode, RING_XFER_MOVE);
    ck_assert_uint_eq(carried.xfers[1].cap, 22);
    ck_assert_uint_eq(carried.xfers[1].mode, RING_XFER_COPY);
    ck_assert_uint_eq(carried.taken, 2);
    ck_assert_uint_eq(carried.moved, 1);
    ck_assert_uint_eq(first, 22 + ARRIVED);
    ck_assert_uint_eq(second, 5);
}
END_TEST

START_TEST(beside_data)
{
    uint64_t total = 0;

    carried.serve = serve_deputy;
    ck_assert_int_eq(deputy_work(t, 9, xfer_copy(3), 40, &total), 0);
    ck_assert_uint_eq(total, 3 + ARRIVED + 40);
}
END_TEST

/* A buffer can be used again: what went with one call does not with the next. */
START_TEST(again)
{
    uint64_t memory[64];
    struct rpc_buffer buffer;
    struct rpc rpc = {0};
    uint64_t cap = 0;

    carried.serve = serve_locker;
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    ck_assert_int_eq(locker_swap_submit(t, &rpc, 9, xfer_copy(1), xfer_copy(2),
                                        &buffer), 0);
    ck_assert_uint_eq(carried.count, 2);
    ck_assert_int_eq(locker_put_submit(t, &rpc, 9, xfer_copy(6), &buffer), 0);
    ck_assert_uint_eq(carried.count, 1);
    ck_assert_uint_eq(carried.xfers[0].cap, 6);
    ck_assert_int_eq(locker_take(t, 9, 7, &cap), 0);
    ck_assert_uint_eq(carried.count, 0);
    ck_assert_uint_eq(cap, 6 + ARRIVED);
    ck_assert_uint_eq(carried.moved, 1);
}
END_TEST

START_TEST(too_many)
{
    uint64_t memory[64];
    struct rpc_buffer buffer;
    struct rpc rpc = {0};

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    (void)rpc_buffer_begin(&buffer, 0, 1);
    for (uint32_t i = 0; i < MESSAGE_CAPS_MAX; i++) {
        ck_assert_uint_eq(rpc_buffer_pass(&buffer, xfer_copy(i + 1)), i);
    }
    ck_assert_int_eq(rpc_buffer_params(&buffer, &rpc), 0);
    ck_assert_uint_eq(rpc.nxfers, MESSAGE_CAPS_MAX);
    ck_assert_uint_eq(rpc_buffer_pass(&buffer, xfer_copy(99)), WIRE_NO_CAP);
    ck_assert_int_eq(rpc_buffer_params(&buffer, &rpc), ERR_TOO_LARGE);
    rpc_buffer_init(&buffer, memory, 8);
    ck_assert_int_eq(locker_put_submit(t, &rpc, 9, xfer_copy(1), &buffer),
                     ERR_TOO_LARGE);
}
END_TEST

/* Params that name a capability which did not come along name none. */
START_TEST(hostile)
{
    uint64_t params[16];
    uint64_t results[16];
    const uint64_t came[] = {77};
    struct wire_builder builder;
    struct server_call call = {.method = LOCKER_METHOD_PUT,
                               .flags = LOCKER_PUT_FLAGS,
                               .params = params,
                               .result = results,
                               .result_size = sizeof(results),
                               .param_caps = came,
                               .param_ncaps = 1};

    for (uint32_t index = 0; index < 40; index++) {
        wire_builder_init(&builder, params, sizeof(params));
        locker_put_params_set_cap(locker_put_params_build(&builder), index);
        call.params_len = (uint32_t)wire_builder_bytes(&builder);
        call.taken = 0;
        ck_assert_int_eq(locker_dispatch(&locker, NULL, &call), 0);
        ck_assert_uint_eq(kept, index == 0 ? 77 : 0);
        ck_assert_uint_eq(call.taken, index == 0);
        call.flags = LOCKER_PUT_FLAGS;
    }
    ck_assert_uint_eq(server_take_cap(&call, WIRE_NO_CAP), 0);
    call.flags = RING_INLINE;
    ck_assert_uint_eq(server_take_cap(&call, 0), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {passed,      modes, none,     two,
                                  beside_data, again, too_many, hostile,
                                  NULL};

    return check_run("gen_caps", tests);
}
