/*
 * greed.c - taking, kind by kind; and a sequence of takings that is the same each
 * time (greed.h).
 */
#include "greed.h"

#include "capos.h"
#include "spawn.h"
#include "start.h"

#define NAP_NS 5000ull    /* so that it asks often while its neighbour lives */
#define PAUSE_NS 20000ull /* of the neighbour, which others can use */
#define HELD 12u

/* A call whose outcome is looked at more closely than a client does. */
struct ask {
    struct rpc rpc;
    struct rpc_buffer buffer;
    uint64_t memory[96];
};

static void ask_init(struct ask *ask)
{
    ask->rpc = (struct rpc){.complete = NULL};
    rpc_buffer_init(&ask->buffer, ask->memory, sizeof(ask->memory));
}

/* The error that says most: an exception has it as its detail. */
static int32_t outcome(struct rpc *rpc, int32_t status)
{
    if (status >= 0) {
        status = transport_await(rt(), rpc);
    }
    return status == ERR_EXCEPTION || status == ERR_EXCEPTION_TRUNCATED
               ? (int32_t)rpc->rwords[1]
               : status;
}

static int32_t take_pages(uint32_t pages, uint64_t *cap)
{
    struct ask ask;
    int32_t status;

    ask_init(&ask);
    status = frame_allocator_allocate_submit(
        rt(), &ask.rpc, capset_need("frames", 0), pages, &ask.buffer);
    status = outcome(&ask.rpc, status);
    return status < 0 ? status
                      : frame_allocator_allocate_finish(&ask.rpc, cap);
}

static int32_t take_addresses(uint32_t pages, enum protection protection,
                              uint64_t *address)
{
    struct rpc rpc = {.complete = NULL};
    int32_t status = outcome(
        &rpc, virtual_memory_map_submit(rt(), &rpc,
                                        capset_need("self-memory", 0), 0,
                                        pages, protection));

    return status < 0 ? status : virtual_memory_map_finish(&rpc, address);
}

static int32_t take_object(uint64_t *cap)
{
    struct ask ask;
    int32_t status;

    ask_init(&ask);
    status = notification_factory_create_submit(
        rt(), &ask.rpc, capset_need("notifications", 0), &ask.buffer);
    status = outcome(&ask.rpc, status);
    return status < 0 ? status
                      : notification_factory_create_finish(&ask.rpc, cap);
}

/* What a thread does that is only there. */
static void stay(const struct start_block *block)
{
    int64_t (*gate)(uint64_t, uint64_t, uint64_t) =
        (int64_t (*)(uint64_t, uint64_t, uint64_t))(uintptr_t)block->gate;

    for (;;) {
        gate(0, 1, UINT64_MAX);
    }
}

static int32_t take_thread(uint64_t *cap)
{
    struct ask ask;
    struct thread_control_create_params_builder params;
    uint64_t stack = 0;
    int32_t status = take_addresses(1, PROTECTION_READ_WRITE, &stack);

    if (status < 0) {
        return status;
    }
    ask_init(&ask);
    params = thread_control_create_begin(&ask.buffer);
    thread_control_create_params_set_entry(params, (uintptr_t)stay);
    thread_control_create_params_set_stack_low(params, stack);
    thread_control_create_params_set_stack_high(params, stack + PAGE_SIZE);
    status = thread_control_create_submit(
        rt(), &ask.rpc, capset_need("self-threads", 0), &ask.buffer);
    status = outcome(&ask.rpc, status);
    if (status < 0) {
        virtual_memory_unmap(rt(), capset_need("self-memory", 0), stack, 1);
        return status;
    }
    return thread_control_create_finish(&ask.rpc, cap, NULL);
}

/* A child that waits for ever or ends at once, paid with little. */
static int32_t take_process(uint64_t part, struct spawned *spawned)
{
    const struct spawn spawn = {.program = "exhaustion",
                                .words = {1, part},
                                .pages_max = 100,
                                .tables_max = 16,
                                .virtual_max = 1000,
                                .threads_max = 1,
                                .caps_max = 8,
                                .rings_max = 12,
                                .calls_max = 64,
                                .objects_max = 15000,
                                .weight_max = 1024};

    return capos_spawn(&spawn, spawned, NULL);
}

