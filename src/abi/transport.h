/*
 * transport.h - one call, as generated client stubs describe it to whatever
 * carries it.
 *
 * A stub fills a struct rpc and hands it to a transport. The ring transport of
 * libcapos is the usual one and is inlined into the stubs; tests and tools give
 * their own functions.
 */
#ifndef CAPOS_ABI_TRANSPORT_H
#define CAPOS_ABI_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "ring.h"

/*
 * A call in flight. Belongs to the caller and must stay where it is, with the
 * params and result memory it points to, until done is true.
 */
struct rpc {
    /* Set by the stub. */
    uint64_t cap;
    uint16_t method;
    uint8_t flags;        /* RING_INLINE, RING_RINLINE */
    uint64_t words[4];    /* params if RING_INLINE */
    const void *params;   /* else: canonical message */
    uint32_t params_len;  /* bytes */
    uint32_t result_size; /* bytes at result; 0 with RING_RINLINE */
    void *result;         /* 8-aligned; payload, then CapIds */
    /* Unless RING_INLINE: capabilities that go with the params. */
    const struct ring_xfer *xfers;
    uint32_t nxfers;
    /* Set by the caller of an asynchronous stub, before submission; or NULL. */
    void (*complete)(struct rpc *rpc);
    void *context;
    /* Set by the transport at completion. */
    bool done;
    uint8_t ncaps;      /* CapIds in the result, see rpc_cap */
    int32_t status;     /* bytes of result, or an ERR_* */
    uint64_t rwords[4]; /* result if RING_RINLINE; exception: see ring.h */
};

/* Params in memory, of a call that waits: as in struct rpc. */
struct rpc_message {
    const void *params;
    uint32_t params_len;
    uint32_t nxfers;
    const struct ring_xfer *xfers; /* NULL if there are none */
};

/*
 * submit: queues the call; ERR_OVERLOADED when there is no place for it.
 * await: returns when rpc->done; runs completions of other calls meanwhile.
 * Both NULL in the ring transport, which the stubs reach through
 * transport_submit, _await and _call of the including program.
 */
struct transport {
    int32_t (*submit)(struct transport *transport, struct rpc *rpc);
    int32_t (*await)(struct transport *transport, struct rpc *rpc);
};

/* A capability as an argument: passed on as a copy, or for good. */
static inline struct ring_xfer xfer_copy(uint64_t cap)
{
    return (struct ring_xfer){.cap = cap, .mode = RING_XFER_COPY};
}

static inline struct ring_xfer xfer_move(uint64_t cap)
{
    return (struct ring_xfer){.cap = cap, .mode = RING_XFER_MOVE};
}

/* The index-th capability that came with the result; 0 if there is none. */
static inline uint64_t rpc_cap(const struct rpc *rpc, uint32_t index)
{
    const char *after = (const char *)rpc->result;

    if (rpc->status < 0 || index >= rpc->ncaps) {
        return 0;
    }
    after += ((uint32_t)rpc->status + 7u) & ~7u;
    return ((const uint64_t *)(const void *)after)[index];
}

#endif
