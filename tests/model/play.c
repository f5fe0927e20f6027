/* play.c - the operations, on the kernel and on the model (play_ops.h). */
#include "play_ops.h"

#include <string.h>

static uint32_t alive_count(void)
{
    uint32_t count = 0;

    for (uint32_t i = 1; i <= model_process_count; i++) {
        count += model_processes[i].alive;
    }
    return count;
}

/*
 * What the child may hold: of what the model does not know, plenty for itself and
 * for each process that it may pay.
 */
static void spawn_limits(const struct op *op, uint64_t limits[LEDGER_KINDS])
{
    static const uint64_t share[LEDGER_KINDS] = {
        [LEDGER_PAGES] = 64,     [LEDGER_TABLES] = 24,
        [LEDGER_VIRTUAL] = 4096, [LEDGER_THREADS] = 1,
        [LEDGER_RINGS] = 16,     [LEDGER_CALLS] = MODEL_RECORDS,
        [LEDGER_OBJECTS] = 110000, [LEDGER_SCRATCH] = 1,
        [LEDGER_LOG_BYTES] = 1,  [LEDGER_WEIGHT] = 1024};
    uint64_t processes = 1u << op->c % 3;

    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        limits[kind] = share[kind] * (processes + 1);
    }
    limits[LEDGER_PROCESSES] = processes;
    limits[LEDGER_CAPS] = (20u + op->b % 16) * (1 + processes);
}

/* True if the parent's ledger has not that much left, of what only it knows. */
static bool spawn_too_much(uint32_t process,
                           const uint64_t limits[LEDGER_KINDS])
{
    const struct ledger *ledger = actor_of(process)->player.process->ledger;

    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        enum ledger_kind asked = (enum ledger_kind)kind;

        if (asked != LEDGER_CAPS && asked != LEDGER_PROCESSES &&
            limits[kind] + SPAWN_SPARE * (asked == LEDGER_OBJECTS) >
                ledger_limit(ledger, asked) - ledger_used(ledger, asked)) {
            return true;
        }
    }
    return false;
}

static void spawn_grants(uint32_t process, const struct op *op,
                         struct model_spawn *asked,
                         struct fixture_request *request)
{
    static const char *const names[] = {"endpoints", "spawner", "image",
                                        "revokers", "a", "b", "c"};

    for (uint32_t i = 0; i < PLAY_KNOWN; i++) {
        asked->grants[i].cap = model_processes[process].known[i];
    }
    asked->count = PLAY_KNOWN;
    for (uint32_t i = 0; i < op->a % 4u; i++) {
        uint64_t cap = choose_cap(process, ANY_KIND, op->seed >> 4 * i & 255);

        if (cap) {
            asked->grants[asked->count++].cap = cap;
        }
    }
    for (uint32_t i = 0; i < asked->count; i++) {
        request->grants[i] =
            (struct fixture_grant){names[i], asked->grants[i].cap};
    }
}

bool play_spawn(uint32_t process, const struct op *op)
{
    const struct model_process *parent = &model_processes[process];
    struct model_spawn asked = {.spawner = parent->known[1],
                                .image = parent->known[2],
                                .user_data = play_step};
    struct fixture_request request = {.sq_entries = MODEL_RECORDS,
                                      .cq_entries = 64,
                                      .image = parent->known[2]};
    struct player child;
    struct cqe cqe;
    uint32_t made;

    spawn_limits(op, request.limits);
    if (alive_count() >= PLAY_PROCESSES ||
        spawn_too_much(process, request.limits)) {
        return false;
    }
    spawn_grants(process, op, &asked, &request);
    asked.limits[MODEL_CAPS] = request.limits[LEDGER_CAPS];
    asked.limits[MODEL_PROCESS_COUNT] = request.limits[LEDGER_PROCESSES];
    memset(&child, 0, sizeof(child));
    cqe = fixture_try_spawn(&actor_of(process)->player, &request, &child);
    cqe.user_data = play_step;
    made = model_spawn(process, &asked, child.process ? child.process->id : 0);
    answer_compare(process, &cqe);
    if (made) {
        actors[made] = (struct actor){.attached = true, .player = child};
    }
    return true;
}

bool play_exit(uint32_t process, const struct op *op)
{
    struct player *player = &actor_of(process)->player;

    if (process == 1) {
        return false; /* init is the machine's life */
    }
    player_go(player);
    core_on_syscall(GATE_EXIT, op->a, 0);
    model_exit(process, op->a);
    return true;
}

bool play_kill(uint32_t process, const struct op *op)
{
    uint64_t cap = choose_cap(process, KIND(MODEL_PROCESS), op->a);

    if (cap) {
        play_words(process, cap, PROCESS_HANDLE_INTERFACE_ID,
                     PROCESS_HANDLE_METHOD_KILL, op->b, 0, 0);
        model_kill(process, cap, op->b, play_step);
    }
    return cap != 0;
}

