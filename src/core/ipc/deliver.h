/*
 * deliver.h - bringing calls and receives together, and results back.
 */
#ifndef CAPOS_CORE_IPC_DELIVER_H
#define CAPOS_CORE_IPC_DELIVER_H

#include <stdint.h>

struct endpoint;
struct facet;
struct sqe;
struct thread;

/*
 * CALL on a facet: delivers it or queues it. Takes over the caller's reference to
 * the facet.
 */
void deliver_call(struct thread *thread, struct facet *facet,
                  const struct sqe *sqe);

/* Serves waiting calls while a receive can take them. No lock held. */
void deliver_waiting(struct endpoint *endpoint);

/* RETURN by the current thread. */
void deliver_return(struct thread *thread, const struct sqe *sqe);

#endif