/* What is delegated is taken, too. */
static int32_t take_ledger(uint64_t scratch, uint64_t log_bytes, uint64_t *cap)
{
    struct ask ask;
    struct process_limits_builder limits;
    int32_t status;

    ask_init(&ask);
    limits = ledger_create_params_init_limits(ledger_create_begin(&ask.buffer));
    process_limits_set_scratch(limits, scratch);
    process_limits_set_log_bytes(limits, log_bytes);
    process_limits_set_pages(limits, 1);
    status = ledger_create_submit(
        rt(), &ask.rpc, capset_need("self-ledger", 0), &ask.buffer);
    status = outcome(&ask.rpc, status);
    return status < 0 ? status : ledger_create_finish(&ask.rpc, cap);
}

static int32_t take_log(uint64_t *cap)
{
    struct ask ask;
    int32_t status;

    ask_init(&ask);
    status = log_sink_factory_mint_submit(
        rt(), &ask.rpc, capset_need("log-sinks", 0), WIRE_TEXT("greed"),
        LOG_BYTES_MIN, &ask.buffer);
    status = outcome(&ask.rpc, status);
    return status < 0 ? status : log_sink_factory_mint_finish(&ask.rpc, cap);
}

static int32_t take(uint32_t kind)
{
    struct spawned spawned;
    uint64_t taken = 0;

    switch (kind) {
    case 0:
        return take_pages(8, &taken);
    case 1:
    case 4:
        return take_process(GREED_STAYS, &spawned);
    case 2:
        return take_addresses(300, PROTECTION_NONE, &taken);
    case 3:
    case 6:
    case 7:
    case 11:
        return take_thread(&taken);
    case 9:
        return take_ledger(3, 1, &taken);
    case 10:
        return take_log(&taken);
    default: /* slots, and what the kernel needs for objects */
        return take_object(&taken);
    }
}

int greed_child(uint64_t part)
{
    while (part == GREED_STAYS) {
        ring_wait(ring_self(), TIMEOUT_NEVER);
    }
    return 5;
}

int greed_run(uint32_t kind)
{
    int32_t status = 0;

    while (status >= 0) {
        status = take(kind);
    }
    notification_signal(rt(), capset_need("full", 0), (uint64_t)-status);
    for (;;) {
        timer_sleep(rt(), capset_need("timer", TIMER_INTERFACE_ID), NAP_NS);
        take(kind);
    }
}

/* ---------------------------------------------------------------- neighbour */

static uint64_t seen = 14695981039346656037ull;

static void see(uint64_t value)
{
    seen = (seen ^ value) * 0x100000001b3ull;
}

static void neighbour_round(uint32_t round, uint64_t held[HELD])
{
    uint64_t *place = &held[round % HELD];
    uint64_t base = process_start()->window_base;
    struct spawned spawned = {CAP_NONE, 0};
    struct spawn_end end;
    uint64_t address = base;

    cap_release(cap_take(place));
    switch (round % 5) {
    case 0:
        see((uint64_t)take_pages(20 + 7 * round, place));
        break;
    case 1:
        see((uint64_t)take_object(place));
        break;
    case 2:
        see((uint64_t)take_addresses(1 + round % 3, PROTECTION_READ,
                                     &address));
        break;
    case 3:
        see((uint64_t)take_process(GREED_ENDS, &spawned));
        see((uint64_t)spawn_wait(&spawned, &end));
        see((uint64_t)end.code);
        break;
    default:
        see((uint64_t)take_ledger(1, 10 * round, place));
        timer_sleep(rt(), capset_need("timer", TIMER_INTERFACE_ID), PAUSE_NS);
        break;
    }
    see(*place);
    see(address - base);
}

int greed_neighbour(uint32_t rounds)
{
    uint64_t held[HELD] = {CAP_NONE};

    for (uint32_t round = 0; round < rounds; round++) {
        neighbour_round(round, held);
    }
    return (int)(seen & 0x3fffffff) | 1;
}
