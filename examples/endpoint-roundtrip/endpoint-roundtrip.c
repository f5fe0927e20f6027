/*
 * endpoint-roundtrip - a service and its client in one process.
 *
 * An Endpoint is the owner end of a service: a thread arms it (RECV) and
 * answers calls. What clients hold are facets, which their server minted, each
 * with a tag that the server chose and the client cannot see. Here the main
 * thread is the client of a second one; calls travel inline, through memory,
 * and come back as exceptions; closing a facet ends it.
 */
#include "capos.h"
#include "serve.h"
#include "../ipc-server/echo.h"

#define TAG 42u

static uint64_t endpoint;
static bool stop;
static uint64_t tag_seen;
static int32_t served;

static int32_t add(void *self, struct server_call *call,
                   struct echo_add_params_reader params,
                   struct echo_add_results_builder results)
{
    tag_seen = call->tag;
    return echo_sum(self, call, params, results);
}

/* No handler for Echo.fail: dispatch answers for it. The last call stops. */
static int32_t handle(void *self, struct server_call *call)
{
    static const struct echo_server echo = {.add = add, .reverse = echo_turn};

    stop = call->method == ECHO_METHOD_FAIL;
    return echo_dispatch(&echo, self, call);
}

static void server(void *argument)
{
    struct serve_options options = {.credits = 4, .until = &stop};

    (void)argument;
    served = capos_serve(endpoint, handle, NULL, &options);
}

static void check_reverse(uint64_t facet)
{
    uint64_t memory[64];
    struct echo_reverse_results_reader results = {.s = {.message = NULL}};
    struct rpc_buffer buffer;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    check(echo_reverse(rt(), facet, WIRE_TEXT("stressed"), &buffer,
                       &results) == 0,
          "reverse went through memory");
    check(wire_text_equal(echo_reverse_results_get_text(results),
                          WIRE_TEXT("desserts")),
          "stressed is desserts");
}

static void client(uint64_t facet)
{
    uint64_t sum = 0;
    uint32_t closed = 0;

    check(echo_add(rt(), facet, 40, 2, &sum) == 0 && sum == 42, "40 + 2 = 42");
    check(tag_seen == TAG, "the server saw the facet's tag");
    check_reverse(facet);
    check(echo_fail(rt(), facet, CAP_EXCEPTION_KIND_FAILED) < 0,
          "a method without handler raises an exception");
    check(endpoint_close(rt(), endpoint, TAG, &closed) == 0 && closed == 1,
          "one facet closed");
    check(echo_add(rt(), facet, 1, 1, &sum) == ERR_DISCONNECTED,
          "a call on it says that the other side is gone");
}

int main(void)
{
    uint64_t factory = capset_need("endpoints", ENDPOINT_FACTORY_INTERFACE_ID);
    struct thread *thread;
    uint64_t facet = CAP_NONE;
    int64_t code = 0;

    if (!check(endpoint_factory_create(rt(), factory, &endpoint) == 0,
               "endpoint created") ||
        !check(endpoint_mint(rt(), endpoint, TAG, ECHO_INTERFACE_ID, 0,
                             false, &facet) == 0,
               "facet minted") ||
        !check(thread_start(&thread, server, NULL) == 0, "server started")) {
        return 1;
    }
    client(facet);
    check(thread_join(thread, &code) == 0 && code == 0, "server thread joined");
    check(served == 0, "it served until it was told to stop");
    return check_status();
}
