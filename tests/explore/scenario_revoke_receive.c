/*
 * scenario_revoke_receive.c - revoke against receive: the owner's end of an endpoint
 * was lent to a server, and is taken back while it gets a call and returns it. The
 * receive ends, nothing is delivered to it any more, and the call ends, once.
 */
#include "user_authority.h"

#include "capos.gen.h"

static uint64_t facet;

static void server(struct user *self)
{
    uint64_t endpoint = user_cap(self, "service");
    struct user_op receive;

    user_recv_begin(self, &receive, endpoint, 1);
    user_submit(self);
    user_line(self, 3);
    USER_EQUAL(user_serve(self, &receive), ERR_DISCONNECTED);
    user_done();
    for (;;) {
        struct cqe cqe = user_next(self);

        USER_EXPECT(cqe.kind == RING_CQE_COMPLETION &&
                    cqe.result == ERR_CALL_GONE);
    }
}

static void caller(struct user *self)
{
    uint64_t cap = facet;
    struct user_op call;
    int32_t status;

    user_line(self, 3);
    user_call_begin(self, &call, cap, ECHO_INTERFACE_ID, ECHO_METHOD_ADD, 17,
                    0, 0);
    status = user_await(self, &call);
    USER_EXPECT(status >= 0 ? call.rpc.rwords[0] == 17
                            : status == ERR_DISCONNECTED);
    user_done();
}

static void run(struct user *self)
{
    uint64_t endpoint = user_endpoint(self);
    uint64_t revoker = user_revoker(self);
    struct user_grant grant = {"service",
                               user_attach(self, revoker, endpoint)};
    int64_t child = user_spawn(self, server, &grant, 1);
    uint64_t thread;

    facet = user_mint(self, endpoint, 5);
    thread = user_thread(self, caller, 1);
    USER_EXPECT(child > 0);
    user_wanted(3);
    user_line(self, 3);
    USER_EQUAL(user_revoke(self, revoker), 0);
    explore_calm();
    /* A call that came too late waits for a server that will not come. */
    USER_EQUAL(user_release(self, endpoint), 0);
    USER_EQUAL(user_release(self, grant.cap), 0);
    USER_EQUAL(user_join(self, thread), 0);
    user_settle(self);
    USER_EQUAL(user_kill(self, (uint64_t)child), 0);
    USER_EQUAL(user_wait(self, (uint64_t)child), 0);
    user_finish(self);
}

const struct explore_scenario scenario_revoke_receive = {
    .name = "revoke-receive",
    .about = "an endpoint is taken back while its server gets and returns a call",
    .cpus = 2,
    .run = run,
};
