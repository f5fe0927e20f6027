/*
 * scenario_revoke_call.c - revoke against call: a facet that was lent is called,
 * delivered and returned while it is taken back. The call ends once, and none is
 * left when the revocation is complete.
 */
#include "user_authority.h"

#include "capos.gen.h"

static uint64_t lent;
static bool answers;
static sync_u32 verdicts[2]; /* of server and caller; 1: in time, 2: cut */

/* Both sides agree on what became of the call, whoever speaks last. */
static void verdict(uint32_t side, bool cut)
{
    uint32_t mine = cut ? 2 : 1;
    uint32_t other;

    sync_store(&verdicts[side], mine);
    other = sync_load(&verdicts[1 - side]);
    if (other) {
        USER_EQUAL(other, mine);
    }
}

static void server(struct user *self)
{
    bool returns = answers;
    struct user_op receive;
    struct cqe cqe;

    user_recv_begin(self, &receive, user_cap(self, "service"), 1);
    user_submit(self);
    if (!returns) { /* it keeps what it gets: only revoking ends that */
        user_line(self, 3);
        for (;;) {
            (void)user_next(self);
        }
    }
    cqe = user_next(self);
    USER_EQUAL(cqe.kind, RING_CQE_CALL);
    user_line(self, 3);
    user_return(self, cqe.call_id, cqe.words[0]);
    user_submit(self);
    if (self->ring.available) {
        cqe = user_next(self);
        USER_EQUAL(cqe.kind, RING_CQE_COMPLETION);
        USER_EQUAL(cqe.result, ERR_CALL_GONE);
        verdict(0, true);
    } else {
        verdict(0, false);
    }
    user_done();
    for (;;) {
        (void)user_next(self);
    }
}

static void caller(struct user *self)
{
    uint64_t cap = lent;
    struct user_op call;
    int32_t status;

    if (answers) { /* the server has it when the line is crossed */
        user_call_begin(self, &call, cap, ECHO_INTERFACE_ID, ECHO_METHOD_ADD,
                        17, 0, 0);
        user_submit(self);
        user_line(self, 3);
        status = user_await(self, &call);
        USER_EXPECT(status >= 0 ? call.rpc.rwords[0] == 17
                                : status == ERR_DISCONNECTED);
        verdict(1, status < 0);
    } else {
        user_line(self, 3);
        status = user_call(self, cap, ECHO_INTERFACE_ID, ECHO_METHOD_ADD, 17,
                           0, 0);
        USER_EXPECT(status == ERR_DISCONNECTED ||
                    status == ERR_BAD_CAPABILITY);
    }
    user_done();
}

static void run(struct user *self)
{
    uint64_t endpoint = user_endpoint(self);
    struct user_grant grant = {"service", endpoint};
    uint64_t facet = user_mint(self, endpoint, 5);
    uint64_t revoker = user_revoker(self);
    uint64_t thread;
    int64_t child;

    lent = user_attach(self, revoker, facet);
    child = user_spawn(self, server, &grant, 1);
    USER_EXPECT(child > 0);
    thread = user_thread(self, caller, 1);
    user_wanted(answers ? 3 : 2);
    user_line(self, 3);
    USER_EQUAL(user_revoke(self, revoker), 0);
    USER_EQUAL(user_join(self, thread), 0);
    explore_calm();
    USER_EQUAL(user_call(self, lent, ECHO_INTERFACE_ID, ECHO_METHOD_ADD, 1, 0,
                         0), ERR_BAD_CAPABILITY);
    USER_EQUAL(user_release(self, lent), 0);
    user_settle(self);
    USER_EQUAL(user_kill(self, (uint64_t)child), 0);
    USER_EQUAL(user_wait(self, (uint64_t)child), 0);
    user_finish(self);
}

static void run_call(struct user *self)
{
    answers = false;
    run(self);
}

static void run_return(struct user *self)
{
    answers = true;
    run(self);
}

const struct explore_scenario scenario_revoke_call = {
    .name = "revoke-call",
    .about = "a facet is taken back while it is called",
    .cpus = 2,
    .run = run_call,
};

const struct explore_scenario scenario_revoke_return = {
    .name = "revoke-return",
    .about = "a facet is taken back while a call through it is returned",
    .cpus = 2,
    .run = run_return,
};
