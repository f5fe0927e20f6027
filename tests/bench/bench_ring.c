/* bench_ring.c - the gate and the ring, without anybody else. */
#include "bench.h"

#include "capos.h"

static void run_enter(uint32_t times)
{
    struct ring_client *client = ring_self();

    while (times--) {
        (void)client->gate(GATE_ENTER, 0, TIMEOUT_POLL);
    }
}

/* 256 do not fit into the usual ring: they go in as many entries as it takes. */
static void run_nops(uint32_t times, uint32_t batch)
{
    struct ring_client *client = ring_self();
    static struct rpc rpc;

    for (; times >= batch; times -= batch) {
        for (uint32_t i = 0; i < batch; i++) {
            (void)ring_nop(client, &rpc, 0);
        }
        (void)ring_poll(client);
    }
}

static void run_nop_1(uint32_t times)
{
    run_nops(times, 1);
}

static void run_nop_32(uint32_t times)
{
    run_nops(times, 32);
}

static void run_nop_256(uint32_t times)
{
    run_nops(times, 256);
}

const struct bench_row bench_ring_rows[] = {
    {.name = "enter", .text = "cap_enter(0, 0)",
     .run = run_enter},
    {.name = "nop-1", .text = "NOP per op, batch 1",
     .run = run_nop_1},
    {.name = "nop-32", .text = "NOP per op, batch 32",
     .run = run_nop_32},
    {.name = "nop-256", .text = "NOP per op, batch 256",
     .run = run_nop_256},
    {.name = NULL},
};
