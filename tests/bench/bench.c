/*
 * bench - what the kernel's hot paths cost, in units of the time stamp counter.
 *
 * Under QEMU's instruction counter (-icount shift=0) one unit is one guest
 * instruction, so the figures are exact; elsewhere only ratios within one run
 * mean anything. Each figure is the least of several rounds, per operation, user
 * library included. The server is this program again, in another process.
 */
#include "capos.h"
#include "serve.h"
#include "spawn.h"

#include "capos.server.gen.h"

#define ROUNDS 8u
#define TIMES 256u
#define TEXT_BYTES_MAX 4096u

static uint64_t facet;
static char text[TEXT_BYTES_MAX];
static uint64_t memory[2 * TEXT_BYTES_MAX / 8 + 64];

static uint64_t stamp(void)
{
    return __builtin_ia32_rdtsc();
}

/* ----------------------------------------------------------------- the server */

static int32_t add(void *self, struct server_call *call,
                   struct echo_add_params_reader params,
                   struct echo_add_results_builder results)
{
    (void)self;
    (void)call;
    echo_add_results_set_sum(results, echo_add_params_get_a(params) +
                                          echo_add_params_get_b(params));
    return 0;
}

static int32_t reverse(void *self, struct server_call *call,
                       struct echo_reverse_params_reader params,
                       struct echo_reverse_results_builder results)
{
    (void)self;
    (void)call;
    (void)params;
    echo_reverse_results_set_text(results, WIRE_TEXT(""));
    return 0;
}

static int32_t handle(void *self, struct server_call *call)
{
    static const struct echo_server echo = {.add = add, .reverse = reverse};

    return echo_dispatch(&echo, self, call);
}

static int server(void)
{
    struct serve_options options = {.credits = 40, .slots = 4,
                                    .slot_bytes = 2 * TEXT_BYTES_MAX};
    int32_t status = capos_serve(capset_need("service",
                                             ENDPOINT_INTERFACE_ID),
                                 handle, NULL, &options);

    return con_fail("cannot serve", status);
}

/* ----------------------------------------------------------------- the client */

static void do_enter(uint32_t times)
{
    struct ring_client *client = ring_self();

    while (times--) {
        (void)client->gate(GATE_ENTER, 0, TIMEOUT_POLL);
    }
}

static void do_nops(uint32_t times, uint32_t batch)
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

static void do_nop_1(uint32_t times)
{
    do_nops(times, 1);
}

static void do_nop_32(uint32_t times)
{
    do_nops(times, 32);
}

static void do_call(uint32_t times)
{
    uint64_t sum;

    while (times--) {
        (void)echo_add(rt(), facet, times, 1, &sum);
    }
}

static void do_calls_32(uint32_t times)
{
    static struct rpc rpcs[32];

    for (; times >= 32; times -= 32) {
        for (uint32_t i = 0; i < 32; i++) {
            (void)echo_add_submit(rt(), &rpcs[i], facet, i, 1);
        }
        for (uint32_t i = 0; i < 32; i++) {
            (void)transport_await(rt(), &rpcs[i]);
        }
    }
}

static void do_text(uint32_t times, uint32_t bytes)
{
    struct echo_reverse_results_reader results;
    struct rpc_buffer buffer;

    while (times--) {
        rpc_buffer_init(&buffer, memory, sizeof(memory));
        (void)echo_reverse(rt(), facet, (struct wire_text){text, bytes},
                           &buffer, &results);
    }
}

static void do_text_80(uint32_t times)
{
    do_text(times, 79);
}

static void do_text_4096(uint32_t times)
{
    do_text(times, TEXT_BYTES_MAX - 1);
}

static void measure(const char *name, void (*operation)(uint32_t times))
{
    uint64_t least = UINT64_MAX;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t start = stamp();

        operation(TIMES);
        start = (stamp() - start) / TIMES;
        least = start < least ? start : least;
    }
    con_print("bench %-36s %8llu\n", name, (unsigned long long)least);
}

static int32_t start_server(void)
{
    static const char *const args[] = {"server"};
    struct spawn_grant grants[2] = {{.name = "service"}, {.name = "console"}};
    struct spawn spawn = {.program = "bench", .args = args, .arg_count = 1,
                          .grants = grants, .grant_count = 2};
    struct spawned spawned;
    int32_t status;

    status = endpoint_factory_create(
        rt(), capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID),
        &grants[0].cap);
    if (status >= 0) {
        status = endpoint_mint(rt(), grants[0].cap, 0, ECHO_INTERFACE_ID, 0,
                               &facet);
    }
    grants[1].cap = capset_need("console", CONSOLE_INTERFACE_ID);
    return status < 0 ? status : capos_spawn(&spawn, &spawned, NULL);
}

int main(int argc, char **argv)
{
    uint64_t sum;

    (void)argv;
    if (argc > 1) {
        return server();
    }
    if (start_server() < 0 || echo_add(rt(), facet, 1, 2, &sum) < 0) {
        return con_fail("the server did not start", ERR_DISCONNECTED);
    }
    for (uint32_t i = 0; i < TEXT_BYTES_MAX; i++) {
        text[i] = 'x';
    }
    measure("cap_enter(0, 0)", do_enter);
    measure("NOP, batch 1", do_nop_1);
    measure("NOP, batch 32", do_nop_32);
    measure("call + reply, 2 words", do_call);
    measure("32 in flight, per call + reply", do_calls_32);
    measure("params 80 B in memory", do_text_80);
    measure("params 4 KiB in memory", do_text_4096);
    return 0;
}
