/*
 * console-paths - one object, all the ways in which a call can go.
 *
 * A call on a kernel object is checked in layers: the entry itself, the
 * capability, the method, the form (inline or memory), the buffers, the
 * message. Each layer has its own error, and an error leaves nothing half done:
 * after each of them the same Console still works.
 */
#include "capos.h"

static uint64_t console;

/* Submits one hand-made call and returns how it ended. */
static int32_t call_raw(struct rpc *rpc)
{
    int32_t status = ring_submit(ring_self(), rpc);

    return status < 0 ? status : ring_await(ring_self(), rpc);
}

/* A correct Console.write, for the cases to spoil. */
static struct rpc write_call(struct rpc_buffer *buffer)
{
    struct console_write_params_builder params = {
        rpc_buffer_begin(buffer, CONSOLE_WRITE_PARAMS_DATA_WORDS,
                         CONSOLE_WRITE_PARAMS_POINTERS)};
    struct rpc rpc = {.complete = NULL};

    console_write_params_set_data(params, WIRE_DATA("  (written)\n"));
    rpc_prepare(&rpc, console, CONSOLE_METHOD_WRITE, CONSOLE_WRITE_FLAGS);
    rpc_buffer_params(buffer, &rpc);
    return rpc;
}

static void check_spoiled(const char *what, int32_t expected,
                          void (*spoil)(struct rpc *rpc))
{
    uint64_t memory[64];
    struct rpc_buffer buffer;
    struct rpc rpc;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    rpc = write_call(&buffer);
    spoil(&rpc);
    check(call_raw(&rpc) == expected, "%s: %s", what, error_name(expected));
}

static void spoil_nothing(struct rpc *rpc)
{
    (void)rpc;
}

static void spoil_capability(struct rpc *rpc)
{
    rpc->cap += 1ull << 32; /* the next generation of the slot */
}

static void spoil_method(struct rpc *rpc)
{
    rpc->method = 999;
}

static void spoil_form(struct rpc *rpc)
{
    rpc->flags |= RING_INLINE;
}

static void spoil_flags(struct rpc *rpc)
{
    rpc->flags |= RING_EXCEPTION;
}

static void spoil_params(struct rpc *rpc)
{
    rpc->params = (const void *)8; /* page 0 is never mapped */
}

static void spoil_length(struct rpc *rpc)
{
    rpc->params_len = KERNEL_MESSAGE_BYTES_MAX + 8;
}

static void spoil_message(struct rpc *rpc)
{
    /* A pointer that leads far outside the message. */
    *(uint64_t *)(uintptr_t)rpc->params = 0x0000000100fffff0ull;
}

static void check_long(void)
{
    char text[CON_LINE_BYTES + 128];

    for (uint32_t i = 0; i < sizeof(text); i++) {
        text[i] = i % 64 == 63 ? '\n' : (char)('a' + i / 64 % 26);
    }
    check(con_write(text, sizeof(text)) == 0, "a long text goes out in parts");
    check(con_write("", 0) == 0, "an empty text is no error");
}

int main(void)
{
    console = capset_need("console", CONSOLE_INTERFACE_ID);
    check_spoiled("a correct call", 0, spoil_nothing);
    check_spoiled("stale capability", ERR_BAD_CAPABILITY, spoil_capability);
    check_spoiled("unknown method", ERR_WRONG_METHOD, spoil_method);
    check_spoiled("inline form", ERR_WRONG_FORM, spoil_form);
    check_spoiled("reserved flag", ERR_BAD_FLAGS, spoil_flags);
    check_spoiled("unmapped params", ERR_BAD_BUFFER, spoil_params);
    check_spoiled("too many bytes", ERR_TOO_LARGE, spoil_length);
    check_spoiled("damaged message", ERR_BAD_MESSAGE, spoil_message);
    check_spoiled("a correct call again", 0, spoil_nothing);
    check_long();
    return check_status();
}
