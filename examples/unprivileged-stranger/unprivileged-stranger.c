/*
 * unprivileged-stranger - a program without capabilities can do nothing.
 *
 * The parent spawns a child with no grants and not even the capabilities to
 * itself. All the child can do is compute, use its ring, and end. It tries what
 * an attacker would: CapIds of every small slot and generation, the CapIds that
 * its parent holds, its own ProcessHandle. It tries to serve what is not its own
 * (RECV), to answer a call that its parent has in its hands and ids near it
 * (RETURN), to learn where that comes from (CALLER_INFO), and to call what nobody
 * promised it. Nothing answers; it cannot even print, so it counts what answered
 * and returns that as its exit code.
 *
 * A guest is a stranger that was given one facet: it may call that, and no more.
 */
#include "capos.h"
#include "serve.h"
#include "spawn.h"

#define SLOTS 128u
#define GENERATIONS 8u
#define TAG 5u
#define ANSWERED 42u

/* True if the capability exists: any other error comes from an object. */
static bool answers(uint64_t cap, uint16_t method)
{
    struct ring_client *client = ring_self();
    struct rpc rpc = {
        .cap = cap,
        .method = method,
        .flags = RING_INLINE | RING_RINLINE,
    };

    return ring_submit(client, &rpc) < 0 ||
           ring_await(client, &rpc) != ERR_BAD_CAPABILITY;
}

static bool releases(uint64_t cap)
{
    struct rpc rpc = {.complete = NULL};

    return ring_release(ring_self(), &rpc, cap) < 0 ||
           ring_await(ring_self(), &rpc) != ERR_BAD_CAPABILITY;
}

/* True if it could be served: RECV ends at once if it is refused. */
static bool receives(uint64_t cap)
{
    struct ring_recv recv = {.endpoint = cap, .credits = 1};
    struct ring_receiver receiver = {.queue = NULL};

    return ring_recv(ring_self(), &receiver, &recv) < 0 ||
           ring_await(ring_self(), &receiver.rpc) != ERR_BAD_CAPABILITY;
}

/* True if the RETURN succeeded, which is silent: then only the NOP completes. */
static bool returns(uint64_t call_id)
{
    struct ring_client *client = ring_self();
    struct rpc refused = {.complete = NULL};
    struct rpc after = {.complete = NULL};
    struct sqe *sqe = ring_reserve(client);

    *sqe = (struct sqe){.opcode = RING_RETURN,
                        .flags = RING_INLINE,
                        .cap = call_id,
                        .user_data = (uintptr_t)&refused};
    return ring_nop(client, &after, 0) < 0 || ring_await(client, &after) < 0 ||
           !refused.done || refused.status != ERR_CALL_GONE;
}

static bool tells(uint64_t call_id)
{
    struct rpc rpc = {.complete = NULL};

    return ring_caller_info(ring_self(), &rpc, call_id) < 0 ||
           ring_await(ring_self(), &rpc) != ERR_CALL_GONE;
}

/* The parent's call, whose id it was told, and every id that is one bit away. */
static int64_t calls_of_others(uint64_t call_id)
{
    int64_t answered = returns(call_id) + tells(call_id) + returns(0) +
                       tells(0) + returns(UINT64_MAX) + tells(UINT64_MAX);

    for (uint32_t bit = 0; bit < 64; bit++) {
        answered += returns(call_id ^ 1ull << bit);
        answered += tells(call_id ^ 1ull << bit);
    }
    return answered;
}

/* Targets that no call of its own promised. */
static int64_t promises_of_others(void)
{
    int64_t answered = 0;

    for (uint32_t sequence = 0; sequence < 64; sequence++) {
        struct rpc rpc = {.flags = RING_INLINE | RING_RINLINE | RING_PROMISED,
                          .cap = ring_promised(sequence, sequence % 8)};

        answered += ring_submit(ring_self(), &rpc) < 0 ||
                    ring_await(ring_self(), &rpc) != ERR_NOT_FOUND;
    }
    return answered;
}

