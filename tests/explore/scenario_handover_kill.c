/*
 * scenario_handover_kill.c - hand-over against kill: a process is killed from
 * another CPU while a thread of it is handed the CPU, with a call or with the
 * answer to its own. That thread never enters the kernel again, so only whoever
 * kills can see to it that it leaves its CPU.
 */
#include "user.h"

#include "capos.gen.h"

#define SETUP_NS 1000000u

static uint64_t shared; /* for the second thread: a facet, or the service */
static uint64_t victim;

/* From the line on: the victim ends, and the second thread with it. */
static void kill_it(struct user *self, uint64_t thread)
{
    user_wanted(2);
    user_line(self, 2);
    USER_EQUAL(user_kill(self, victim), 0);
    USER_EXPECT(user_wait(self, victim) >= 0);
    USER_EXPECT(user_join(self, thread) >= 0);
    user_finish(self);
}

/* -------------------------------------------------------------- with a call */

static void server(struct user *self)
{
    struct user_op receive;

    user_recv_begin(self, &receive, user_cap(self, "service"), 1);
    USER_EQUAL(user_next(self).kind, RING_CQE_CALL);
    user_compute(self);
}

static void caller(struct user *self)
{
    uint64_t facet = shared;

    user_line(self, 2);
    USER_EQUAL(user_call(self, facet, ECHO_INTERFACE_ID, ECHO_METHOD_ADD, 17,
                         0, 0), ERR_DISCONNECTED);
    user_done();
}

static void run_call(struct user *self)
{
    uint64_t endpoint = user_endpoint(self);
    struct user_grant grant = {"service", endpoint};
    int64_t child;

    shared = user_mint(self, endpoint, 5);
    child = user_spawn(self, server, &grant, 1);
    USER_EXPECT(child > 0);
    victim = (uint64_t)child;
    USER_EQUAL(user_release(self, endpoint), 0);
    user_sleep(self, SETUP_NS); /* the server waits for a call */
    kill_it(self, user_thread(self, caller, 1));
}

const struct explore_scenario scenario_handover_kill = {
    .name = "handover-kill",
    .about = "a server is killed while it is handed the CPU with a call",
    .cpus = 2,
    .both = true,
    .run = run_call,
};

/* ---------------------------------------------------------- with the answer */

static void client(struct user *self)
{
    (void)user_call(self, user_cap(self, "echo"), ECHO_INTERFACE_ID,
                    ECHO_METHOD_ADD, 17, 0, 0);
    user_compute(self);
}

/* Returns the client's call and waits for its end, at once. */
static void service(struct user *self)
{
    struct user_op receive;
    struct user_op ended;
    struct cqe cqe;

    user_recv_begin(self, &receive, shared, 1);
    cqe = user_next(self);
    USER_EQUAL(cqe.kind, RING_CQE_CALL);
    user_line(self, 2);
    user_return(self, cqe.call_id, cqe.words[0]);
    user_call_begin(self, &ended, victim, PROCESS_HANDLE_INTERFACE_ID,
                    PROCESS_HANDLE_METHOD_WAIT, 0, 0, 0);
    while (!ended.rpc.done) { /* the RETURN may come too late */
        cqe = user_next(self);
        ring_handle(&cqe);
    }
    USER_EXPECT(ended.rpc.status >= 0);
    user_done();
}

static void run_answer(struct user *self)
{
    uint64_t endpoint = user_endpoint(self);
    struct user_grant grant = {"echo", user_mint(self, endpoint, 5)};
    int64_t child = user_spawn(self, client, &grant, 1);

    USER_EXPECT(child > 0);
    victim = (uint64_t)child;
    shared = endpoint;
    user_sleep(self, SETUP_NS); /* the client waits for its answer */
    kill_it(self, user_thread(self, service, 1));
}

const struct explore_scenario scenario_answer_kill = {
    .name = "answer-kill",
    .about = "a client is killed while it is handed the CPU with its answer",
    .cpus = 2,
    .both = true,
    .run = run_answer,
};
