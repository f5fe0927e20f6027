/*
 * ring-corruption - a program can only break its own ring.
 *
 * A ring lies in the program's memory, so the program can write anything there.
 * The kernel keeps its own copies of what matters: wrong indices end in
 * ERR_BAD_RING and a flag, scribbled constants change nothing, and garbage
 * entries are refused one by one. Each case runs in a child (this same program,
 * with an argument) that tells by its exit code what it saw, while the parent's
 * ring and a thread of its own go on.
 */
#include "capos.h"
#include "spawn.h"

/* Enters once without waiting, with the indices as they lie in the ring. */
static int64_t enter(struct ring_client *client)
{
    return client->gate(GATE_ENTER, 0, TIMEOUT_POLL);
}

/* 0: the kernel found the ring corrupt and keeps saying so. */
static int found_corrupt(struct ring_client *client)
{
    bool good = enter(client) == ERR_BAD_RING &&
                (client->kernel->flags & RING_STATE_CORRUPT) != 0 &&
                enter(client) == ERR_BAD_RING;

    return good ? 0 : 1;
}

/* 0: the ring still works. */
static int still_works(struct ring_client *client)
{
    struct rpc rpc = {.complete = NULL};

    return ring_nop(client, &rpc, 0) < 0 || ring_await(client, &rpc) != 0;
}

static int scribble(struct ring_client *client)
{
    struct ring_header *header =
        (struct ring_header *)(uintptr_t)process_start()->ring;

    __builtin_memset(header, 0xff, sizeof(*header));
    client->kernel->sq_head += 1000;
    client->kernel->flags = 0xffffffff;
    if (enter(client) != 0) {
        return 1;
    }
    return still_works(client);
}

/* Entries out of a simple generator; quiet or not, each must complete. */
static int garbage(struct ring_client *client)
{
    uint64_t state = 88172645463325252ull;

    for (uint32_t i = 0; i < 40; i++) {
        struct sqe *sqe = ring_reserve(client);
        uint64_t words[8];

        for (uint32_t k = 0; k < 8; k++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            words[k] = state;
        }
        __builtin_memcpy(sqe, words, sizeof(*sqe));
        sqe->user_data = 0; /* nobody is waiting */
    }
    return ring_poll(client) < 0 || still_works(client);
}

static int child(const char *what)
{
    struct ring_client *client = ring_self();

    if (text_equal(what, "too many entries")) {
        client->user->sq_tail += client->sq_entries + 1;
        return found_corrupt(client);
    }
    if (text_equal(what, "a tail going back")) {
        client->user->sq_tail -= 1;
        return found_corrupt(client);
    }
    if (text_equal(what, "a head past the tail")) {
        client->user->cq_head += 1;
        return found_corrupt(client);
    }
    return text_equal(what, "scribbled constants") ? scribble(client)
                                                   : garbage(client);
}

static void check_child(const char *what)
{
    const struct spawn spawn = {
        .program = "ring-corruption", .args = &what, .arg_count = 1};
    struct rpc rpc = {.complete = NULL};
    struct spawned spawned;
    struct spawn_end end;

    check(capos_spawn(&spawn, &spawned, NULL) == 0 &&
              spawn_wait(&spawned, &end) == 0 && end.how == EXIT_KIND_EXITED &&
              end.code == 0,
          "%s: an error for its owner", what);
    check(ring_nop(ring_self(), &rpc, 0) == 0 &&
              ring_await(ring_self(), &rpc) == 0,
          "and for nobody else");
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        return child(argv[1]);
    }
    check_child("too many entries");
    check_child("a tail going back");
    check_child("a head past the tail");
    check_child("scribbled constants");
    check_child("garbage entries");
    return check_status();
}
