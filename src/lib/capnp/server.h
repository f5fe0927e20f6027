/*
 * server.h - one call, as generated dispatch code sees it.
 *
 * The carrier (the kernel for its objects, libcapos for services) fills a
 * struct server_call and hands it to <interface>_dispatch, which checks method
 * and form, and once all that the schema knows of the params (check.h), and
 * calls the handler: what a handler sees is well-formed. A handler returns
 *
 *   0               the results are complete
 *   SERVER_PENDING  it will complete later: keep what is needed, then start
 *                   over with server_results and server_finish on a call
 *                   record that has a place for results
 *   server_raise()  the exception is in the call
 *   ERR_*           another error
 *
 * Reason strings must be constant. No locks: a call record belongs to whoever
 * handles it.
 */
#ifndef CAPOS_CAPNP_SERVER_H
#define CAPOS_CAPNP_SERVER_H

#include "capnp/build.h"
#include "capnp/check.h"
#include "capnp/schema.h"
#include "errors.h"
#include "limits.h"
#include "ring.h"

#define SERVER_PENDING 1

struct server_call {
    /* Set by the carrier. */
    uint16_t method;
    uint8_t flags;       /* RING_INLINE: params in words; RING_RINLINE */
    void *context;       /* the carrier's own */
    uint64_t call_id;    /* to return to; as in struct cqe from here on */
    uint64_t tag;        /* of the facet that was called */
    uint64_t words[4];   /* params if RING_INLINE */
    const void *params;  /* else: the message, 8-aligned and stable */
    uint32_t params_len; /* bytes */
    /* Unless RING_INLINE: the CapIds that came along (services). */
    const uint64_t *param_caps;
    uint32_t param_ncaps;
    uint32_t taken; /* of these, one bit each: the handler has them */
    uint32_t result_size; /* bytes at result */
    void *result;        /* results in memory form, 8-aligned */
    /* Set by dispatch and handler. */
    uint64_t rwords[4];  /* results if RING_RINLINE */
    uint32_t result_len; /* bytes of results */
    uint32_t ncaps;
    uint64_t caps[MESSAGE_CAPS_MAX]; /* that go with the results */
    uint32_t moved; /* of these, one bit each: for good */
    uint32_t exception_kind;         /* enum cap_exception_kind */
    int32_t exception_detail;        /* an ERR_* or 0 */
    const char *exception_reason;    /* NUL-terminated */
    /* Between dispatch and handler, for messages in memory. */
    struct wire_message message;
    struct wire_builder builder;
};

/*
 * Opens the params of a method whose form (RING_INLINE, RING_RINLINE) is that.
 * Returns 0, ERR_WRONG_FORM, or ERR_BAD_MESSAGE. The fields that are pointers
 * are not checked yet.
 */
static inline int32_t server_open(struct server_call *call, uint8_t form,
                                  struct wire_struct *params)
{
    if ((call->flags & (RING_INLINE | RING_RINLINE)) != form) {
        return ERR_WRONG_FORM;
    }
    if (form & RING_INLINE) {
        *params = wire_inline(call->words);
        return 0;
    }
    return wire_open(&call->message, params, call->params, call->params_len)
               ? 0
               : ERR_BAD_MESSAGE;
}

/*
 * True if what the schema knows of opened params, which are of its type of that
 * index, is well-formed: for types that need more than check.h.
 */
bool server_check(struct server_call *call, const struct schema *schema,
                  uint32_t type, struct wire_struct params);

/*
 * Begins a call of a method whose params and results both travel inline:
 * data_words is the size of its results. 0 or ERR_WRONG_FORM.
 */
static inline int32_t server_begin_inline(struct server_call *call,
                                          uint32_t data_words)
{
    if ((call->flags & (RING_INLINE | RING_RINLINE)) !=
        (RING_INLINE | RING_RINLINE)) {
        return ERR_WRONG_FORM;
    }
    call->ncaps = 0;
    call->result_len = 8 * data_words;
    call->builder.error = false;
    return 0;
}

/* Starts results in memory: call->builder.error says that there is no room. */
struct wire_builder_struct server_results_memory(struct server_call *call,
                                                 uint16_t data_words,
                                                 uint16_t pointers);

/*
 * Starts empty results of that form and size, in rwords or at result; generated
 * <interface>_<method>_results_begin wraps it. Overflow shows in server_finish.
 */
static inline struct wire_builder_struct
server_results(struct server_call *call, uint8_t form, uint16_t data_words,
               uint16_t pointers)
{
    call->ncaps = 0;
    call->moved = 0;
    call->result_len = 8u * data_words;
    if (!(form & RING_RINLINE)) {
        return server_results_memory(call, data_words, pointers);
    }
    call->builder.error = false;
    return wire_builder_inline(call->rwords);
}

/*
 * Ends the call with the handler's status. If that is 0, sets result_len and
 * returns 0, or ERR_TOO_LARGE: results or capabilities did not fit. Every
 * other status is returned as it is, without capabilities.
 */
int32_t server_finish_memory(struct server_call *call, int32_t status);

/* For a method whose results travel inline. */
static inline int32_t server_finish_inline(struct server_call *call,
                                           int32_t status)
{
    return status == 0 && !call->builder.error
               ? 0
               : server_finish_memory(call, status);
}

static inline int32_t server_finish(struct server_call *call, int32_t status)
{
    return call->flags & RING_RINLINE ? server_finish_inline(call, status)
                                      : server_finish_memory(call, status);
}

/* Raises an exception: kind of CapException, an ERR_* or 0. ERR_EXCEPTION. */
int32_t server_raise(struct server_call *call, uint32_t kind, int32_t detail,
                     const char *reason);

/* What dispatch does about a method that has no handler. ERR_EXCEPTION. */
int32_t server_unimplemented(struct server_call *call);

/*
 * Adds a capability to the results and returns the index to set in them;
 * WIRE_NO_CAP for capability 0. One too many shows in server_finish.
 */
uint32_t server_add_cap(struct server_call *call, uint64_t cap);

/* The same, but for good: the service has it no more once it has arrived. */
uint32_t server_move_cap(struct server_call *call, uint64_t cap);

/*
 * For services: the capability that a field of the params names by its index
 * (what its getter returns); 0: none came. The handler owns it from then on.
 * Those that it does not take are released when it returns.
 */
uint64_t server_take_cap(struct server_call *call, uint32_t index);

/*
 * Writes the raised exception as a CapException message. Returns its bytes,
 * or ERR_EXCEPTION_TRUNCATED: it did not fit.
 */
int32_t server_exception(const struct server_call *call, void *buffer,
                         uint32_t size_bytes);

#endif
