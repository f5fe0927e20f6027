/*
 * scenario_unheld.c - the last capability to a facet goes: against a call on it,
 * and against the endpoint's end. The server is told once, after the call if that
 * came to it, and not at all if the endpoint was closed before.
 */
#include "user.h"

#include "capos.gen.h"

static uint64_t facet;
static uint64_t owner;

/* Counts what it is told; a notice is the last thing that it hears of a facet. */
static void server(struct user *self)
{
    struct user_op receive;
    bool told = false;

    user_recv_begin(self, &receive, user_cap(self, "service"), 1);
    user_submit(self);
    user_line(self, 3);
    while (!told) {
        struct cqe cqe = user_next(self);

        if (cqe.kind == RING_CQE_COMPLETION) {
            continue;
        }
        USER_EQUAL(cqe.tag, 5);
        told = cqe.kind == RING_CQE_UNHELD;
        user_return(self, cqe.call_id, cqe.words[0]);
        user_submit(self);
    }
    user_over(3);
    user_done();
    for (;;) {
        struct cqe cqe = user_next(self);

        USER_EXPECT(cqe.kind == RING_CQE_COMPLETION);
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
    if (status >= 0) {
        USER_EQUAL(call.rpc.rwords[0], 17);
    } else {
        USER_EQUAL(status, ERR_BAD_CAPABILITY);
    }
    user_over(3);
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
    user_over(3);
    USER_EQUAL(user_join(self, thread), 0);
    user_finish_without(self, (uint64_t)child);
}

const struct explore_scenario scenario_unheld_call = {
    .name = "unheld-call",
    .about = "the last capability to a facet goes while it is called",
    .cpus = 2,
    .run = run,
};

/* Lets go of the endpoint, which is its only holder. */
static void closer(struct user *self)
{
    user_line(self, 2);
    USER_EQUAL(user_release(self, owner), 0);
    user_over(2);
    user_done();
}

static void run_close(struct user *self)
{
    struct user_op receive;
    uint64_t thread;
    bool ended = false;

    owner = user_endpoint(self);
    facet = user_mint(self, owner, 5);
    user_recv_begin(self, &receive, owner, 1);
    user_submit(self);
    thread = user_thread(self, closer, 1);
    user_wanted(1);
    user_line(self, 2);
    /* Not awaited: what the receive is told may come before. */
    USER_EQUAL(ring_release(&self->ring, NULL, facet), 0);
    while (!ended) {
        struct cqe cqe = user_next(self);

        if (cqe.kind == RING_CQE_UNHELD) {
            USER_EQUAL(cqe.tag, 5);
            user_return(self, cqe.call_id, 0);
            user_submit(self);
        } else {
            ended = cqe.user_data == (uintptr_t)&receive;
            USER_EXPECT(!ended || cqe.result == ERR_DISCONNECTED);
        }
    }
    user_over(2);
    USER_EQUAL(user_join(self, thread), 0);
    user_finish(self);
}

const struct explore_scenario scenario_unheld_close = {
    .name = "unheld-close",
    .about = "the last capability to a facet goes while its endpoint closes",
    .cpus = 2,
    .run = run_close,
};
