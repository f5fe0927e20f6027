/*
 * scenario_release_call.c - RELEASE against CALL: one thread lets go of the last
 * capability to a facet while another one calls it.
 */
#include "user.h"

#include "capos.gen.h"

static uint64_t facet;

static void server(struct user *self)
{
    struct user_op receive;

    user_recv_begin(self, &receive, user_cap(self, "service"), 1);
    user_submit(self);
    user_line(self, 3);
    for (;;) {
        struct cqe cqe = user_next(self);

        if (cqe.kind == RING_CQE_CALL) {
            user_return(self, cqe.call_id, cqe.words[0]);
        }
    }
}

static void caller(struct user *self)
{
    uint64_t cap = facet;
    int32_t status;
    struct user_op call;

    user_line(self, 3);
    user_call_begin(self, &call, cap, ECHO_INTERFACE_ID, ECHO_METHOD_ADD, 17,
                    0, 0);
    status = user_await(self, &call);
    if (status >= 0) {
        USER_EQUAL(call.rpc.rwords[0], 17);
    } else {
        USER_EXPECT(status == ERR_BAD_CAPABILITY ||
                    status == ERR_DISCONNECTED);
    }
    user_over(2);
    user_done();
}

static void run(struct user *self)
{
    uint64_t endpoint = user_endpoint(self);
    struct user_grant grant = {"service", endpoint};
    int64_t child = user_spawn(self, server, &grant, 1);
    uint64_t thread;

    facet = user_mint(self, endpoint, 5);
    thread = user_thread(self, caller, 1);
    USER_EXPECT(child > 0);
    user_wanted(2);
    user_line(self, 3);
    USER_EQUAL(user_release(self, facet), 0);
    user_over(2);
    USER_EQUAL(user_join(self, thread), 0);
    user_finish_without(self, (uint64_t)child);
}

const struct explore_scenario scenario_release_call = {
    .name = "release-call",
    .about = "the last capability to a facet is released while it is called",
    .cpus = 2,
    .both = true,
    .run = run,
};
