/*
 * serve_reply.h - how serve.c answers calls that are not the usual, short ones:
 * results in memory, exceptions.
 */
#ifndef CAPOS_RT_SERVE_REPLY_H
#define CAPOS_RT_SERVE_REPLY_H

#include "ring_client.h"
#include "serve.h"

/* Queues the RETURN, waiting for a place if there is none. 0 or ERR_BAD_RING. */
int32_t serve_reply_send(struct ring_client *client, uint64_t call_id,
                         const struct ring_reply *reply);

/*
 * Returns results in memory, or for a status below 0 an exception. The results
 * stay where they are until the next kernel entry of this thread.
 */
int32_t serve_return_memory(struct ring_client *client,
                            struct server_call *call, int32_t status);

#endif