bool play_wait(uint32_t process, const struct op *op)
{
    uint64_t cap = choose_cap(process, KIND(MODEL_PROCESS), op->a);

    if (cap) {
        play_words(process, cap, PROCESS_HANDLE_INTERFACE_ID,
                     PROCESS_HANDLE_METHOD_WAIT, 0, 0, 0);
        (void)model_wait(process, cap, play_step);
    }
    return cap != 0;
}

bool play_release(uint32_t process, const struct op *op)
{
    uint32_t kinds = op->b < 4 ? ANY_KIND
                               : KIND(MODEL_ENDPOINT) | KIND(MODEL_FACET) |
                                     KIND(MODEL_REVOKER) |
                                     (op->b < 40 ? KIND(MODEL_PROCESS) : 0);
    struct sqe sqe = {.opcode = RING_RELEASE,
                      .cap = choose_cap(process, kinds, op->a)};
    int32_t error;

    if (!sqe.cap || (process == 1 && op->b < 4)) {
        return false; /* without its roots init could do nothing more */
    }
    play_submit(process, &sqe);
    /* What follows of it is told before the RELEASE itself completes. */
    error = model_release(process, sqe.cap);
    (void)model_expect(process, play_step, error);
    return true;
}

bool play_endpoint(uint32_t process, const struct op *op)
{
    uint64_t cap = op->a >= 252 ? choose_cap(process, ANY_KIND, op->a)
                                : model_processes[process].known[0];

    play_words(process, cap, ENDPOINT_FACTORY_INTERFACE_ID,
                 ENDPOINT_FACTORY_METHOD_CREATE, 0, 0, 0);
    model_make(process, cap, MODEL_ENDPOINT, play_step);
    return true;
}

bool play_mint(uint32_t process, const struct op *op)
{
    uint64_t cap = choose_cap(process, KIND(MODEL_ENDPOINT), op->a);
    bool one_shot = op->d % 8 == 0;
    uint32_t limit = 1u + op->c % 3;

    if (cap) {
        play_words(process, cap, ENDPOINT_INTERFACE_ID, ENDPOINT_METHOD_MINT,
                     op->b % 8, ECHO_INTERFACE_ID,
                     limit | (uint64_t)one_shot << 32);
        model_mint(process, cap, op->b % 8, limit, one_shot, play_step);
    }
    return cap != 0;
}

bool play_close(uint32_t process, const struct op *op)
{
    uint64_t cap = choose_cap(process, KIND(MODEL_ENDPOINT), op->a);

    if (cap) {
        play_words(process, cap, ENDPOINT_INTERFACE_ID,
                     ENDPOINT_METHOD_CLOSE, op->b % 8, 0, 0);
        model_close(process, cap, op->b % 8, play_step);
    }
    return cap != 0;
}

/* The record that the next RECV will use: its slots must be no other's. */
static uint32_t receive_record(uint32_t process)
{
    uint32_t record = 0;

    while (record + 1 < MODEL_RECEIVES &&
           model_processes[process].receives[record].endpoint) {
        record++;
    }
    return record;
}

bool play_recv(uint32_t process, const struct op *op)
{
    uint32_t kinds = op->d < 10 ? ANY_KIND : KIND(MODEL_ENDPOINT);
    uint32_t credits = 1u + op->b % MODEL_CREDITS;
    struct sqe sqe = {
        .opcode = RING_RECV,
        .cap = choose_cap(process, kinds, op->a),
        .recv = {.area = actor_of(process)->player.scratch +
                         RECEIVE_AREA(receive_record(process)),
                 .slot_bytes = SLOT_BYTES,
                 .slots = credits,
                 .credits = credits}};

    if (!sqe.cap) {
        return false;
    }
    play_submit(process, &sqe);
    model_recv(process, sqe.cap, credits, play_step);
    return true;
}

bool play_call(uint32_t process, const struct op *op)
{
    struct actor *actor = actor_of(process);
    struct model_call asked = {.user_data = play_step, .word = play_step,
                               .in_words = op->b % 3 == 0,
                               .out_words = op->c % 3 == 0};
    struct sqe sqe = {.opcode = RING_CALL, .method = PLAY_METHOD,
                      .cap = choose_cap(process, KIND(MODEL_FACET), op->a)};
    uint32_t area = area_choose(actor);

    if (!sqe.cap || area == PLAY_AREAS) {
        return false;
    }
    actor->areas[area] = play_step;
    if (asked.in_words) {
        sqe.flags |= RING_INLINE;
        sqe.words[0] = play_step;
    } else {
        asked.xfer_count = choose_xfers(process, asked.xfers, 3, op->seed);
        play_message(actor, &sqe, PARAMS_AREA(area), asked.xfers,
                    asked.xfer_count);
    }
    if (asked.out_words) {
        sqe.flags |= RING_RINLINE;
    } else {
        sqe.result = actor->player.scratch + RESULT_AREA(area);
        sqe.result_len = 0x100;
    }
    play_submit(process, &sqe);
    (void)model_call(process, sqe.cap, &asked);
    return true;
}

