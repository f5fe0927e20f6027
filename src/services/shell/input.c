/* input.c - see input.h. */
#include "input.h"

#define INPUT_BYTES 128u
#define CTRL_C '\003'
/* A call that is done within this time is not watched: most need no reading. */
#define WATCH_AFTER_NS 1000000000u

static struct {
    char bytes[INPUT_BYTES];
    uint32_t at;
    uint32_t count;
    bool reading; /* rpc is in flight */
    bool over;    /* nothing more will come */
    int32_t status;
    struct rpc rpc;
    struct rpc_buffer buffer;
    uint64_t memory[(INPUT_BYTES + 64u + RPC_EXCEPTION_BYTES) / 8u];
} input;

/* Starts to read as much as there is room for. */
static void read_start(void)
{
    uint64_t console = capset_find("console", CONSOLE_INTERFACE_ID);

    if (input.at == input.count) {
        input.at = 0;
        input.count = 0;
    }
    if (input.reading || input.over || input.count == INPUT_BYTES) {
        return;
    }
    rpc_buffer_init(&input.buffer, input.memory, sizeof(input.memory));
    input.rpc.complete = NULL;
    input.reading =
        console_read_submit(rt(), &input.rpc, console,
                            INPUT_BYTES - input.count, &input.buffer) >= 0;
}

/* Takes what a finished read has brought. */
static void read_end(void)
{
    struct console_read_results_reader results;
    struct wire_data data;

    input.reading = false;
    if (input.rpc.status == ERR_CANCELLED) {
        return;
    }
    input.status = console_read_finish(&input.rpc, &input.buffer, &results);
    if (input.status < 0) {
        input.over = true;
        return;
    }
    data = console_read_results_get_data(results);
    if (data.length == 0 || data.length > INPUT_BYTES - input.count) {
        input.over = true;
        return;
    }
    __builtin_memcpy(input.bytes + input.count, data.bytes, data.length);
    input.count += data.length;
}

/* Stops reading; a byte that arrives at the last moment is not lost. */
static void read_stop(void)
{
    if (input.reading) {
        ring_cancel(ring_self(), &input.rpc);
        read_end();
    }
}

int32_t input_byte(char *byte)
{
    if (input.at == input.count && !input.over) {
        read_start();
        if (!input.reading) {
            return ERR_OVERLOADED;
        }
        ring_await(ring_self(), &input.rpc);
        read_end();
    }
    if (input.at == input.count) {
        return input.status < 0 ? input.status : 0;
    }
    *byte = input.bytes[input.at++];
    return 1;
}

/* Waits until rpc or a read is done; false if neither ever will be. */
static bool wait_either(const struct rpc *rpc)
{
    read_start();
    while (!rpc->done && !(input.reading && input.rpc.done)) {
        if (ring_wait(ring_self(), TIMEOUT_NEVER) < 0) {
            return false;
        }
    }
    if (input.reading && input.rpc.done) {
        read_end();
    }
    return true;
}

/* True if Ctrl-C is among the bytes from index on; all before it is dropped. */
static bool interrupted(uint32_t from)
{
    for (uint32_t i = from; i < input.count; i++) {
        if (input.bytes[i] == CTRL_C) {
            input.at = i + 1;
            return true;
        }
    }
    return false;
}

void input_await(struct rpc *rpc, bool watch)
{
    struct ring_client *client = ring_self();

    if (!watch || ring_await_timeout(client, rpc, WATCH_AFTER_NS) !=
                      ERR_TIMED_OUT) {
        ring_await(client, rpc);
        return;
    }
    while (!rpc->done) {
        uint32_t before;

        read_start(); /* may move the bytes */
        before = input.count;
        if (!wait_either(rpc)) {
            return;
        }
        if (!rpc->done && interrupted(before)) {
            ring_cancel(client, rpc);
        }
    }
    read_stop();
}

/* Swallows what was typed; true if one of the keys says stop. */
static bool stop_typed(void)
{
    bool stop = false;

    while (!stop && input.at < input.count) {
        char key = input.bytes[input.at++];

        stop = key == 'q' || key == 'Q' || key == CTRL_C;
    }
    return stop || input.over;
}

bool input_pause(uint64_t timer, uint64_t wait_ns)
{
    struct rpc sleep = {.complete = NULL};
    bool stop = stop_typed();

    if (stop || timer_sleep_submit(rt(), &sleep, timer, wait_ns) < 0) {
        return false;
    }
    while (!sleep.done && !stop) {
        if (!wait_either(&sleep)) {
            return false;
        }
        stop = stop_typed();
    }
    if (!sleep.done) {
        ring_cancel(ring_self(), &sleep);
    }
    read_stop();
    return !stop && sleep.status >= 0;
}
