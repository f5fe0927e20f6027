/*
 * scenario_cancel_again.c - CANCEL against RETURN, and another call at once in the
 * same record: the late RETURN must not end it.
 */
#include "user.h"

#include "capos.gen.h"

#define RECORDS 4u /* of the client: as many as its ring has entries */
#define FIRST 100u

static void echo_begin(struct user *self, struct user_op *op, uint64_t cap,
                       uint64_t word)
{
    user_call_begin(self, op, cap, ECHO_INTERFACE_ID, ECHO_METHOD_ADD, word, 0,
                    0);
}

static void client(struct user *self)
{
    uint64_t echo = user_cap(self, "echo");
    uint64_t nobody = user_cap(self, "nobody");
    struct user_op idle[RECORDS - 1];
    struct user_op call;
    struct user_op again;

    /* All records but one are in use by calls that nobody answers. */
    for (uint32_t i = 0; i < RECORDS - 1; i++) {
        echo_begin(self, &idle[i], nobody, 0);
    }
    user_submit(self);
    user_line(self, 2);
    echo_begin(self, &call, echo, FIRST);
    user_submit(self);
    (void)user_cancel(self, &call);
    (void)user_await(self, &call);
    echo_begin(self, &again, echo, FIRST + 1);
    (void)user_await(self, &again);
    if (call.rpc.status != ERR_CANCELLED) {
        USER_EXPECT(call.rpc.status >= 0);
        USER_EQUAL(call.rpc.rwords[0], FIRST);
    }
    USER_EQUAL(again.rpc.status < 0 ? again.rpc.status : 0, 0);
    USER_EQUAL(again.rpc.rwords[0], FIRST + 1);
    explore_calm();
    user_done();
    user_exit(self, 0);
}

/* Answers each call with its own word until the client has ended. */
static void serve(struct user *self, struct user_op *ended)
{
    while (!ended->rpc.done) {
        struct cqe cqe = user_next(self);

        if (cqe.kind == RING_CQE_CALL) {
            user_return(self, cqe.call_id, cqe.words[0]);
        } else if (cqe.user_data) {
            ring_handle(&cqe);
        } else {
            USER_EQUAL(cqe.result, ERR_CALL_GONE);
        }
    }
}

static void run(struct user *self)
{
    uint64_t endpoint = user_endpoint(self);
    struct user_grant grants[] = {
        {"echo", user_mint(self, endpoint, 5)},
        {"nobody", user_mint(self, user_endpoint(self), 6)},
    };
    int64_t child = user_spawn(self, client, grants, 2);
    struct user_op receive;
    struct user_op ended;

    USER_EXPECT(child > 0);
    user_recv_begin(self, &receive, endpoint, 2);
    user_call_begin(self, &ended, (uint64_t)child, PROCESS_HANDLE_INTERFACE_ID,
                    PROCESS_HANDLE_METHOD_WAIT, 0, 0, 0);
    user_wanted(2);
    user_line(self, 2);
    serve(self, &ended);
    explore_calm();
    USER_EQUAL(user_cancel(self, &receive), 0);
    user_finish(self);
}

const struct explore_scenario scenario_cancel_again = {
    .name = "cancel-again",
    .about = "a cancelled call's record is used again while it is returned",
    .cpus = 2,
    .both = true,
    .run = run,
};
