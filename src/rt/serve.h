/*
 * serve.h - the skeleton of a service.
 *
 * A service is a table of handlers (capos.server.gen.h), a function that hands
 * calls to the generated dispatch, and one call of capos_serve:
 *
 *     static int32_t handle(void *self, struct server_call *call)
 *     {
 *         return echo_dispatch(&echo, self, call);
 *     }
 *     ...
 *     return capos_serve(endpoint, handle, NULL, NULL) < 0;
 *
 * One thread serves; it may hold many calls (SERVER_PENDING) and return them in
 * any order with serve_return. A handler may make calls of its own: calls that
 * arrive meanwhile wait in the receiver.
 */
#ifndef CAPOS_RT_SERVE_H
#define CAPOS_RT_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "capnp/server.h"

typedef int32_t serve_fn(void *self, struct server_call *call);

/*
 * Nobody holds the facet with that tag any more: after its last call was handled.
 * Called once for each facet, so several with one tag come several times.
 */
typedef void serve_unheld_fn(void *self, uint64_t tag);

/* What may be left 0 takes the value in brackets. */
struct serve_options {
    uint32_t credits;     /* calls delivered and not returned [16] */
    uint32_t slots;       /* of these with params in memory [credits] */
    uint32_t slot_bytes;  /* for params in memory [2048] */
    uint32_t reply_bytes; /* for results in memory [2048] */
    const bool *until;    /* capos_serve ends when this is true [never] */
    serve_unheld_fn *unheld; /* a client has gone [nothing to do] */
};

/*
 * Serves the endpoint with the calling thread until options->until, or the
 * RECV ends. 0, ERR_OVERLOADED: no memory or no place in the ring;
 * ERR_BAD_RING; or how the RECV ended (ERR_BAD_CAPABILITY, ERR_DISCONNECTED).
 */
int32_t capos_serve(uint64_t endpoint, serve_fn *handle, void *self,
                    const struct serve_options *options);

/*
 * The same in parts, for a thread that has more to wait for: serve_open arms
 * the RECV; whenever completions were dispatched (ring_wait), serve_arrived
 * serves what has come, without waiting, and returns 0, ERR_BAD_RING or how the
 * RECV ended; serve_due says whether there is anything for it; serve_close
 * cancels the RECV, tells callers that were not served, and frees *serve.
 * serve_open fails like capos_serve.
 */
struct serve;
int32_t serve_open(struct serve **out, uint64_t endpoint, serve_fn *handle,
                   void *self, const struct serve_options *options);
int32_t serve_arrived(struct serve *serve);
bool serve_due(const struct serve *serve);
void serve_close(struct serve *serve);

/*
 * Tells who supervises this program that it can be called (doc/supervision.md);
 * capos_serve does so by itself. 0, also where nobody asked to be told, or how
 * the call failed.
 */
int32_t capos_ready(void);

/*
 * Which session a call comes from: the same number for all calls of a session to
 * this endpoint, and of no use elsewhere; 0: its caller has none. One kernel
 * entry. 0, ERR_CALL_GONE: the call has ended; ERR_OVERLOADED, ERR_BAD_RING.
 */
int32_t serve_session(const struct server_call *call, uint64_t *session);

/*
 * Answers a call that a handler left pending. call->flags, call_id are as the
 * handler saw them; status is what it would have returned. Results in memory
 * must stay until the next kernel entry of this thread. 0 or ERR_OVERLOADED.
 */
int32_t serve_return(struct server_call *call, int32_t status);

#endif
