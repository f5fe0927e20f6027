/*
 * null-cap - a capability that can do nothing.
 *
 * It was granted in the place of a real one. Whatever a program tries on it, it
 * hears the same: unimplemented. It learns nothing, and nothing happens.
 */
#include "capos.h"
#include "exception.h"

static uint64_t null;

/* True if the call ended with the exception unimplemented. */
static bool unimplemented(struct rpc *rpc)
{
    struct exception exception;
    int32_t status = transport_await(rt(), rpc);

    (void)exception_read(rpc, &exception);
    return (status == ERR_EXCEPTION || status == ERR_EXCEPTION_TRUNCATED) &&
           exception.kind == CAP_EXCEPTION_KIND_UNIMPLEMENTED;
}

static void check_forms(void)
{
    uint64_t memory[64];
    struct rpc_buffer buffer;
    struct rpc rpc = {.complete = NULL};

    timer_now_submit(rt(), &rpc, null);
    check(unimplemented(&rpc), "both sides inline: unimplemented");
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    console_write_submit(rt(), &rpc, null,
                         (struct wire_data){(const uint8_t *)"hello", 5},
                         &buffer);
    check(unimplemented(&rpc), "params in memory: unimplemented");
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    console_read_submit(rt(), &rpc, null, 16, &buffer);
    check(unimplemented(&rpc), "results in memory: unimplemented");
}

static void check_often(void)
{
    uint32_t good = 0;

    for (uint32_t i = 0; i < 1000; i++) {
        struct rpc rpc = {.complete = NULL};

        timer_now_submit(rt(), &rpc, null);
        good += unimplemented(&rpc);
    }
    check(good == 1000, "however often it is asked");
}

int main(void)
{
    null = capset_need("null", NULL_CAP_INTERFACE_ID);
    check_forms();
    check_often();
    cap_release(null);
    check(timer_now(rt(), null, &(uint64_t){0}) == ERR_BAD_CAPABILITY,
          "released, it is not even that");
    return check_status();
}
