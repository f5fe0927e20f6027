/*
 * fast_memory_test.c - messages in memory and capabilities, the short way and the
 * general one: the same entries come to the same, and what the short way leaves to
 * the other one it has not touched.
 */
#include <string.h>

#include "check_run.h"
#include "core_service.h"
#include "ipc/fast_memory.h"

/* What came of a round: what both sides read, and what they hold then. */
struct outcome {
    struct cqe call;     /* the server's */
    struct cqe result;   /* the client's */
    struct cqe refused;  /* of the entry itself, if it was refused */
    uint64_t tables;
    uint64_t used;
    uint8_t slot[96];    /* header and the payload's beginning */
    uint8_t results[64];
};

/* What the client sends, but for what is the same each time. */
struct round {
    uint32_t bytes;
    uint32_t ncaps;
    struct ring_xfer xfer;
    bool own;           /* the descriptor is for its facet */
    uint64_t params;    /* instead of its buffer; 0: that */
    uint64_t xfers;
    uint32_t slots;
    bool rinline;
    uint32_t answer;    /* bytes of results */
    uint32_t answer_caps;
    uint64_t answer_at; /* instead of its result buffer */
};

static struct service s;

static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * 0x100000001b3ull;
}

/* Slots, free list and counts, but for the addresses in them. */
static uint64_t print(const struct player *player)
{
    const struct cap_table *table = &player->process->caps;
    uint64_t sum = mix(table->free_first, table->free_last);

    for (uint32_t at = table->free_first; at;
         at = cap_slot_at(table, at - 1)->next) {
        sum = mix(sum, at);
    }
    for (uint32_t slot = 0; slot < sync_load(&table->slots); slot++) {
        const struct cap_slot *place = cap_slot_at(table, slot);
        uint32_t generation = sync_load(&place->generation);

        sum = mix(sum, generation);
        if (generation & 1) {
            struct object *object = sync_load_pointer(&place->object);

            sum = mix(mix(sum, place->mode), place->origin);
            if (place->origin > CAP_ORIGIN_SPAWN_GRANT) {
                sum = mix(sum, place->giver_cap); /* init's differ each time */
            }
            sum = mix(sum, sync_load(&object->holders));
        }
    }
    return mix(sum, sync_load(&table->live));
}

static uint64_t used(const struct player *player)
{
    return ledger_used(player->process->ledger, LEDGER_CAPS);
}

static struct sqe call_sqe(const struct round *round)
{
    struct sqe sqe = service_message_sqe(&s.client, s.facet, 5, round->bytes);
    struct ring_xfer xfer = round->xfer;

    xfer.cap = round->own ? s.facet : xfer.cap;
    player_write(&s.client, s.client.scratch + 512, &xfer, sizeof(xfer));
    sqe.memory.params = round->params ? round->params : sqe.memory.params;
    sqe.memory.ncaps = round->ncaps;
    sqe.memory.xfers = round->xfers   ? round->xfers
                       : round->ncaps ? s.client.scratch + 512
                                      : 0;
    if (round->answer_at) {
        sqe.result = round->answer_at;
    }
    if (round->rinline) {
        sqe.flags = RING_RINLINE;
        sqe.result = 0;
        sqe.result_len = 0;
    }
    return sqe;
}

static void answer(const struct round *round, uint64_t call_id)
{
    struct sqe sqe = service_return_sqe(call_id, SERVICE_RETURN, 7);

    if (!round->rinline) {
        sqe = service_caps_sqe(&s, call_id, round->answer_caps, s.endpoint);
        sqe.memory.params_len = round->answer;
    }
    player_submit(&s.server, &sqe);
}

/* Pops a completion if there is one. */
static struct cqe taken(struct player *player)
{
    struct cqe cqe = {.user_data = 0};

    (void)player_pop(player, &cqe);
    memset(&cqe.words[3], 0, sizeof(cqe.words[3]));
    return cqe;
}

/* Of the last one that was moved the server is told, by its RECV. */
static void release(const struct sqe *sqe, int32_t result)
{
    struct cqe cqe;

    player_submit(&s.server, sqe);
    do {
        cqe = taken(&s.server);
    } while (cqe.user_data == SERVICE_RECV);
    ck_assert_uint_eq(cqe.user_data, sqe->user_data);
    ck_assert_int_eq(cqe.result, result);
}

