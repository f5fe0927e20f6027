/*
 * scenario_handoff_timeout.c - hand-off against timeout: a client hands the CPU
 * to a server and waits, and its time is over while the answer is on its way.
 */
#include "user.h"

#include "capos.gen.h"

#define TIMEOUT_NS 1000u

static void server(struct user *self)
{
    struct user_op receive;
    struct cqe cqe;

    user_recv_begin(self, &receive, user_cap(self, "service"), 1);
    user_submit(self);
    user_line(self, 2);
    cqe = user_next(self);
    user_return(self, cqe.call_id, cqe.words[0]);
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
    struct user_op call;
    int32_t status;

    USER_EXPECT(child > 0);
    user_wanted(2);
    user_line(self, 2);
    user_call_begin(self, &call, facet, ECHO_INTERFACE_ID, ECHO_METHOD_ADD, 17,
                    0, 0);
    status = ring_await_timeout(&self->ring, &call.rpc, TIMEOUT_NS);
    if (status == ERR_TIMED_OUT) {
        status = user_await(self, &call);
    }
    USER_EXPECT(status >= 0);
    USER_EQUAL(call.rpc.rwords[0], 17);
    user_finish_without(self, (uint64_t)child);
}

const struct explore_scenario scenario_handoff_timeout = {
    .name = "handoff-timeout",
    .about = "a call's answer comes while its caller's wait times out",
    .cpus = 2,
    .ticks = true,
    .run = run,
};
