/*
 * ring_client_test.c - the ring client against a gate that is a C function.
 *
 * The fake kernel consumes entries in order, keeps CALLs until the test says
 * how they end (in whatever order), completes the rest at once, and checks what
 * the real one would: indices, magic fields, a place for every completion.
 */
#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "fake_ring.h"
#include "ring_client.h"

enum { HELD = 64 };

static struct fake_ring ring;

/* What the fake kernel does and saw. */
static struct {
    struct sqe held[HELD]; /* CALLs and RECVs that wait */
    uint32_t held_count;
    struct sqe seen[HELD];
    uint32_t seen_count;
    uint32_t enters;
    uint32_t last_min;
    bool refuse; /* do not consume anything */
    bool broken; /* every enter fails */
    bool dropped; /* no RETURN's capabilities arrive */
    void (*on_wait)(void); /* called when somebody waits */
} kernel;

static struct ring_client client;

/* Ends the index-th held call; words[0] = 2 * its words[0]. */
static void end_held(uint32_t index, int32_t result)
{
    struct sqe *sqe = &kernel.held[index];
    struct cqe cqe = {.user_data = sqe->user_data, .result = result};

    ck_assert_uint_lt(index, kernel.held_count);
    cqe.words[0] = 2 * sqe->words[0];
    cqe.flags = RING_CQE_INLINE;
    fake_ring_post(&ring, &cqe);
    kernel.held_count--;
    memmove(sqe, sqe + 1, (kernel.held_count - index) * sizeof(*sqe));
}

static void end_first_held(void)
{
    end_held(0, 8);
}

static void consume(const struct sqe *sqe)
{
    kernel.seen[kernel.seen_count++ % HELD] = *sqe;
    switch (sqe->opcode) {
    case RING_CALL:
    case RING_RECV:
        kernel.held[kernel.held_count++] = *sqe;
        break;
    case RING_CANCEL:
        for (uint32_t i = 0; i < kernel.held_count; i++) {
            if (kernel.held[i].user_data == sqe->words[0]) {
                end_held(i, ERR_CANCELLED);
                break;
            }
        }
        fake_ring_complete(&ring, sqe->user_data, 0);
        break;
    case RING_RETURN:
        if (kernel.dropped) {
            fake_ring_complete(&ring, sqe->user_data, RING_RETURN_DROPPED);
        }
        break;
    default:
        if (!(sqe->flags & RING_QUIET)) {
            fake_ring_complete(&ring, sqe->user_data, 0);
        }
    }
}

static int64_t fake_gate(uint64_t number, uint64_t min, uint64_t timeout)
{
    const struct sqe *sqe;

    ck_assert_uint_eq(number, GATE_ENTER);
    kernel.enters++;
    kernel.last_min = (uint32_t)min;
    if (kernel.broken) {
        return ERR_BAD_RING;
    }
    while (!kernel.refuse && (sqe = fake_ring_consume(&ring)) != NULL) {
        consume(sqe);
    }
    while (fake_ring_available(&ring) < min) {
        if (kernel.on_wait == NULL) {
            ck_assert_uint_ne(timeout, TIMEOUT_NEVER);
            return ERR_TIMED_OUT;
        }
        kernel.on_wait();
    }
    return fake_ring_available(&ring);
}

static void setup(void)
{
    struct start_block block = fake_ring_init(&ring, fake_gate);

    memset(&kernel, 0, sizeof(kernel));
    ck_assert_int_eq(ring_client_init(&client, &block), 0);
}

static void setup_wrapping(void)
{
    setup();
    client.sq_tail = client.cq_head = UINT32_MAX - 2;
    client.sq_limit = client.sq_tail + FAKE_SQ;
    ring.kernel.sq_head = ring.kernel.cq_tail = UINT32_MAX - 2;
    ring.user.sq_tail = ring.user.cq_head = UINT32_MAX - 2;
}

static struct rpc inline_call(uint64_t word)
{
    return (struct rpc){
        .cap = 7,
        .method = 3,
        .flags = RING_INLINE | RING_RINLINE,
        .words = {word, 1, 2, 3},
    };
}

START_TEST(test_ring_init_refuses)
{
    struct start_block block = {.gate = (uintptr_t)fake_gate};

    setup();
    ck_assert_int_eq(ring_client_init(&client, &block), ERR_BAD_RING);
    block.ring = (uintptr_t)&ring;
    ring.header.version = 2;
    ck_assert_int_eq(ring_client_init(&client, &block), ERR_BAD_RING);
    ring.header.version = RING_VERSION;
    ring.header.magic++;
    ck_assert_int_eq(ring_client_init(&client, &block), ERR_BAD_RING);
}
END_TEST

