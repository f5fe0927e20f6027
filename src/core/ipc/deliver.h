/*
 * deliver.h - bringing calls and receives together, and results back.
 */
#ifndef CAPOS_CORE_IPC_DELIVER_H
#define CAPOS_CORE_IPC_DELIVER_H

#include <stdint.h>

struct call;
struct endpoint;
struct facet;
struct sqe;
struct thread;

/* CALL on a facet: delivers it or queues it. */
void deliver_call(struct thread *thread, struct facet *facet,
                  const struct sqe *sqe);

/* Serves waiting calls while a receive can take them. No lock held. */
void deliver_waiting(struct endpoint *endpoint);

/* RETURN by the current thread. */
void deliver_return(struct thread *thread, const struct sqe *sqe);

/* Ends a delivered call; its server's RETURN will find it gone. */
void deliver_forget(struct call *call);

#endif