/* The round and, if capabilities arrived, their release by the server. */
static void play(const struct round *round, bool general, struct outcome *out)
{
    uint64_t handles[2];
    struct sqe sqe;
    uint8_t bytes[256];

    memset(out, 0, sizeof(*out));
    fixture_release(&fixture_init, service_spawn(&s, 0));
    service_arm(&s, 2, round->slots);
    for (uint32_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 3 + 1);
    }
    player_write(&s.client, s.client.scratch + SCRATCH_PARAMS, bytes, 256);
    player_write(&s.server, s.server.scratch, bytes, 64);
    sqe = call_sqe(round);
    fake_trace_on = general;
    player_submit(&s.client, &sqe);
    out->call = taken(&s.server);
    out->refused = taken(&s.client);
    if (out->call.kind == RING_CQE_CALL) { /* or nobody looks there */
        player_read(&s.server, s.server.scratch + SCRATCH_FREE, out->slot, 96);
        answer(round, out->call.call_id);
        out->result = taken(&s.client);
        player_read(&s.client, s.client.scratch + SCRATCH_RESULTS,
                    out->results, 64);
    }
    out->tables = mix(print(&s.server), print(&s.client));
    if (out->call.flags >> RING_CQE_CAPS_SHIFT) {
        sqe = (struct sqe){.opcode = RING_RELEASE, .user_data = 8};
        memcpy(&sqe.cap, out->slot, sizeof(sqe.cap));
        release(&sqe, 0);
        release(&sqe, ERR_BAD_CAPABILITY);
    }
    out->tables = mix(mix(out->tables, print(&s.server)), print(&s.client));
    out->used = used(&s.server) << 32 | used(&s.client);
    out->call.call_id = 0;
    if (out->call.kind == RING_CQE_CALL) {
        out->call.words[0] -= s.server.scratch;
        out->call.words[2] -= s.server.scratch;
    }
    fake_trace_on = false;
    handles[0] = s.server.handle;
    handles[1] = s.client.handle;
    service_kill(&s);
    fixture_release(&fixture_init, handles[0]);
    fixture_release(&fixture_init, handles[1]);
}

static void play_both(const struct round *round, struct outcome *out)
{
    struct outcome general;

    play(round, false, out);
    play(round, true, &general);
    ck_assert_mem_eq(&out->call, &general.call, sizeof(general.call));
    ck_assert_mem_eq(&out->result, &general.result, sizeof(general.result));
    ck_assert_mem_eq(&out->refused, &general.refused,
                     sizeof(general.refused));
    ck_assert_mem_eq(out->slot, general.slot, sizeof(general.slot));
    ck_assert_mem_eq(out->results, general.results, sizeof(general.results));
    ck_assert(out->tables == general.tables);
    ck_assert(out->used == general.used);
}

START_TEST(test_payload)
{
    static const uint32_t sizes[] = {1, 7, 8, 80, 511, 512, 513, 960};
    struct outcome out;

    fixture_begin();
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct round round = {.bytes = sizes[i], .slots = 1, .rinline = i & 1,
                              .answer = sizes[i] > 256 ? 256 : sizes[i]};

        play_both(&round, &out);
        ck_assert_int_eq(out.call.kind, RING_CQE_CALL);
        ck_assert_uint_eq(out.call.words[1], sizes[i]);
        ck_assert_uint_eq(out.slot[RING_SLOT_HEADER_BYTES], 1);
        ck_assert_int_eq(out.result.result,
                         round.rinline ? 0 : (int32_t)round.answer);
    }
    fixture_end();
}
END_TEST

START_TEST(test_capability)
{
    static const uint8_t modes[] = {RING_XFER_COPY, RING_XFER_MOVE};
    struct outcome out;

    fixture_begin();
    for (uint32_t i = 0; i < 6; i++) {
        struct round round = {
            .bytes = 24, .ncaps = 1, .slots = 1, .own = true, .answer = 16,
            .answer_caps = 1,
            .xfer = {.mode = modes[i & 1],
                     .flags = i / 2 == 0   ? 0
                              : i / 2 == 1 ? RING_XFER_MOVE_ONLY
                                           : RING_XFER_NON_TRANSFERABLE}};

        play_both(&round, &out);
        ck_assert_int_eq(out.call.kind, RING_CQE_CALL);
        ck_assert_int_eq(out.call.flags >> RING_CQE_CAPS_SHIFT, 1);
        ck_assert_int_eq(out.result.result, 16);
        ck_assert_int_eq(out.result.flags >> RING_CQE_CAPS_SHIFT, 1);
    }
    fixture_end();
}
END_TEST

