/* exception.c - reading a CapException out of a failed call. */
#include "exception.h"

#include "errors.h"
#include "fmt.h"

static void reason_read(const struct rpc *rpc, struct exception *exception)
{
    uint64_t bytes = rpc->rwords[2];
    struct cap_exception_reader reader;
    struct wire_message message;
    struct wire_text reason;

    if (bytes == 0 || bytes > rpc->result_size ||
        wire_message_init(&message, rpc->result, bytes) < 0) {
        return;
    }
    reader = cap_exception_read(&message);
    reason = cap_exception_get_reason(reader);
    fmt_format(exception->reason, sizeof(exception->reason), "%.*s",
               (int)reason.length, reason.bytes);
}

int32_t exception_read(const struct rpc *rpc, struct exception *exception)
{
    *exception = (struct exception){.reason = ""};
    if (rpc->status != ERR_EXCEPTION &&
        rpc->status != ERR_EXCEPTION_TRUNCATED) {
        return rpc->status;
    }
    exception->kind = (enum cap_exception_kind)rpc->rwords[0];
    exception->detail = (int32_t)rpc->rwords[1];
    if (rpc->status == ERR_EXCEPTION) {
        reason_read(rpc, exception);
    }
    return exception->detail < 0 ? exception->detail : rpc->status;
}
