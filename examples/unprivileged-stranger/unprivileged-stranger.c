/*
 * unprivileged-stranger - a program without capabilities can do nothing.
 *
 * The parent spawns a child with no grants and not even the capabilities to
 * itself. All the child can do is compute, use its ring, and end. It tries what
 * an attacker would: CapIds of every small slot and generation, the CapIds that
 * its parent holds, its own ProcessHandle. Nothing answers; it cannot even
 * print, so it counts what answered and returns that as its exit code.
 */
#include "capos.h"
#include "spawn.h"

#define SLOTS 128u
#define GENERATIONS 8u

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

/* words[0..2] are CapIds of the parent: numbers, worth nothing here. */
static int64_t stranger(const struct start_block *block)
{
    int64_t answered = block->capset_count;

    for (uint64_t slot = 0; slot < SLOTS; slot++) {
        for (uint64_t generation = 0; generation < GENERATIONS; generation++) {
            answered += answers(slot | generation << 32, 0);
        }
    }
    for (uint32_t i = 0; i < 3; i++) {
        answered += answers(block->words[i], 0);
        answered += releases(block->words[i]);
    }
    answered += answers(UINT64_MAX, UINT16_MAX);
    answered += con_print("nobody reads this\n") != ERR_NOT_FOUND;
    answered += mem_alloc(100) != NULL;
    return answered < 100 ? answered : 100;
}

int main(int argc, char **argv)
{
    static const char *const args[] = {"stranger"};
    struct spawn spawn = {.program = "unprivileged-stranger",
                          .args = args,
                          .arg_count = 1,
                          .without_self = true};
    struct spawned spawned;
    struct spawn_end end;

    (void)argv;
    if (argc > 1) {
        return (int)stranger(process_start());
    }
    spawn.words[0] = capset_need("console", CONSOLE_INTERFACE_ID);
    spawn.words[1] = capset_need("spawner", PROCESS_SPAWNER_INTERFACE_ID);
    spawn.words[2] = capset_need("self-memory", VIRTUAL_MEMORY_INTERFACE_ID);
    if (!check(capos_spawn(&spawn, &spawned, NULL) == 0,
               "a stranger started") ||
        !check(spawn_wait(&spawned, &end) == 0, "and ended")) {
        return 1;
    }
    check(end.how == EXIT_KIND_EXITED, "by itself");
    check(end.code == 0, "%lld of its attempts were answered",
          (long long)end.code);
    check(con_print("  the parent's console still works\n") == 0,
          "nothing of the parent's was released");
    return check_status();
}