/* words[0..1] are CapIds of the parent: numbers, worth nothing here. */
static int64_t stranger(const struct start_block *block)
{
    int64_t answered = block->capset_count;

    for (uint64_t slot = 0; slot < SLOTS; slot++) {
        for (uint64_t generation = 0; generation < GENERATIONS; generation++) {
            answered += answers(slot | generation << 32, 0);
        }
    }
    for (uint32_t i = 0; i < 2; i++) {
        answered += answers(block->words[i], 0);
        answered += releases(block->words[i]);
        answered += receives(block->words[i]);
    }
    answered += calls_of_others(block->words[2]);
    answered += promises_of_others();
    answered += answers(UINT64_MAX, UINT16_MAX);
    answered += con_print("nobody reads this\n") != ERR_NOT_FOUND;
    answered += mem_alloc(100) != NULL;
    return answered < 100 ? answered : 100;
}

/* It may call its facet, where one call can wait, and do nothing else with it. */
static int64_t guest(const struct start_block *block)
{
    uint64_t facet = capset_find("facet", ECHO_INTERFACE_ID);
    int64_t answered = block->capset_count - 1;
    struct rpc waits = {.complete = NULL};

    echo_add_submit(rt(), &waits, facet, 1, 1);
    ring_poll(ring_self());
    answered += waits.done;
    answered += receives(facet);
    answered += calls_of_others(block->words[2]);
    /* To a facet that is a call like another: its server would see it. */
    answered += endpoint_mint(rt(), facet, 1, ECHO_INTERFACE_ID, 0, false,
                              NULL) != ERR_OVERLOADED;
    return answered;
}

/* ------------------------------------------------------------------ the parent */

static uint64_t endpoint;
static uint64_t facet;
static struct cqe queue[4];
static struct ring_receiver receiver = {.queue = queue, .mask = 3};
static struct rpc call;

/* Calls itself, and keeps the call in its hands: its only credit. */
static bool hold_call(void)
{
    uint64_t factory = capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    struct ring_recv recv = {.credits = 1};

    if (endpoint_factory_create(rt(), factory, &endpoint) < 0 ||
        endpoint_mint(rt(), endpoint, TAG, ECHO_INTERFACE_ID, 1, false,
                      &facet) < 0) {
        return false;
    }
    recv.endpoint = endpoint;
    ring_recv(ring_self(), &receiver, &recv);
    echo_add_submit(rt(), &call, facet, 1, 1);
    while (receiver.tail == 0 && ring_wait(ring_self(), TIMEOUT_NEVER) > 0) {
    }
    return receiver.tail == 1 && queue[0].kind == RING_CQE_CALL;
}

static void answer_call(void)
{
    const struct ring_reply reply = {.flags = RING_INLINE,
                                     .words = {ANSWERED}};

    check(!call.done, "the call has not been answered by anybody");
    ring_return(ring_self(), queue[0].call_id, &reply);
    check(ring_await(ring_self(), &call) == 0 && call.rwords[0] == ANSWERED,
          "until its server does");
}

static bool run(const char *role, const struct spawn_grant *grants,
                uint32_t grant_count, struct spawn_end *end)
{
    const char *const args[] = {role};
    struct spawn spawn = {.program = "unprivileged-stranger",
                          .args = args,
                          .arg_count = 1,
                          .grants = grants,
                          .grant_count = grant_count,
                          .without_self = true};
    struct spawned spawned;

    spawn.words[0] = capset_need("console", CONSOLE_INTERFACE_ID);
    spawn.words[1] = endpoint;
    spawn.words[2] = queue[0].call_id;
    return check(capos_spawn(&spawn, &spawned, NULL) == 0, "a %s started",
                 role) &&
           check(spawn_wait(&spawned, end) == 0 &&
                     end->how == EXIT_KIND_EXITED,
                 "and ended by itself");
}

int main(int argc, char **argv)
{
    struct spawn_end end;

    if (argc > 1) {
        return (int)(argv[1][0] == 's' ? stranger(process_start())
                                       : guest(process_start()));
    }
    if (!check(hold_call(), "the parent has a call in its hands") ||
        !run("stranger", NULL, 0, &end)) {
        return 1;
    }
    check(end.code == 0, "%lld of its attempts were answered",
          (long long)end.code);
    if (!run("guest", (const struct spawn_grant[]){{"facet", facet}}, 1,
             &end)) {
        return 1;
    }
    check(end.code == 0, "%lld of its attempts were answered",
          (long long)end.code);
    answer_call();
    check(con_print("  the parent's console still works\n") == 0,
          "nothing of the parent's was released");
    return check_status();
}
