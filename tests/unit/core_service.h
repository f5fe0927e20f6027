/*
 * core_service.h - a server and a client, two processes that share nothing but
 * an endpoint, for the tests of calls.
 *
 * Init makes the endpoint and a facet (tag SERVICE_TAG), spawns both with one of
 * them each, and keeps none itself.
 */
#ifndef CAPOS_TESTS_CORE_SERVICE_H
#define CAPOS_TESTS_CORE_SERVICE_H

#include "core_fixture.h"

#define SERVICE_TAG 77u
#define SERVICE_RECV 1000u /* user_data of service_arm */
#define SERVICE_RETURN 9u  /* user_data of service_return */

struct service {
    struct player server;
    struct player client;
    uint64_t endpoint; /* the server's */
    uint64_t facet;    /* the client's */
};

/* Boots, and makes both; queue_limit of the facet, 0: default. */
void service_begin(struct service *service, uint32_t queue_limit);

/* Makes both, once more; init keeps the endpoint, too: its CapId. */
uint64_t service_spawn(struct service *service, uint32_t queue_limit);

/* Kills both. */
void service_kill(struct service *service);

/* Kills both and ends the fixture. */
void service_end(struct service *service);

/* The entry of a RECV with slots at SCRATCH_FREE. */
struct sqe service_recv_sqe(const struct player *player, uint64_t endpoint,
                            uint32_t credits, uint32_t slots,
                            uint32_t slot_bytes);

/* Arms the server; slots of 1 KiB at SCRATCH_FREE. */
void service_arm(struct service *service, uint32_t credits, uint32_t slots);

/* Inline CALL with inline result. */
struct sqe service_call_sqe(uint64_t facet, uint64_t user_data, uint64_t word);

/* CALL with `bytes` bytes of params at SCRATCH_PARAMS and a result buffer. */
struct sqe service_message_sqe(const struct player *player, uint64_t facet,
                               uint64_t user_data, uint32_t bytes);

/* Inline RETURN. */
struct sqe service_return_sqe(uint64_t call_id, uint64_t user_data,
                              uint64_t word);

/* CANCEL of what has that user_data; its own is user_data + 1. */
struct sqe service_cancel_sqe(uint64_t user_data);

/* Pops the CQE of a call, which must be there. */
struct cqe service_receive(struct player *server);

/* The next CQE of nobody: none must be there. */
void service_nothing(struct player *player);

/* The client submits an inline CALL whose first word is its user_data. */
void service_call(struct service *service, uint64_t user_data);

/* The same, and the server, which is armed, takes it: the call's id. */
uint64_t service_taken(struct service *service, uint64_t user_data);

/* The client submits a call of any form; the CQE by which the server takes it. */
struct cqe service_deliver(struct service *service, const struct sqe *call);

/* Submits an inline RETURN. */
void service_return(struct player *player, uint64_t call_id);

/* The same for a call that is gone. */
void service_return_late(struct player *player, uint64_t call_id);

/* The entry of a RETURN by the server: 12 bytes and ncaps copies of cap. */
struct sqe service_caps_sqe(const struct service *service, uint64_t call_id,
                            uint32_t ncaps, uint64_t cap);

/* Cancels the operation with that user_data, which must be in flight. */
void service_cancel(struct player *player, uint64_t user_data);

#endif
