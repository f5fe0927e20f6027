/* trace.c - the command trace: the kernel's trace, begun and ended by hand. */
#include "exception.h"
#include "shell.h"

/* 0, or the error that says most about why there is no trace. */
static int32_t trace_start(uint64_t trace, const char *name)
{
    struct wire_text text = {name, (uint32_t)text_length(name)};
    struct rpc rpc = {.complete = NULL};
    struct exception exception;
    struct rpc_buffer buffer;
    uint64_t memory[64];
    int32_t status;

    rpc_buffer_init(&buffer, memory, sizeof(memory));
    status = trace_control_start_submit(rt(), &rpc, trace, text, &buffer);
    if (status >= 0) {
        status = transport_await(rt(), &rpc);
    }
    if (status == ERR_EXCEPTION || status == ERR_EXCEPTION_TRUNCATED) {
        status = exception_read(&rpc, &exception);
    }
    return status;
}

static void trace_on(uint64_t trace, const char *name)
{
    int32_t status = trace_start(trace, name);

    if (status == ERR_NOT_FOUND) {
        con_print("trace: %s: this machine has nowhere to put a trace\n",
                  error_name(status));
    } else if (status == ERR_INVALID) {
        con_print("trace: %s: \"%s\" is not a name that a trace can have "
                  "here\n",
                  error_name(status), name);
    } else if (status < 0) {
        con_fail("trace", status);
    } else {
        con_print("tracing to %s\n", name);
    }
}

static void trace_off(uint64_t trace)
{
    int32_t status = trace_control_stop(rt(), trace);

    if (status < 0) {
        con_fail("trace", status);
    }
}

void command_trace(uint32_t argc, char **argv)
{
    bool on = argc == 3 && text_equal(argv[1], "on");
    bool off = argc == 2 && text_equal(argv[1], "off");
    uint64_t trace;

    if (!on && !off) {
        con_print("trace: say \"trace on FILE\" or \"trace off\"\n");
        return;
    }
    trace = shell_need("trace", "trace", TRACE_CONTROL_INTERFACE_ID);
    if (trace != CAP_NONE && on) {
        trace_on(trace, argv[2]);
    } else if (trace != CAP_NONE) {
        trace_off(trace);
    }
}
