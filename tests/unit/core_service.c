/* core_service.c - a server and a client (core_service.h). */
#include "core_service.h"

void service_begin(struct service *service, uint32_t queue_limit)
{
    fixture_begin();
    fixture_release(&fixture_init, service_spawn(service, queue_limit));
}

uint64_t service_spawn(struct service *service, uint32_t queue_limit)
{
    struct fixture_request server = {0};
    struct fixture_request client = {0};
    uint64_t endpoint;
    uint64_t facet;

    endpoint = fixture_endpoint(&fixture_init);
    facet = fixture_mint(&fixture_init, endpoint, SERVICE_TAG, queue_limit);
    server.grants[0] = (struct fixture_grant){"service", endpoint};
    client.grants[0] = (struct fixture_grant){"echo", facet};
    fixture_spawn(&fixture_init, &server, &service->server);
    fixture_spawn(&fixture_init, &client, &service->client);
    fixture_release(&fixture_init, facet);
    service->endpoint = player_cap(&service->server, "service");
    service->facet = player_cap(&service->client, "echo");
    return endpoint;
}

void service_end(struct service *service)
{
    service_kill(service);
    fixture_end();
}

void service_kill(struct service *service)
{
    fixture_kill(&fixture_init, service->server.handle, 0);
    fixture_kill(&fixture_init, service->client.handle, 0);
    player_detach(&service->server);
    player_detach(&service->client);
}

struct sqe service_recv_sqe(const struct player *player, uint64_t endpoint,
                            uint32_t credits, uint32_t slots,
                            uint32_t slot_bytes)
{
    return (struct sqe){
        .opcode = RING_RECV,
        .cap = endpoint,
        .user_data = SERVICE_RECV,
        .recv = {.area = slots ? player->scratch + SCRATCH_FREE : 0,
                 .slot_bytes = slot_bytes,
                 .slots = slots,
                 .credits = credits},
    };
}

void service_arm(struct service *service, uint32_t credits, uint32_t slots)
{
    struct sqe sqe = service_recv_sqe(&service->server, service->endpoint,
                                      credits, slots, slots ? 1024 : 0);

    player_submit(&service->server, &sqe);
    service_nothing(&service->server);
}

struct sqe service_call_sqe(uint64_t facet, uint64_t user_data, uint64_t word)
{
    return (struct sqe){
        .opcode = RING_CALL,
        .flags = RING_INLINE | RING_RINLINE,
        .method = 3,
        .cap = facet,
        .user_data = user_data,
        .words = {word, word + 1, word + 2, word + 3},
    };
}

struct sqe service_message_sqe(const struct player *player, uint64_t facet,
                               uint64_t user_data, uint32_t bytes)
{
    return (struct sqe){
        .opcode = RING_CALL,
        .method = 4,
        .cap = facet,
        .user_data = user_data,
        .memory = {.params = player->scratch + SCRATCH_PARAMS,
                   .params_len = bytes},
        .result = player->scratch + SCRATCH_RESULTS,
        .result_len = 256,
    };
}

struct sqe service_return_sqe(uint64_t call_id, uint64_t user_data,
                              uint64_t word)
{
    return (struct sqe){
        .opcode = RING_RETURN,
        .flags = RING_INLINE,
        .cap = call_id,
        .user_data = user_data,
        .words = {word, word + 1, word + 2, word + 3},
    };
}

struct sqe service_cancel_sqe(uint64_t user_data)
{
    return (struct sqe){
        .opcode = RING_CANCEL,
        .user_data = user_data + 1,
        .words = {user_data},
    };
}

struct cqe service_receive(struct player *server)
{
    struct cqe cqe = player_expect(server, SERVICE_RECV);

    ck_assert_int_eq(cqe.kind, RING_CQE_CALL);
    ck_assert_int_eq(cqe.result, 0);
    ck_assert_uint_eq(cqe.tag, SERVICE_TAG);
    return cqe;
}

void service_nothing(struct player *player)
{
    struct cqe cqe;

    ck_assert(!player_pop(player, &cqe));
}

void service_call(struct service *service, uint64_t user_data)
{
    struct sqe sqe = service_call_sqe(service->facet, user_data, user_data);

    player_submit(&service->client, &sqe);
}

uint64_t service_taken(struct service *service, uint64_t user_data)
{
    service_call(service, user_data);
    return service_receive(&service->server).call_id;
}

struct cqe service_deliver(struct service *service, const struct sqe *call)
{
    player_submit(&service->client, call);
    service_nothing(&service->client);
    return service_receive(&service->server);
}

void service_return(struct player *player, uint64_t call_id)
{
    struct sqe sqe = service_return_sqe(call_id, SERVICE_RETURN, 0);

    player_submit(player, &sqe);
}

void service_return_late(struct player *player, uint64_t call_id)
{
    service_return(player, call_id);
    ck_assert_int_eq(player_expect(player, SERVICE_RETURN).result,
                     ERR_CALL_GONE);
}

struct sqe service_caps_sqe(const struct service *service, uint64_t call_id,
                            uint32_t ncaps, uint64_t cap)
{
    const struct player *server = &service->server;
    struct sqe sqe = {.opcode = RING_RETURN,
                      .cap = call_id,
                      .user_data = SERVICE_RETURN};

    for (uint32_t i = 0; i < ncaps; i++) {
        struct ring_xfer xfer = {.cap = cap};

        player_write(server, server->scratch + 512 + i * sizeof(xfer), &xfer,
                     sizeof(xfer));
    }
    sqe.memory.params = server->scratch;
    sqe.memory.params_len = 12;
    sqe.memory.xfers = ncaps ? server->scratch + 512 : 0;
    sqe.memory.ncaps = ncaps;
    return sqe;
}

void service_cancel(struct player *player, uint64_t user_data)
{
    struct sqe sqe = service_cancel_sqe(user_data);

    player_submit(player, &sqe);
    ck_assert_int_eq(player_expect(player, user_data).result, ERR_CANCELLED);
    ck_assert_int_eq(player_expect(player, user_data + 1).result, 0);
}