START_TEST(test_ring_sync_call)
{
    struct rpc rpc = inline_call(21);

    setup();
    kernel.on_wait = end_first_held;
    ck_assert_int_eq(ring_submit(&client, &rpc), 0);
    ck_assert_uint_eq(kernel.enters, 0);
    ck_assert_int_eq(ring_await(&client, &rpc), 8);
    ck_assert_uint_eq(rpc.rwords[0], 42);
    ck_assert_uint_eq(kernel.enters, 1);
    ck_assert_uint_eq(kernel.seen[0].opcode, RING_CALL);
    ck_assert_uint_eq(kernel.seen[0].flags, RING_INLINE | RING_RINLINE);
    ck_assert_uint_eq(kernel.seen[0].method, 3);
    ck_assert_uint_eq(kernel.seen[0].cap, 7);
    ck_assert_uint_eq(kernel.seen[0].words[3], 3);
    ck_assert_uint_eq(kernel.seen[0].result, 0);
    ck_assert_uint_eq(kernel.seen[0].result_len, 0);
}
END_TEST

START_TEST(test_ring_call)
{
    uint64_t words[4] = {21, 1, 2, 3};

    setup_wrapping();
    kernel.on_wait = end_first_held;
    ck_assert_int_eq(ring_call(&client, 7, 3, words), 8);
    ck_assert_uint_eq(words[0], 42);
    ck_assert_uint_eq(words[1], 0);
    ck_assert_uint_eq(kernel.enters, 1);
    ck_assert_uint_eq(kernel.seen[0].opcode, RING_CALL);
    ck_assert_uint_eq(kernel.seen[0].flags, RING_INLINE | RING_RINLINE);
    ck_assert_uint_eq(kernel.seen[0].method, 3);
    ck_assert_uint_eq(kernel.seen[0].cap, 7);
    ck_assert_uint_eq(kernel.seen[0].words[3], 3);
    ck_assert_uint_eq(kernel.seen[0].result, 0);
    ck_assert_uint_eq(kernel.seen[0].result_len, 0);
    ck_assert_uint_eq(client.available, 0);
    ck_assert_uint_eq(client.cq_head, ring.kernel.cq_tail);
    kernel.broken = true;
    ck_assert_int_eq(ring_call(&client, 7, 3, words), ERR_BAD_RING);
}
END_TEST

static void end_last_two(void)
{
    end_held(kernel.held_count - 1, ERR_CANCELLED);
    end_held(kernel.held_count - 1, 8);
}

/* Beside others in flight: which end before it, with it, and are known to have. */
START_TEST(test_ring_call_among)
{
    struct rpc first = inline_call(1);
    struct rpc second = inline_call(2);
    uint64_t words[4] = {5, 0, 0, 0};

    setup_wrapping();
    ck_assert_int_eq(ring_submit(&client, &first), 0);
    ck_assert_int_eq(ring_submit(&client, &second), 0);
    kernel.on_wait = end_first_held;
    ck_assert_int_eq(ring_call(&client, 7, 3, words), 8);
    ck_assert_uint_eq(words[0], 10);
    ck_assert(first.done && second.done);
    ck_assert_uint_eq(second.rwords[0], 4);

    ck_assert_int_eq(ring_submit(&client, &first), 0);
    kernel.on_wait = end_last_two;
    ck_assert_int_eq(ring_call(&client, 7, 3, words), ERR_CANCELLED);
    ck_assert(first.done);
    ck_assert_int_eq(first.status, 8);

    ck_assert_int_eq(ring_submit(&client, &first), 0);
    ck_assert_int_eq(ring_enter(&client, 0, TIMEOUT_POLL), 0);
    end_held(0, 8);
    ck_assert_int_eq(ring_enter(&client, 0, TIMEOUT_POLL), 1);
    kernel.on_wait = end_first_held;
    words[0] = 6;
    ck_assert_int_eq(ring_call(&client, 7, 3, words), 8);
    ck_assert_uint_eq(words[0], 12);
    ck_assert(first.done);
}
END_TEST