/* What is refused, or waits, or goes the general way: the same comes of it. */
START_TEST(test_others)
{
    const uint64_t nowhere = 8;
    const struct round rounds[] = {
        {.bytes = 8, .slots = 0},                      /* no slot ever */
        {.bytes = 961, .slots = 1},                    /* too large */
        {.bytes = 8, .slots = 1, .params = nowhere},   /* not mapped */
        {.bytes = 8, .slots = 1, .params = UINT64_MAX - 3},
        {.bytes = 8, .slots = 1, .ncaps = 1, .own = true, .xfers = nowhere},
        {.bytes = 8, .slots = 1, .xfers = 16},         /* and none */
        {.bytes = 8, .slots = 1, .ncaps = 1},          /* capability 0 */
        {.bytes = 8, .slots = 1, .ncaps = 1, .xfer = {.cap = 99}},
        {.bytes = 8, .slots = 1, .ncaps = 1, .own = true, .xfer = {.mode = 9}},
        {.bytes = 8, .slots = 1, .ncaps = 1, .own = true,
         .xfer = {.flags = 0x40}},
        {.bytes = 8, .slots = 1, .ncaps = MESSAGE_CAPS_MAX + 1, .own = true},
        {.bytes = 8, .slots = 1, .answer = 257},       /* over the buffer */
        {.bytes = 8, .slots = 1, .answer = 256, .answer_caps = 1},
        {.bytes = 8, .slots = 1, .answer = 16, .answer_at = nowhere},
        {.bytes = 8, .slots = 1, .answer = 16, .answer_caps = 1,
         .answer_at = nowhere},
        {.bytes = 8, .slots = 1, .answer = 0},
    };
    struct outcome out;

    fixture_begin();
    for (uint32_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
        play_both(&rounds[i], &out);
        ck_assert(out.call.kind != RING_CQE_CALL || out.result.user_data == 5);
    }
    fixture_end();
}
END_TEST

/* Tries an entry the short way alone, as the current thread; what it says. */
static bool try_short(struct player *player, const struct sqe *sqe)
{
    player_go(player);
    return fast_memory(player->thread, sqe, sqe->opcode);
}

/* It is the short way that the usual entries go, and it refuses without a trace. */
START_TEST(test_short)
{
    struct round round = {.bytes = 80, .ncaps = 1, .own = true};
    struct sqe sqe;
    uint64_t before;

    service_begin(&s, 0);
    service_arm(&s, 1, 1);
    round.xfer.flags = 0x40;
    sqe = call_sqe(&round);
    before = mix(print(&s.server), print(&s.client));
    ck_assert(!try_short(&s.client, &sqe));
    sqe.memory.params = 8;
    ck_assert(!try_short(&s.client, &sqe));
    sqe = (struct sqe){.opcode = RING_RELEASE, .cap = s.facet, .method = 1};
    ck_assert(!try_short(&s.client, &sqe));
    sqe = (struct sqe){.opcode = RING_RELEASE, .cap = s.facet + 1};
    ck_assert(!try_short(&s.client, &sqe));
    sqe = (struct sqe){.opcode = RING_RETURN, .cap = 12345};
    ck_assert(!try_short(&s.client, &sqe));
    ck_assert(before == mix(print(&s.server), print(&s.client)));
    service_nothing(&s.server);
    round.xfer.flags = 0;
    sqe = call_sqe(&round);
    ck_assert(try_short(&s.client, &sqe));
    sqe = service_caps_sqe(&s, service_receive(&s.server).call_id, 1,
                           s.endpoint);
    ck_assert(try_short(&s.server, &sqe));
    ck_assert_int_eq(player_expect(&s.client, 5).result, 12);
    service_end(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_payload, test_capability, test_others, test_short, NULL,
    };

    return check_run("fast_memory", tests);
}
