/*
 * deliver.h - bringing calls and receives together, and results back.
 */
#ifndef CAPOS_CORE_IPC_DELIVER_H
#define CAPOS_CORE_IPC_DELIVER_H

#include <stdint.h>

struct endpoint;
struct facet;
struct revocation_node;
struct sqe;
struct thread;

/*
 * CALL on a facet through a node: delivers it or queues it. Takes over the
 * caller's reference to the facet; the node was found with it.
 */
void deliver_call(struct thread *thread, struct facet *facet,
                  struct revocation_node *node, const struct sqe *sqe);

/* Serves waiting calls while a receive can take them. No lock held. */
void deliver_waiting(struct endpoint *endpoint);

/* RETURN by the current thread. */
void deliver_return(struct thread *thread, const struct sqe *sqe);

#endif
