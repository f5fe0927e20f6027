/*
 * scenario_server_exit.c - a server exits, or its facet is closed, while it is
 * called and while it returns. The call ends, once.
 */
#include "user.h"

#include "capos.gen.h"

static bool closes; /* and not exits */

static void server(struct user *self)
{
    uint64_t endpoint = user_cap(self, "service");
    bool close = closes;
    struct user_op receive;
    struct cqe cqe;

    user_recv_begin(self, &receive, endpoint, 1);
    user_submit(self);
    user_line(self, 2);
    if (close) {
        cqe = user_next(self);
        if (cqe.kind == RING_CQE_CALL) {
            user_return(self, cqe.call_id, cqe.words[0]);
            user_submit(self);
        }
    }
    user_exit(self, 0);
}

static void await_call(struct user *self, struct user_op *call)
{
    int32_t status = user_await(self, call);

    if (status >= 0) {
        USER_EQUAL(call->rpc.rwords[0], 17);
    } else {
        USER_EQUAL(status, ERR_DISCONNECTED);
    }
}

static void explore_end(struct user *self, bool close)
{
    uint64_t endpoint = user_endpoint(self);
    uint64_t facet = user_mint(self, endpoint, 5);
    struct user_grant grant = {"service", endpoint};
    struct user_op call;
    int64_t child;

    closes = close;
    child = user_spawn(self, server, &grant, 1);
    USER_EXPECT(child > 0);
    if (!close) {
        USER_EQUAL(user_release(self, endpoint), 0);
    }
    user_wanted(1);
    user_line(self, 2);
    user_call_begin(self, &call, facet, ECHO_INTERFACE_ID, ECHO_METHOD_ADD, 17,
                    0, 0);
    if (close) {
        user_submit(self);
        USER_EXPECT(user_call(self, endpoint, ENDPOINT_INTERFACE_ID,
                              ENDPOINT_METHOD_CLOSE, 5, 0, 0) >= 0);
    }
    await_call(self, &call);
    explore_calm();
    USER_EQUAL(user_kill(self, (uint64_t)child), 0);
    USER_EQUAL(user_wait(self, (uint64_t)child), 0);
    user_finish(self);
}

static void run_exit(struct user *self)
{
    explore_end(self, false);
}

static void run_close(struct user *self)
{
    explore_end(self, true);
}

const struct explore_scenario scenario_server_exit = {
    .name = "server-exit",
    .about = "a server exits while it is called",
    .cpus = 2,
    .both = true,
    .run = run_exit,
};

const struct explore_scenario scenario_close_return = {
    .name = "close-return",
    .about = "facets are closed while a call on one is delivered and returned",
    .cpus = 2,
    .both = true,
    .run = run_close,
};