/* A call that the process received, mostly one that it still has. */
static uint32_t choose_received(uint32_t process, const struct op *op)
{
    struct model_list calls = {0};

    for (uint32_t i = 0; i < MODEL_RECEIVES; i++) {
        const struct model_receive *receive =
            &model_processes[process].receives[i];

        for (uint32_t j = 0; j < receive->busy.count; j++) {
            model_push(&calls, receive->busy.items[j]);
        }
    }
    if (op->a >= 250 && model_call_count) {
        uint32_t any = 1 + op->seed % model_call_count;

        /* Whoever has not been told of a call cannot name it. */
        return play_call_ids[any] ? any : 0;
    }
    return calls.count ? calls.items[op->a % calls.count] : 0;
}

bool play_return(uint32_t process, const struct op *op)
{
    uint32_t call = choose_received(process, op);
    struct model_xfer xfers[MESSAGE_CAPS_MAX];
    struct sqe sqe = {.opcode = RING_RETURN};
    bool in_words;
    uint32_t count = 0;

    if (!call) {
        return false;
    }
    in_words = model_calls[call].notice ||
               (op->b < 248 ? model_calls[call].out_words
                            : !model_calls[call].out_words);
    sqe.cap = play_call_ids[call];
    if (in_words) {
        sqe.flags = RING_INLINE;
        sqe.words[0] = play_step;
    } else {
        count = choose_xfers(process, xfers, 3, op->seed);
        play_message(actor_of(process), &sqe, RETURN_AREA, xfers, count);
    }
    play_submit(process, &sqe);
    model_return(process, call, in_words, play_step, xfers, count, play_step);
    return true;
}

bool play_cancel(uint32_t process, const struct op *op)
{
    uint64_t wanted = op->seed % (play_step + 1);
    struct sqe sqe = {.opcode = RING_CANCEL};

    for (uint32_t i = model_call_count, left = op->a % 8; i && op->b < 200;
         i--) {
        if (model_calls[i].caller == process &&
            model_calls[i].state != MODEL_DONE && left-- == 0) {
            wanted = model_calls[i].user_data;
            break;
        }
    }
    sqe.words[0] = wanted;
    play_submit(process, &sqe);
    model_cancel(process, wanted, play_step);
    return true;
}

bool play_revoker(uint32_t process, const struct op *op)
{
    uint64_t cap = model_processes[process].known[3];

    (void)op;
    play_words(process, cap, REVOKER_FACTORY_INTERFACE_ID,
                 REVOKER_FACTORY_METHOD_CREATE, 0, 0, 0);
    model_make(process, cap, MODEL_REVOKER, play_step);
    return true;
}

bool play_revoke(uint32_t process, const struct op *op)
{
    uint64_t cap = choose_cap(process, KIND(MODEL_REVOKER), op->a);

    if (cap) {
        play_words(process, cap, REVOKER_INTERFACE_ID, REVOKER_METHOD_REVOKE,
                     0, 0, 0);
        model_revoke(process, cap, play_step);
    }
    return cap != 0;
}

bool play_attach(uint32_t process, const struct op *op)
{
    struct actor *actor = actor_of(process);
    uint64_t revoker = choose_cap(process, KIND(MODEL_REVOKER), op->a);
    struct model_xfer xfer = {.cap = choose_cap(process, ANY_KIND, op->b)};
    uint64_t words[32];
    struct wire_builder builder;
    struct sqe sqe;

    if (!revoker || !xfer.cap) {
        return false;
    }
    wire_builder_init(&builder, words, sizeof(words));
    revoker_attach_params_set_cap(revoker_attach_params_build(&builder), 0);
    sqe = player_message_sqe(&actor->player, revoker, REVOKER_INTERFACE_ID,
                             REVOKER_METHOD_ATTACH, &builder);
    player_write(&actor->player, actor->player.scratch + RETURN_AREA,
                 &(struct ring_xfer){.cap = xfer.cap}, sizeof(struct ring_xfer));
    sqe.memory.xfers = actor->player.scratch + RETURN_AREA;
    sqe.memory.ncaps = 1;
    play_submit(process, &sqe);
    model_attach(process, revoker, xfer.cap, play_step);
    return true;
}