START_TEST(test_ring_memory_call)
{
    uint64_t params[4] = {0};
    uint64_t result[8] = {0};
    struct rpc rpc = {
        .cap = 7,
        .method = 1,
        .params = params,
        .params_len = sizeof(params),
        .result = result,
        .result_size = sizeof(result),
    };

    setup();
    memset(ring.sqes, 0xff, sizeof(ring.sqes));
    kernel.on_wait = end_first_held;
    ck_assert_int_eq(ring_submit(&client, &rpc), 0);
    ck_assert_int_eq(ring_await(&client, &rpc), 8);
    ck_assert_uint_eq(kernel.seen[0].memory.params, (uintptr_t)params);
    ck_assert_uint_eq(kernel.seen[0].memory.params_len, sizeof(params));
    ck_assert_uint_eq(kernel.seen[0].memory.ncaps, 0);
    ck_assert_uint_eq(kernel.seen[0].memory.xfers, 0);
    ck_assert_uint_eq(kernel.seen[0].memory.reserved, 0);
    ck_assert_uint_eq(kernel.seen[0].result, (uintptr_t)result);
    ck_assert_uint_eq(kernel.seen[0].result_len, sizeof(result));
}
END_TEST

static int callbacks;

static void count_callback(struct rpc *rpc)
{
    ck_assert(rpc->done);
    ck_assert_ptr_eq(rpc->context, &callbacks);
    callbacks++;
}

START_TEST(test_ring_out_of_order)
{
    struct rpc rpcs[3] = {inline_call(1), inline_call(2), inline_call(3)};

    setup_wrapping();
    callbacks = 0;
    for (int i = 0; i < 3; i++) {
        rpcs[i].complete = count_callback;
        rpcs[i].context = &callbacks;
        ck_assert_int_eq(ring_submit(&client, &rpcs[i]), 0);
    }
    ck_assert_int_eq(ring_poll(&client), 0);
    end_held(2, 8);
    end_held(0, 8);
    ck_assert_int_eq(ring_poll(&client), 2);
    ck_assert(rpcs[2].done && rpcs[0].done && !rpcs[1].done);
    ck_assert_uint_eq(rpcs[2].rwords[0], 6);
    ck_assert_uint_eq(rpcs[0].rwords[0], 2);
    ck_assert_int_eq(callbacks, 2);
    kernel.on_wait = end_first_held;
    ck_assert_int_eq(ring_await(&client, &rpcs[1]), 8);
    ck_assert_int_eq(callbacks, 3);
}
END_TEST

static struct rpc inner;

/* A callback that makes a synchronous call of its own. */
static void nesting_callback(struct rpc *rpc)
{
    (void)rpc;
    inner = inline_call(50);
    ck_assert_int_eq(ring_submit(&client, &inner), 0);
    ck_assert_int_eq(ring_await(&client, &inner), 8);
}

START_TEST(test_ring_callback_calls)
{
    struct rpc first = inline_call(1);
    struct rpc second = inline_call(2);

    setup_wrapping();
    first.complete = nesting_callback;
    ck_assert_int_eq(ring_submit(&client, &first), 0);
    ck_assert_int_eq(ring_submit(&client, &second), 0);
    ring_poll(&client);
    end_held(0, 8);
    end_held(0, 8);
    kernel.on_wait = end_first_held;
    ck_assert_int_eq(ring_await(&client, &second), 8);
    ck_assert(first.done && second.done && inner.done);
    ck_assert_uint_eq(inner.rwords[0], 100);
    ck_assert_uint_eq(second.rwords[0], 4);
    ck_assert_uint_eq(client.available, 0);
    ck_assert_uint_eq(client.cq_head, ring.kernel.cq_tail);
}
END_TEST

START_TEST(test_ring_full_drains)
{
    setup();
    for (int i = 0; i < 5 * FAKE_SQ; i++) {
        ck_assert_int_eq(ring_release(&client, NULL, 100 + (uint64_t)i), 0);
    }
    ring_poll(&client);
    ck_assert_uint_eq(kernel.seen_count, 5 * FAKE_SQ);
    for (uint32_t i = 0; i < 5 * FAKE_SQ; i++) {
        ck_assert_uint_eq(kernel.seen[i].opcode, RING_RELEASE);
        ck_assert_uint_eq(kernel.seen[i].flags, RING_QUIET);
        ck_assert_uint_eq(kernel.seen[i].cap, 100 + i);
    }
}
END_TEST

START_TEST(test_ring_no_place)
{
    struct rpc rpc = inline_call(1);

    setup();
    kernel.refuse = true;
    for (int i = 0; i < FAKE_SQ; i++) {
        ck_assert_int_eq(ring_release(&client, NULL, 1), 0);
    }
    ck_assert_int_eq(ring_submit(&client, &rpc), ERR_OVERLOADED);
    kernel.refuse = false;
    ck_assert_int_eq(ring_submit(&client, &rpc), 0);
}
END_TEST

