/*
 * scenario_exit.c - exit against everything: a process exits while another
 * thread of it does something, and while its service is called.
 */
#include "user.h"

#include "capos.gen.h"

enum doing { DOES_CALL, DOES_PARK, DOES_MAP, DOES_COMPUTE };

static enum doing doing;

static void act(struct user *self, enum doing what, uint64_t cap)
{
    struct user_op op;

    switch (what) {
    case DOES_CALL:
        user_call_begin(self, &op, cap, ECHO_INTERFACE_ID, ECHO_METHOD_ADD, 17,
                        0, 0);
        break;
    case DOES_PARK:
        user_park_begin(self, &op, self->memory, 0, TIMEOUT_NEVER);
        break;
    case DOES_COMPUTE:
        user_compute(self);
    default:
        user_call_begin(self, &op, cap, VIRTUAL_MEMORY_INTERFACE_ID,
                        VIRTUAL_MEMORY_METHOD_MAP, 0,
                        1 | (uint64_t)PROTECTION_READ_WRITE << 32, 0);
        break;
    }
    (void)user_await(self, &op);
}

static void second(struct user *self)
{
    enum doing what = doing;
    uint64_t cap = user_cap(self, what == DOES_CALL ? "echo" : "self-memory");

    user_line(self, 3);
    act(self, what, cap);
    for (;;) {
        (void)user_next(self);
    }
}

static void child(struct user *self)
{
    (void)user_thread(self, second, 1);
    user_line(self, 3);
    user_exit(self, 3);
}

/* Serves until the child's end is known. */
static void serve(struct user *self, struct user_op *ended)
{
    while (!ended->rpc.done) {
        struct cqe cqe = user_next(self);

        if (cqe.kind == RING_CQE_CALL) {
            user_return(self, cqe.call_id, cqe.words[0]);
        } else {
            ring_handle(&cqe);
        }
    }
    USER_EXPECT(ended->rpc.status >= 0);
    USER_EQUAL(ended->rpc.rwords[1], 3);
}

static void explore_exit(struct user *self, enum doing what)
{
    uint64_t endpoint = user_endpoint(self);
    struct user_grant grant = {"echo", user_mint(self, endpoint, 5)};
    struct user_op receive;
    struct user_op ended;
    int64_t process;

    doing = what;
    user_recv_begin(self, &receive, endpoint, 1);
    user_submit(self);
    process = user_spawn(self, child, &grant, 1);
    USER_EXPECT(process > 0);
    user_call_begin(self, &ended, (uint64_t)process,
                    PROCESS_HANDLE_INTERFACE_ID, PROCESS_HANDLE_METHOD_WAIT, 0,
                    0, 0);
    user_wanted(1);
    user_line(self, 3);
    serve(self, &ended);
    explore_calm();
    USER_EQUAL(user_cancel(self, &receive), 0);
    user_finish(self);
}

static void run_call(struct user *self)
{
    explore_exit(self, DOES_CALL);
}

static void run_park(struct user *self)
{
    explore_exit(self, DOES_PARK);
}

static void run_map(struct user *self)
{
    explore_exit(self, DOES_MAP);
}

static void run_compute(struct user *self)
{
    explore_exit(self, DOES_COMPUTE);
}

const struct explore_scenario scenario_exit_compute = {
    .name = "exit-compute",
    .about = "a process exits while a thread of it never enters the kernel",
    .cpus = 2,
    .run = run_compute,
};

const struct explore_scenario scenario_exit_call = {
    .name = "exit-call",
    .about = "a process exits while a thread of it calls a service",
    .cpus = 2,
    .both = true,
    .run = run_call,
};

const struct explore_scenario scenario_exit_park = {
    .name = "exit-park",
    .about = "a process exits while a thread of it parks",
    .cpus = 2,
    .run = run_park,
};

const struct explore_scenario scenario_exit_map = {
    .name = "exit-map",
    .about = "a process exits while a thread of it maps memory",
    .cpus = 2,
    .run = run_map,
};
