/*
 * dispatch.c - the part of server dispatch that is the same for every method
 * (server.h), for kernel objects and services alike.
 *
 * Params in memory form are checked once, by generated code or against the
 * schema's table, before a handler runs, so no handler can find the middle of a
 * message broken after it has begun to act. The handler's own reading has the
 * whole budget.
 */
#include "capos.gen.h"
#include "errors.h"
#include "ring.h"
#include "capnp/server.h"

bool server_check(struct server_call *call, const struct schema *schema,
                  uint32_t type, struct wire_struct params)
{
    bool good = schema_check(schema, &schema->structs[type], params);

    wire_message_renew(&call->message);
    return good;
}

struct wire_builder_struct server_results_memory(struct server_call *call,
                                                 uint16_t data_words,
                                                 uint16_t pointers)
{
    wire_builder_init(&call->builder, call->result, call->result_size);
    return wire_builder_root(&call->builder, data_words, pointers);
}

int32_t server_finish_memory(struct server_call *call, int32_t status)
{
    if (status == 0 && call->builder.error) {
        status = ERR_TOO_LARGE;
    }
    if (status != 0) {
        call->ncaps = 0;
        return status;
    }
    if (!(call->flags & RING_RINLINE)) {
        call->result_len = (uint32_t)wire_builder_bytes(&call->builder);
    }
    return 0;
}

int32_t server_raise(struct server_call *call, uint32_t kind, int32_t detail,
                     const char *reason)
{
    call->exception_kind = kind;
    call->exception_detail = detail;
    call->exception_reason = reason;
    return ERR_EXCEPTION;
}

int32_t server_unimplemented(struct server_call *call)
{
    return server_raise(call, CAP_EXCEPTION_KIND_UNIMPLEMENTED,
                        ERR_WRONG_METHOD,
                        "this object does not offer the method yet");
}

uint32_t server_add_cap(struct server_call *call, uint64_t cap)
{
    if (cap == 0) {
        return WIRE_NO_CAP;
    }
    if (call->ncaps >= MESSAGE_CAPS_MAX) {
        call->builder.error = true;
        return WIRE_NO_CAP;
    }
    call->caps[call->ncaps] = cap;
    return call->ncaps++;
}

uint32_t server_move_cap(struct server_call *call, uint64_t cap)
{
    uint32_t index = server_add_cap(call, cap);

    if (index != WIRE_NO_CAP) {
        call->moved |= 1u << index;
    }
    return index;
}

uint64_t server_take_cap(struct server_call *call, uint32_t index)
{
    if ((call->flags & RING_INLINE) || index >= call->param_ncaps) {
        return 0;
    }
    call->taken |= 1u << index;
    return call->param_caps[index];
}

int32_t server_exception(const struct server_call *call, void *buffer,
                         uint32_t size_bytes)
{
    struct wire_text reason = {call->exception_reason, 0};
    struct cap_exception_builder root;
    struct wire_builder builder;
    int32_t bytes;

    while (reason.bytes && reason.bytes[reason.length]) {
        reason.length++;
    }
    wire_builder_init(&builder, buffer, size_bytes);
    root = cap_exception_build(&builder);
    cap_exception_set_kind(
        root, (enum cap_exception_kind)call->exception_kind);
    cap_exception_set_detail(root, call->exception_detail);
    cap_exception_set_reason(root, reason);
    bytes = wire_builder_bytes(&builder);
    return bytes < 0 ? ERR_EXCEPTION_TRUNCATED : bytes;
}
