/*
 * scenario_submit_drain.c - submit against drain: a server drains and posts
 * while its client on another CPU submits and reads what was posted.
 */
#include "user.h"

#include "capos.gen.h"

#define CALLS 2u

static void server(struct user *self)
{
    struct user_op receive;

    user_recv_begin(self, &receive, user_cap(self, "service"), 2);
    user_submit(self);
    user_line(self, 2);
    for (uint32_t i = 0; i < CALLS; i++) {
        struct cqe cqe = user_next(self);

        USER_EQUAL(cqe.kind, RING_CQE_CALL);
        user_return(self, cqe.call_id, cqe.words[0] + cqe.words[1]);
    }
    user_submit(self);
    user_done();
    for (;;) {
        (void)user_next(self);
    }
}

static void run(struct user *self)
{
    uint64_t endpoint = user_endpoint(self);
    uint64_t facet = user_mint(self, endpoint, 5);
    struct user_grant grant = {"service", endpoint};
    int64_t child = user_spawn(self, server, &grant, 1);
    struct user_op calls[CALLS];

    USER_EXPECT(child > 0);
    user_wanted(2);
    user_line(self, 2);
    for (uint32_t i = 0; i < CALLS; i++) {
        user_call_begin(self, &calls[i], facet, ECHO_INTERFACE_ID,
                        ECHO_METHOD_ADD, 10 * i, 3, 0);
    }
    for (uint32_t i = 0; i < CALLS; i++) {
        USER_EXPECT(user_await(self, &calls[i]) >= 0);
        USER_EQUAL(calls[i].rpc.rwords[0], 10 * i + 3);
    }
    user_finish_without(self, (uint64_t)child);
}

const struct explore_scenario scenario_submit_drain = {
    .name = "submit-drain",
    .about = "a client submits and reads while its server drains and posts",
    .cpus = 2,
    .both = true,
    .run = run,
};
