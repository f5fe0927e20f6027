/*
 * serve_return_test.c - results with capabilities, against a gate that is a C
 * function: what a service does with those that did not arrive.
 */
#include <stdbool.h>

#include "check_run.h"
#include "fake_ring.h"
#include "process.h"
#include "serve_reply.h"

/* What start.c is in a program; nothing here comes to it. */
const struct start_block *process_start(void)
{
    abort();
}

_Noreturn void process_exit(int64_t code)
{
    (void)code;
    abort();
}

enum { CALL_ID = 99, KEPT = 1, GIVEN = 2, CAPS = MESSAGE_CAPS_MAX };

static struct fake_ring ring;
static struct ring_client client;

/* What the fake kernel does and saw. */
static struct {
    int32_t answer; /* to a RETURN with capabilities; 0: none, as success */
    struct ring_xfer xfers[CAPS]; /* its descriptors */
    uint32_t returns;
    struct sqe last; /* RETURN */
    uint64_t released[CAPS];
    uint32_t releases;
} kernel;

static void consume_return(const struct sqe *sqe)
{
    uint32_t ncaps = sqe->memory.ncaps;

    ck_assert_uint_eq(sqe->cap, CALL_ID);
    kernel.returns++;
    kernel.last = *sqe;
    if (ncaps == 0) {
        return;
    }
    ck_assert_uint_le(ncaps, CAPS);
    memcpy(kernel.xfers, (const void *)(uintptr_t)sqe->memory.xfers,
           ncaps * sizeof(kernel.xfers[0]));
    if (kernel.answer != 0) {
        ck_assert_uint_ne(sqe->user_data, 0);
        fake_ring_complete(&ring, sqe->user_data, kernel.answer);
    }
}

static int64_t fake_gate(uint64_t number, uint64_t min, uint64_t timeout)
{
    const struct sqe *sqe;

    (void)timeout;
    ck_assert_uint_eq(number, GATE_ENTER);
    while ((sqe = fake_ring_consume(&ring)) != NULL) {
        if (sqe->opcode == RING_RETURN) {
            consume_return(sqe);
            continue;
        }
        ck_assert_uint_eq(sqe->opcode, RING_RELEASE);
        ck_assert_uint_lt(kernel.releases, CAPS);
        kernel.released[kernel.releases++] = sqe->cap;
    }
    ck_assert_uint_ge(fake_ring_available(&ring), min);
    return fake_ring_available(&ring);
}

/* Returns a result with these capabilities, and how the kernel answers that. */
static int32_t give(const uint64_t *caps, uint32_t count, uint32_t moved,
                    int32_t answer)
{
    static const uint64_t result[2];
    struct start_block block = fake_ring_init(&ring, fake_gate);
    struct server_call call = {
        .call_id = CALL_ID,
        .result = (void *)(uintptr_t)result,
        .result_len = sizeof(result),
        .ncaps = count,
        .moved = moved,
    };
    int32_t status;

    memset(&kernel, 0, sizeof(kernel));
    memcpy(call.caps, caps, count * sizeof(caps[0]));
    kernel.answer = answer;
    ck_assert_int_eq(ring_client_init(&client, &block), 0);
    status = serve_return_memory(&client, &call, 0);
    /* The descriptors lay on a stack that is left: they were read. */
    ck_assert_uint_ge(kernel.returns, 1);
    ring_poll(&client);
    return status;
}

static const uint64_t two[] = {KEPT, GIVEN};

START_TEST(test_return_arrives)
{
    ck_assert_int_eq(give(two, 2, 1u << 1, 0), 0);
    ck_assert_uint_eq(kernel.returns, 1);
    ck_assert_uint_eq(kernel.last.memory.ncaps, 2);
    ck_assert_uint_eq(kernel.xfers[0].cap, KEPT);
    ck_assert_uint_eq(kernel.xfers[0].mode, RING_XFER_COPY);
    ck_assert_uint_eq(kernel.xfers[1].cap, GIVEN);
    ck_assert_uint_eq(kernel.xfers[1].mode, RING_XFER_MOVE);
    ck_assert_uint_eq(kernel.releases, 0);
}
END_TEST

/* The call has ended: what was to be moved goes, what was to be copied stays. */
START_TEST(test_return_dropped)
{
    const int32_t ends[] = {RING_RETURN_DROPPED, ERR_CALL_GONE};

    for (uint32_t i = 0; i < 2; i++) {
        ck_assert_int_eq(give(two, 2, 1u << 1, ends[i]), 0);
        ck_assert_uint_eq(kernel.returns, 1);
        ck_assert_uint_eq(kernel.releases, 1);
        ck_assert_uint_eq(kernel.released[0], GIVEN);
    }
}
END_TEST

/* More than the ring has places for: the rest waits for one. */
START_TEST(test_return_dropped_many)
{
    uint64_t caps[CAPS];

    _Static_assert((int)CAPS > (int)FAKE_SQ, "more than places");
    for (uint32_t i = 0; i < CAPS; i++) {
        caps[i] = 10 + i;
    }
    ck_assert_int_eq(
        give(caps, CAPS, (1u << CAPS) - 1, RING_RETURN_DROPPED), 0);
    ck_assert_uint_eq(kernel.returns, 1);
    ck_assert_uint_eq(kernel.releases, CAPS);
    for (uint32_t i = 0; i < CAPS; i++) {
        ck_assert_uint_eq(kernel.released[i], 10 + i);
    }
}
END_TEST

/* The service had no such right: the call is there still, and its caller told. */
START_TEST(test_return_refused)
{
    ck_assert_int_eq(give(two, 2, 1u << 1, ERR_NOT_TRANSFERABLE), 0);
    ck_assert_uint_eq(kernel.returns, 2);
    ck_assert_uint_eq(kernel.last.flags, RING_EXCEPTION);
    ck_assert_int_eq((int32_t)kernel.last.result_len, ERR_NOT_TRANSFERABLE);
    ck_assert_uint_eq(kernel.last.memory.ncaps, 0);
    ck_assert_uint_eq(kernel.releases, 1);
    ck_assert_uint_eq(kernel.released[0], GIVEN);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_return_arrives,
        test_return_dropped,
        test_return_dropped_many,
        test_return_refused,
        NULL,
    };

    return check_run("serve_return", tests);
}
