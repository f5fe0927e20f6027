/*
 * scenario_move.c - move against release, and against another move, of one CapId
 * by two threads. One of them has it, the other one hears that there is nothing.
 */
#include "user_authority.h"

#include "capos.gen.h"

static uint64_t facet;
static uint64_t moved; /* the CapId that both name */
static bool releases;  /* the second thread; else it moves, too */
static sync_u32 successes;

static void server(struct user *self)
{
    struct user_op receive;

    user_recv_memory_begin(self, &receive, user_cap(self, "service"), 2,
                           self->memory);
    user_submit(self);
    user_line(self, 3);
    (void)user_serve(self, &receive);
}

/* Has it moved by a call; the server answers those that arrive. */
static void move(struct user *self, uint64_t service, uint64_t cap)
{
    struct user_op call;
    int32_t status;

    user_move_begin(self, &call, service, cap);
    status = user_await(self, &call);
    if (status == ERR_EXCEPTION) {
        (void)sync_add(&successes, 1);
    } else {
        USER_EQUAL(status, ERR_BAD_CAPABILITY);
    }
}

static void other(struct user *self)
{
    uint64_t service = facet;
    uint64_t cap = moved;
    bool release = releases;

    user_line(self, 3);
    if (release) {
        int32_t status = user_release(self, cap);

        if (status == 0) {
            (void)sync_add(&successes, 1);
        } else {
            USER_EQUAL(status, ERR_BAD_CAPABILITY);
        }
    } else {
        move(self, service, cap);
    }
    user_done();
}

static void run(struct user *self)
{
    uint64_t endpoint = user_endpoint(self);
    struct user_grant grant = {"service", endpoint};
    uint64_t service = user_mint(self, endpoint, 5);
    uint64_t cap = user_endpoint(self);
    int64_t child = user_spawn(self, server, &grant, 1);
    uint64_t thread;

    USER_EXPECT(child > 0);
    facet = service;
    moved = cap;
    thread = user_thread(self, other, 1);
    user_wanted(2);
    user_line(self, 3);
    move(self, service, cap);
    USER_EQUAL(user_join(self, thread), 0);
    explore_calm();
    USER_EQUAL(sync_load(&successes), 1);
    USER_EQUAL(user_release(self, cap), ERR_BAD_CAPABILITY);
    USER_EQUAL(user_kill(self, (uint64_t)child), 0);
    USER_EQUAL(user_wait(self, (uint64_t)child), 0);
    user_finish(self);
}

static void run_release(struct user *self)
{
    releases = true;
    run(self);
}

static void run_move(struct user *self)
{
    releases = false;
    run(self);
}

const struct explore_scenario scenario_move_release = {
    .name = "move-release",
    .about = "a capability is moved while another thread releases it",
    .cpus = 2,
    .run = run_release,
};

const struct explore_scenario scenario_move_move = {
    .name = "move-move",
    .about = "two threads move the same capability",
    .cpus = 2,
    .run = run_move,
};
