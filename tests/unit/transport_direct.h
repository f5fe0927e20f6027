/*
 * transport_direct.h - what generated clients ask of a program, for one whose
 * transports are functions of their own (transport.h).
 */
#ifndef CAPOS_TRANSPORT_DIRECT_H
#define CAPOS_TRANSPORT_DIRECT_H

#include <string.h>

#include "transport.h"

static inline int32_t transport_submit(struct transport *t,
                                       struct rpc *rpc)
{
    return t->submit(t, rpc);
}

static inline int32_t transport_await(struct transport *t, struct rpc *rpc)
{
    return t->await(t, rpc);
}

static inline int32_t transport_call(struct transport *t, uint64_t cap,
                                     uint16_t method, uint64_t words[4])
{
    struct rpc rpc = {.cap = cap, .method = method,
                      .flags = RING_INLINE | RING_RINLINE};
    int32_t status;

    memcpy(rpc.words, words, sizeof(rpc.words));
    status = transport_submit(t, &rpc);
    if (status >= 0) {
        status = transport_await(t, &rpc);
    }
    memcpy(words, rpc.rwords, sizeof(rpc.rwords));
    return status;
}

#endif
