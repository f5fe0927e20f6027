/*
 * bench_cap.c - capabilities that are passed on, and taken back.
 *
 * Holders of a revocable capability are the places in the server's table into
 * which it was copied.
 */
#include "bench.h"

#include "capos.h"

#define HOLDERS_FEW 10u
#define HOLDERS_SPARE 64u /* beside those: what a process is born with */

static uint32_t holders;
static uint64_t revoker;
static uint64_t lent;

static uint64_t memory[16];
static uint32_t memory_used;

/* Makes the message that give sends again and again. */
static int32_t message_make(bool keep)
{
    struct rpc_buffer buffer;
    struct bench_give_params_builder params;
    int32_t status;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    params.s = rpc_buffer_begin(&buffer, BENCH_GIVE_PARAMS_DATA_WORDS,
                                BENCH_GIVE_PARAMS_POINTERS);
    bench_give_params_set_cap(params, 0);
    bench_give_params_set_keep(params, keep);
    status = wire_builder_bytes(&buffer.builder);
    memory_used = (uint32_t)status;
    return status;
}

/* The server gets a copy. */
static int32_t give(uint64_t cap)
{
    const struct ring_xfer xfer = xfer_copy(cap);
    const struct rpc_message message = {
        .params = memory, .params_len = memory_used,
        .xfers = &xfer, .nxfers = 1};
    uint64_t words[4];

    return transport_call_message(rt(), bench_facet, BENCH_METHOD_GIVE,
                                  &message, words);
}

/* ----------------------------------------------------------- copied, released */

static int32_t begin_copy(void)
{
    int32_t status = bench_begin(0);

    return status < 0 ? status : message_make(false);
}

static void run_copy(uint32_t times)
{
    const uint64_t cap = capset_need("console", CONSOLE_INTERFACE_ID);

    while (times--) {
        (void)give(cap);
    }
}

/* ------------------------------------------------------------------- revoked */

static void lend_end(void)
{
    (void)bench_drop(rt(), bench_facet);
    cap_release(lent);
    cap_release(revoker);
    lent = CAP_NONE;
    revoker = CAP_NONE;
}

/* A new revoker, with as many holders below it. */
static int32_t lend(void)
{
    int32_t status;

    lend_end();
    status = revoker_factory_create(
        rt(), capset_need("revokers", REVOKER_FACTORY_INTERFACE_ID), &revoker);
    if (status >= 0) {
        status = revoker_attach(
            rt(), revoker,
            xfer_copy(capset_need("console", CONSOLE_INTERFACE_ID)), &lent);
    }
    for (uint32_t i = 0; i < holders && status >= 0; i++) {
        status = give(lent);
    }
    return status;
}

static int32_t begin_holders(uint32_t count)
{
    int32_t status = bench_begin(count + HOLDERS_SPARE);

    holders = count;
    return status < 0 ? status : message_make(true);
}

static int32_t begin_few(void)
{
    return begin_holders(HOLDERS_FEW);
}

static int32_t begin_many(void)
{
    return begin_holders(BENCH_HOLDERS_MAX);
}

static void run_revoke(uint32_t times)
{
    (void)times; /* once: it is used up */
    (void)revoker_revoke(rt(), revoker);
}

static void end_holders(void)
{
    lend_end();
    bench_end();
}

const struct bench_row bench_cap_rows[] = {
    {.name = "cap-copy", .text = "one capability copied, then released",
     .run = run_copy, .begin = begin_copy, .end = bench_end},
    {.name = "revoke-10", .text = "revoke with 10 holders",
     .run = run_revoke, .begin = begin_few, .end = end_holders,
     .prepare = lend, .times = 1},
    {.name = "revoke-10000", .text = "revoke with 10,000 holders",
     .run = run_revoke, .begin = begin_many, .end = end_holders,
     .prepare = lend, .times = 1},
    {.name = NULL},
};
