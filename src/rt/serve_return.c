/* serve_return.c - see serve_reply.h. */
#include "calls.h"
#include "serve_reply.h"
#include "thread.h"

#define SERVE_EXCEPTION_BYTES 256u

static const char *error_reason(int32_t status)
{
    switch (status) {
    case ERR_WRONG_METHOD:
        return "the interface has no such method";
    case ERR_WRONG_FORM:
        return "inline and memory form do not match the method";
    case ERR_BAD_MESSAGE:
        return "the parameters are not well-formed";
    case ERR_TOO_LARGE:
        return "the results do not fit what caller and service offer";
    case ERR_BAD_CAPABILITY:
    case ERR_NOT_TRANSFERABLE:
        return "the service has no such capability to give";
    default:
        return "the service failed";
    }
}

/* An error of the service itself travels as an exception, too. */
static void reply_exception(struct server_call *call, int32_t status,
                            struct ring_reply *reply,
                            uint64_t memory[SERVE_EXCEPTION_BYTES / 8])
{
    int32_t bytes;

    if (status != ERR_EXCEPTION) {
        uint32_t kind = status == ERR_OVERLOADED
                            ? CAP_EXCEPTION_KIND_OVERLOADED
                        : status == ERR_DISCONNECTED
                            ? CAP_EXCEPTION_KIND_DISCONNECTED
                        : status == ERR_WRONG_METHOD
                            ? CAP_EXCEPTION_KIND_UNIMPLEMENTED
                        : status == ERR_BAD_MESSAGE
                            ? CAP_EXCEPTION_KIND_INVALID_ARGUMENT
                            : CAP_EXCEPTION_KIND_FAILED;

        server_raise(call, kind, status, error_reason(status));
    }
    bytes = server_exception(call, memory, SERVE_EXCEPTION_BYTES);
    if (bytes < 0) {
        call->exception_reason = "";
        bytes = server_exception(call, memory, SERVE_EXCEPTION_BYTES);
    }
    reply->flags = RING_EXCEPTION;
    reply->kind = (uint16_t)call->exception_kind;
    reply->detail = call->exception_detail;
    reply->payload = memory;
    reply->bytes = (uint32_t)bytes;
}

/* Queues the RETURN, waiting for a place; the credit's own place is there. */
int32_t serve_reply_send(struct ring_client *client, uint64_t call_id,
                          const struct ring_reply *reply)
{
    int32_t status = ring_return(client, call_id, reply);

    while (status == ERR_OVERLOADED) {
        status = ring_wait(client, TIMEOUT_NEVER);
        if (status >= 0) {
            status = ring_return(client, call_id, reply);
        }
    }
    return status;
}

/* Capabilities that were given away, and that nobody took: they end here. */
static int32_t drop_moved(struct ring_client *client,
                          const struct server_call *call)
{
    for (uint32_t i = 0; i < call->ncaps; i++) {
        while (call->moved >> i & 1 &&
               ring_release(client, NULL, call->caps[i]) == ERR_OVERLOADED) {
            int32_t status = ring_wait(client, TIMEOUT_NEVER);

            if (status < 0) {
                return status;
            }
        }
    }
    return 0;
}

/*
 * Results with capabilities, which the kernel may refuse to pass on: then the
 * call is still there. The descriptors lie on this stack frame.
 */
static int32_t return_caps(struct ring_client *client,
                           const struct server_call *call)
{
    struct ring_xfer xfers[MESSAGE_CAPS_MAX];
    struct rpc failed = {.complete = NULL};
    struct ring_reply reply = {.payload = call->result,
                               .bytes = call->result_len,
                               .xfers = xfers,
                               .ncaps = call->ncaps,
                               .failed = &failed};
    uint32_t mark;
    int32_t status;

    for (uint32_t i = 0; i < call->ncaps; i++) {
        xfers[i] = call->moved >> i & 1 ? xfer_move(call->caps[i])
                                        : xfer_copy(call->caps[i]);
    }
    status = serve_reply_send(client, call->call_id, &reply);
    mark = client->sq_tail;
    while (status >= 0 && (int32_t)(sync_load_shared(&client->kernel->sq_head) -
                                    mark) < 0) {
        status = ring_poll(client);
    }
    if (status >= 0 && failed.done) {
        status = drop_moved(client, call);
    }
    if (status < 0) {
        return status;
    }
    /* Gone or dropped: there is nobody to tell. */
    return failed.done && failed.status < 0 && failed.status != ERR_CALL_GONE
               ? failed.status
               : 0;
}

/* Results or an exception in memory. */
int32_t serve_return_memory(struct ring_client *client,
                             struct server_call *call, int32_t status)
{
    uint64_t exception[SERVE_EXCEPTION_BYTES / 8];
    struct ring_reply reply = {.flags = 0};

    if (status == 0 && call->ncaps > 0) {
        status = return_caps(client, call);
        if (status == 0 || status == ERR_BAD_RING) {
            return status;
        }
    }
    if (status != 0) {
        reply_exception(call, status, &reply, exception);
    } else {
        reply.payload = call->result;
        reply.bytes = call->result_len;
    }
    status = serve_reply_send(client, call->call_id, &reply);
    if (status >= 0 && reply.payload == exception) {
        ring_poll(client); /* the exception lies on this stack frame */
    }
    return status;
}
