/*
 * client.h - what generated client stubs share: memory for calls in memory
 * form, and the reading of their results.
 *
 * struct rpc_buffer is one run of the caller's memory for one call at a time:
 * params are built at its start, results (or an exception) land behind them.
 * It must stay where it is, unchanged, until the call is done, and until its
 * results have been read. No locks; a buffer belongs to one thread at a time.
 */
#ifndef CAPOS_CAPNP_CLIENT_H
#define CAPOS_CAPNP_CLIENT_H

#include "capnp/build.h"
#include "capnp/check.h"
#include "errors.h"
#include "limits.h"
#include "transport.h"

/* Room that a synchronous stub leaves for an exception on its stack. */
#define RPC_EXCEPTION_BYTES 160u
#define RPC_CAPS_BYTES (8u * MESSAGE_CAPS_MAX)
/* Memory for results with a root struct of that many bytes. */
#define RPC_RESULTS_BYTES(bytes)                                               \
    (8u + (bytes) + RPC_CAPS_BYTES > RPC_EXCEPTION_BYTES                       \
         ? 8u + (bytes) + RPC_CAPS_BYTES                                       \
         : RPC_EXCEPTION_BYTES)

struct rpc_buffer {
    void *bytes; /* 8-aligned */
    uint32_t size;
    struct wire_builder builder; /* params */
    struct wire_message message; /* results */
    uint64_t words[4];           /* params or results in inline form */
    uint32_t ncaps;
    uint64_t caps[MESSAGE_CAPS_MAX]; /* of the results */
    uint32_t nxfers;
    struct ring_xfer xfers[MESSAGE_CAPS_MAX]; /* of the params */
};

static inline void rpc_buffer_init(struct rpc_buffer *buffer, void *bytes,
                                   uint32_t size)
{
    buffer->bytes = bytes;
    buffer->size = size & ~7u;
    buffer->ncaps = 0;
    buffer->builder.used = 0;
}

/* The index-th capability of the results read last; 0 if there is none. */
static inline uint64_t rpc_buffer_cap(const struct rpc_buffer *buffer,
                                      uint32_t index)
{
    return index < buffer->ncaps ? buffer->caps[index] : 0;
}

/*
 * Lets a capability go with the params that were begun, and returns the index to
 * set in them; WIRE_NO_CAP for capability 0. One too many shows in submit.
 */
static inline uint32_t rpc_buffer_pass(struct rpc_buffer *buffer,
                                       struct ring_xfer xfer)
{
    if (xfer.cap == 0) {
        return WIRE_NO_CAP;
    }
    if (buffer->nxfers >= MESSAGE_CAPS_MAX) {
        buffer->builder.error = true;
        return WIRE_NO_CAP;
    }
    buffer->xfers[buffer->nxfers] = xfer;
    return buffer->nxfers++;
}

/* Starts params in memory form. */
static inline struct wire_builder_struct
rpc_buffer_begin(struct rpc_buffer *buffer, uint16_t data_words,
                 uint16_t pointers)
{
    buffer->nxfers = 0;
    wire_builder_init(&buffer->builder, buffer->bytes, buffer->size);
    return wire_builder_root(&buffer->builder, data_words, pointers);
}

/* Fills what every call needs; complete and context are the caller's. */
static inline void rpc_prepare(struct rpc *rpc, uint64_t cap, uint16_t method,
                               uint8_t flags)
{
    rpc->cap = cap;
    rpc->method = method;
    rpc->flags = flags;
    rpc->params = NULL;
    rpc->params_len = 0;
    rpc->result_size = 0;
    rpc->result = NULL;
    rpc->done = false;
    rpc->ncaps = 0;
    rpc->status = 0;
}

/* Lets results land behind the first used bytes of the buffer. */
static inline void rpc_buffer_results(struct rpc_buffer *buffer,
                                      struct rpc *rpc, uint32_t used)
{
    if (!(rpc->flags & RING_RINLINE)) {
        rpc->result = (char *)buffer->bytes + used;
        rpc->result_size = buffer->size - used;
    }
}

/*
 * Attaches the params built in the buffer. Returns 0, or ERR_TOO_LARGE: they
 * did not fit.
 */
static inline int32_t rpc_buffer_params(struct rpc_buffer *buffer,
                                        struct rpc *rpc)
{
    int32_t bytes = wire_builder_bytes(&buffer->builder);

    if (bytes < 0) {
        return bytes;
    }
    rpc->params = buffer->bytes;
    rpc->params_len = (uint32_t)bytes;
    rpc->xfers = buffer->nxfers != 0 ? buffer->xfers : NULL;
    rpc->nxfers = buffer->nxfers;
    rpc_buffer_results(buffer, rpc, (uint32_t)bytes);
    return 0;
}

/*
 * Opens results in memory form. Returns 0, the call's own error, or
 * ERR_BAD_MESSAGE.
 */
static inline int32_t rpc_results(const struct rpc *rpc,
                                  struct wire_message *message,
                                  struct wire_struct *root)
{
    int32_t status = rpc->status;

    if (status < 0) {
        return status;
    }
    if ((uint32_t)status > rpc->result_size) {
        return ERR_BAD_MESSAGE;
    }
    return wire_open(message, root, rpc->result, (uint32_t)status)
               ? 0
               : ERR_BAD_MESSAGE;
}

/* The same, with message and capabilities kept in the buffer. */
static inline int32_t rpc_buffer_open(struct rpc_buffer *buffer,
                                      const struct rpc *rpc,
                                      struct wire_struct *root)
{
    buffer->ncaps = 0;
    while (buffer->ncaps < MESSAGE_CAPS_MAX &&
           rpc_cap(rpc, buffer->ncaps) != 0) {
        buffer->caps[buffer->ncaps] = rpc_cap(rpc, buffer->ncaps);
        buffer->ncaps++;
    }
    return rpc_results(rpc, &buffer->message, root);
}

/* The same for results in inline form. */
static inline int32_t rpc_buffer_open_inline(struct rpc_buffer *buffer,
                                             const struct rpc *rpc,
                                             struct wire_struct *root)
{
    if (rpc->status < 0) {
        return rpc->status;
    }
    buffer->ncaps = 0;
    __builtin_memcpy(buffer->words, rpc->rwords, sizeof(buffer->words));
    *root = wire_inline(buffer->words);
    return 0;
}

#endif
