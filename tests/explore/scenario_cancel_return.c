/*
 * scenario_cancel_return.c - CANCEL against RETURN: a client withdraws a call
 * while its server answers it. It ends once, one way or the other, and both
 * sides learn which.
 */
#include "user.h"

#include "capos.gen.h"

static void server(struct user *self)
{
    struct user_op receive;
    struct cqe cqe;

    user_recv_begin(self, &receive, user_cap(self, "service"), 1);
    user_submit(self);
    user_line(self, 2);
    cqe = user_next(self);
    USER_EQUAL(cqe.kind, RING_CQE_CALL);
    user_return(self, cqe.call_id, cqe.words[0]);
    /* Silent if it was in time; else there is a completion. */
    user_submit(self);
    if (self->ring.available) {
        cqe = user_next(self);
        USER_EQUAL(cqe.kind, RING_CQE_COMPLETION);
        USER_EQUAL(cqe.result, ERR_CALL_GONE);
    }
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
    int32_t cancelled;
    int32_t status;

    USER_EXPECT(child > 0);
    user_wanted(1);
    user_line(self, 2);
    user_call_begin(self, &call, facet, ECHO_INTERFACE_ID, ECHO_METHOD_ADD, 17,
                    0, 0);
    user_submit(self);
    cancelled = user_cancel(self, &call);
    status = user_await(self, &call);
    if (cancelled == 0) {
        USER_EQUAL(status, ERR_CANCELLED);
    } else {
        USER_EQUAL(cancelled, ERR_NOT_FOUND);
        USER_EXPECT(status >= 0);
        USER_EQUAL(call.rpc.rwords[0], 17);
    }
    user_finish_without(self, (uint64_t)child);
}

const struct explore_scenario scenario_cancel_return = {
    .name = "cancel-return",
    .about = "a call is cancelled while its server returns it",
    .cpus = 2,
    .both = true,
    .run = run,
};