START_TEST(test_ring_timeout_and_cancel)
{
    struct rpc rpc = inline_call(1);

    setup();
    ring_submit(&client, &rpc);
    ck_assert_int_eq(ring_await_timeout(&client, &rpc, 1000), ERR_TIMED_OUT);
    ck_assert_int_eq(ring_await_timeout(&client, &rpc, TIMEOUT_POLL),
                     ERR_TIMED_OUT);
    ck_assert(!rpc.done);
    ck_assert_int_eq(ring_cancel(&client, &rpc), 0);
    ck_assert(rpc.done);
    ck_assert_int_eq(rpc.status, ERR_CANCELLED);
}
END_TEST

START_TEST(test_ring_broken)
{
    struct rpc rpc = inline_call(1);

    setup();
    kernel.broken = true;
    ring_submit(&client, &rpc);
    ck_assert_int_eq(ring_await(&client, &rpc), ERR_BAD_RING);
    ck_assert_int_eq(ring_poll(&client), ERR_BAD_RING);
    ck_assert_int_eq(ring_wait(&client, 5), ERR_BAD_RING);
    ck_assert_int_eq(ring_cancel(&client, &rpc), ERR_BAD_RING);
}
END_TEST

static struct cqe queue[2];
static struct ring_receiver receiver = {.queue = queue, .mask = 1};

static void deliver_and_end(void)
{
    struct cqe call = {
        .user_data = (uintptr_t)&receiver,
        .kind = RING_CQE_CALL,
        .call_id = 99,
        .tag = 5,
    };

    fake_ring_post(&ring, &call);
    end_held(1, 8);
}

START_TEST(test_ring_delivery_is_kept)
{
    struct rpc rpc = inline_call(4);
    struct ring_recv recv = {.endpoint = 11, .slot_bytes = 128, .slots = 2,
                             .credits = 2};
    struct ring_reply reply = {.flags = RING_INLINE, .words = {1, 2, 3, 4}};

    setup();
    ck_assert_int_eq(ring_recv(&client, &receiver, &recv), 0);
    ck_assert_int_eq(ring_submit(&client, &rpc), 0);
    kernel.on_wait = deliver_and_end;
    ck_assert_int_eq(ring_await(&client, &rpc), 8);
    ck_assert_uint_eq(receiver.tail - receiver.head, 1);
    ck_assert_uint_eq(queue[0].call_id, 99);
    ck_assert_int_eq(ring_return(&client, 99, &reply), 0);
    ring_poll(&client);
    ck_assert_uint_eq(kernel.seen[0].recv.credits, 2);
    ck_assert_uint_eq(kernel.seen[2].opcode, RING_RETURN);
    ck_assert_uint_eq(kernel.seen[2].cap, 99);
    ck_assert_uint_eq(kernel.seen[2].words[3], 4);
}
END_TEST

/* What a RETURN says that ended its call is heard, by who wants to hear. */
START_TEST(test_ring_return_dropped)
{
    struct rpc failed = {.complete = NULL};
    struct ring_reply reply = {.bytes = 0};

    setup();
    kernel.dropped = true;
    ck_assert_int_eq(ring_return(&client, 99, &reply), 0);
    ck_assert_int_eq(ring_poll(&client), 1);
    ck_assert_uint_eq(client.available, 0);
    reply.failed = &failed;
    ck_assert_int_eq(ring_return(&client, 99, &reply), 0);
    ck_assert(!failed.done);
    ck_assert_int_eq(ring_await(&client, &failed), RING_RETURN_DROPPED);
    kernel.dropped = false;
    ck_assert_int_eq(ring_return(&client, 99, &reply), 0);
    ck_assert_int_eq(ring_poll(&client), 0);
    ck_assert(!failed.done);
}
END_TEST

START_TEST(test_ring_nop)
{
    struct rpc rpc = {0};

    setup();
    ck_assert_int_eq(ring_nop(&client, &rpc, 0), 0);
    ck_assert_int_eq(ring_await(&client, &rpc), 0);
    ring_yield(&client);
    ck_assert_uint_eq(kernel.seen[1].flags, RING_YIELD | RING_QUIET);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_ring_init_refuses,  test_ring_sync_call,
        test_ring_call,          test_ring_call_among,
        test_ring_memory_call,   test_ring_out_of_order,
        test_ring_callback_calls, test_ring_full_drains,
        test_ring_no_place,      test_ring_timeout_and_cancel,
        test_ring_broken,        test_ring_delivery_is_kept,
        test_ring_return_dropped, test_ring_nop,
        NULL,
    };

    return check_run("ring_client", tests);
}
