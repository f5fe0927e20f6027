/*
 * ring-nop - the ring without anything on it.
 *
 * A thread writes entries into its submission queue and enters the kernel once
 * for all of them; completions come back in the completion queue, found by
 * user_data. NOP does nothing, which makes it good for counting. QUIET entries
 * have no completion when they succeed; YIELD gives the CPU away.
 */
#include "capos.h"

static uint32_t completed;

static void count(struct rpc *rpc)
{
    completed += rpc->status == 0;
}

/* Submits so many NOPs at once and waits for all. */
static bool batch(uint32_t size)
{
    static struct rpc rpcs[RING_SQ_ENTRIES_DEFAULT];
    struct ring_client *client = ring_self();
    uint32_t before = completed;

    for (uint32_t i = 0; i < size; i++) {
        rpcs[i].complete = count;
        if (ring_nop(client, &rpcs[i], 0) < 0) {
            return false;
        }
    }
    for (uint32_t i = 0; i < size; i++) {
        if (ring_await(client, &rpcs[i]) < 0) {
            return false;
        }
    }
    return completed == before + size;
}

/* Indices run on: more than 2^8 rounds of the whole queue. */
static bool rounds(uint32_t number)
{
    for (uint32_t i = 0; i < number; i++) {
        if (!batch(RING_SQ_ENTRIES_DEFAULT)) {
            return false;
        }
    }
    return true;
}

int main(void)
{
    struct ring_client *client = ring_self();

    check(client->sq_entries == process_start()->sq_entries,
          "the ring has the depth that the start block says");
    check(batch(1), "1 NOP");
    check(batch(8), "8 NOPs in one entry");
    check(batch(client->sq_entries), "a full submission queue");
    check(rounds(300), "300 full queues in a row");
    for (uint32_t i = 0; i < 10; i++) {
        ring_nop(client, NULL, 0);
    }
    check(ring_poll(client) == 0, "10 quiet NOPs complete without a word");
    check(ring_wait(client, 1000000) == ERR_TIMED_OUT,
          "waiting for nothing ends after its time");
    ring_yield(client);
    check(ring_poll(client) == 0, "yield comes back");
    return check_status();
}
