/*
 * scenario_cancel_again.c - CANCEL against RETURN, and another call at once: its
 * record may be that of the cancelled one, but the late RETURN must not end it.
 */
#include "user.h"

#include "capos.gen.h"

#define CALLS 2u
#define FIRST 100u

static void server(struct user *self)
{
    struct user_op receive;

    user_recv_begin(self, &receive, user_cap(self, "service"), CALLS);
    user_submit(self);
    user_line(self, 2);
    for (;;) {
        struct cqe cqe = user_next(self);

        /* Else a RETURN whose call was cancelled. */
        if (cqe.kind == RING_CQE_CALL) {
            user_return(self, cqe.call_id, cqe.words[0]);
        } else {
            USER_EQUAL(cqe.result, ERR_CALL_GONE);
        }
    }
}

static void check_call(const struct user_op *call, uint64_t word,
                       bool cancelled)
{
    if (cancelled && call->rpc.status == ERR_CANCELLED) {
        return;
    }
    USER_EXPECT(call->rpc.status >= 0);
    USER_EQUAL(call->rpc.rwords[0], word);
}

static void run(struct user *self)
{
    uint64_t endpoint = user_endpoint(self);
    uint64_t facet = user_mint(self, endpoint, 5);
    struct user_grant grant = {"service", endpoint};
    int64_t child = user_spawn(self, server, &grant, 1);
    struct user_op calls[CALLS];

    USER_EXPECT(child > 0);
    user_wanted(1);
    user_line(self, 2);
    user_call_begin(self, &calls[0], facet, ECHO_INTERFACE_ID, ECHO_METHOD_ADD,
                    FIRST, 0, 0);
    user_submit(self);
    (void)user_cancel(self, &calls[0]);
    user_call_begin(self, &calls[1], facet, ECHO_INTERFACE_ID, ECHO_METHOD_ADD,
                    FIRST + 1, 0, 0);
    (void)user_await(self, &calls[0]);
    (void)user_await(self, &calls[1]);
    check_call(&calls[0], FIRST, true);
    check_call(&calls[1], FIRST + 1, false);
    explore_calm();
    USER_EQUAL(user_kill(self, (uint64_t)child), 0);
    USER_EQUAL(user_wait(self, (uint64_t)child), 0);
    user_finish(self);
}

const struct explore_scenario scenario_cancel_again = {
    .name = "cancel-again",
    .about = "a cancelled call's record is used again while it is returned",
    .cpus = 2,
    .run = run,
};
