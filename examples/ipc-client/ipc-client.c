/*
 * ipc-client - calls a service in another process.
 *
 * A synchronous call is one C function call. Several calls in flight are
 * submitted first and awaited in any order: they cost one kernel entry
 * together. An exception of the service arrives with its kind, a code and a
 * sentence.
 */
#include "capos.h"
#include "exception.h"

#define FLIGHT 16u

static uint64_t echo;

static void check_sync(void)
{
    uint64_t sum = 0;
    bool good = true;

    for (uint64_t i = 0; i < 100; i++) {
        good = good && echo_add(rt(), echo, i, 1000, &sum) == 0 &&
               sum == 1000 + i;
    }
    check(good, "100 calls, one after the other");
}

static void check_flight(void)
{
    struct rpc rpcs[FLIGHT] = {{.complete = NULL}};
    bool good = true;

    for (uint64_t i = 0; i < FLIGHT; i++) {
        good = good && echo_add_submit(rt(), &rpcs[i], echo, i, i) == 0;
    }
    for (uint64_t i = FLIGHT; i-- > 0;) {
        uint64_t sum = 0;

        good = good && transport_await(rt(), &rpcs[i]) >= 0 &&
               echo_add_finish(&rpcs[i], &sum) == 0 && sum == 2 * i;
    }
    check(good, "%u calls in flight, awaited in reverse", FLIGHT);
}

static void check_memory(void)
{
    static uint64_t memory[1024];
    static char text[1500];
    struct echo_reverse_results_reader results;
    struct rpc_buffer buffer;
    struct wire_text turned;
    bool good = true;

    for (uint32_t i = 0; i < sizeof(text); i++) {
        text[i] = (char)('a' + i % 23);
    }
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    check(echo_reverse(rt(), echo, (struct wire_text){text, 1000}, &buffer,
                       &results) == 0,
          "a text of 1000 bytes travels through memory");
    turned = echo_reverse_results_get_text(results);
    for (uint32_t i = 0; i < turned.length; i++) {
        good = good && turned.bytes[i] == text[999 - i];
    }
    check(good && turned.length == 1000, "and comes back reversed");
    rpc_buffer_init(&buffer, memory, sizeof(memory));
    check(echo_reverse(rt(), echo, (struct wire_text){text, 1500}, &buffer,
                       &results) == ERR_EXCEPTION,
          "a longer one is refused by the service");
}

static void check_exceptions(void)
{
    struct exception exception;
    struct rpc rpc = {.complete = NULL};
    bool good = true;

    for (uint16_t kind = 0; kind < CAP_EXCEPTION_KIND_COUNT; kind++) {
        good = good &&
               echo_fail_submit(rt(), &rpc, echo,
                                (enum cap_exception_kind)kind) == 0 &&
               transport_await(rt(), &rpc) < 0 &&
               exception_read(&rpc, &exception) == ERR_INVALID &&
               exception.kind == (enum cap_exception_kind)kind;
    }
    check(good, "each kind of exception arrives as what it is");
}

int main(void)
{
    echo = capset_need("echo", ECHO_INTERFACE_ID);
    check_sync();
    check_flight();
    check_memory();
    check_exceptions();
    return check_status();
}
