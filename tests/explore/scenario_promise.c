/*
 * scenario_promise.c - a promise kept against its CANCEL: a client withdraws the
 * call that another one of its calls waits for, while the server returns it. The
 * two end alike: both cancelled, or the second is made on what the first
 * returned.
 */
#include "user.h"

#include "capos.gen.h"

/* Returns a capability for the promise, and answers what comes to it then. */
static void server(struct user *self)
{
    struct ring_reply reply = {.flags = 0, .ncaps = 1};
    uint64_t file = user_cap(self, "file");
    struct user_op receive;
    struct cqe cqe;

    user_store(self, self->memory, (uint32_t)file);
    user_store(self, self->memory + 4, (uint32_t)(file >> 32));
    user_store(self, self->memory + 8, RING_XFER_COPY);
    user_store(self, self->memory + 12, 0);
    reply.xfers = (const struct ring_xfer *)(uintptr_t)self->memory;
    user_recv_begin(self, &receive, user_cap(self, "service"), 1);
    user_submit(self);
    user_line(self, 2);
    cqe = user_next(self);
    USER_EQUAL(cqe.kind, RING_CQE_CALL);
    USER_EQUAL(cqe.tag, 5);
    USER_EQUAL(ring_return(&self->ring, cqe.call_id, &reply), 0);
    for (;;) {
        cqe = user_next(self);
        if (cqe.kind == RING_CQE_CALL) {
            USER_EQUAL(cqe.tag, 6);
            user_return(self, cqe.call_id, cqe.words[0]);
        } else if (cqe.kind == RING_CQE_COMPLETION) {
            USER_EQUAL(cqe.result, ERR_CALL_GONE);
        }
    }
}

static void flag_last(struct user *self, uint8_t flag)
{
    self->ring.sqes[(self->ring.sq_tail - 1) & self->ring.sq_mask].flags |=
        flag;
}

static void run(struct user *self)
{
    uint64_t endpoint = user_endpoint(self);
    uint64_t facet = user_mint(self, endpoint, 5);
    uint64_t file = user_mint(self, endpoint, 6);
    struct user_grant grants[] = {{"service", endpoint}, {"file", file}};
    int64_t child = user_spawn(self, server, grants, 2);
    struct user_op made;
    struct user_op used;
    int32_t cancelled;

    USER_EXPECT(child > 0);
    user_wanted(0);
    user_line(self, 2);
    /* Its form is that of a method with results in memory. */
    user_call_begin(self, &made, facet, ENDPOINT_FACTORY_INTERFACE_ID,
                    ENDPOINT_FACTORY_METHOD_CREATE, 0, 0, 0);
    flag_last(self, RING_PROMISE);
    user_call_begin(self, &used, ring_promised(self->ring.sq_tail - 1, 0),
                    ECHO_INTERFACE_ID, ECHO_METHOD_ADD, 17, 0, 0);
    flag_last(self, RING_PROMISED);
    user_submit(self);
    cancelled = user_cancel(self, &made);
    if (cancelled == 0) {
        USER_EQUAL(user_await(self, &made), ERR_CANCELLED);
        USER_EQUAL(user_await(self, &used), ERR_CANCELLED);
    } else {
        USER_EQUAL(cancelled, ERR_NOT_FOUND);
        USER_EQUAL(user_await(self, &made), 0);
        USER_EQUAL(user_await(self, &used), 0);
        USER_EQUAL(used.rpc.rwords[0], 17);
        USER_EQUAL(user_release(self, user_result_cap(self, &made, 0)), 0);
    }
    user_finish_without(self, (uint64_t)child);
}

const struct explore_scenario scenario_promise_cancel = {
    .name = "promise-cancel",
    .about = "a promise is cancelled while its server keeps it",
    .cpus = 2,
    .run = run,
};
