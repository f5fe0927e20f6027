/*
 * scenario_message.c - a message against unmap: a call's params are copied into a
 * server's slot while another thread of the server unmaps it; and a call's results
 * into its caller's buffer. Frames that are copied to must not be anybody else's by
 * then.
 */
#include "user.h"

#include "capos.gen.h"

#define PARAMS_BYTES 64u
#define RESULT_BYTES 64u

static uint64_t area; /* in the window of whoever gets the message */

static void unmap_area(struct user *self, uint32_t programs)
{
    uint64_t memory = user_cap(self, "self-memory");
    uint64_t page = area;

    user_line(self, programs);
    USER_EQUAL(user_call(self, memory, VIRTUAL_MEMORY_INTERFACE_ID,
                         VIRTUAL_MEMORY_METHOD_UNMAP, page, 1, 0), 0);
    user_done();
}

static void unmapper(struct user *self)
{
    unmap_area(self, 3);
    for (;;) {
        (void)user_next(self);
    }
}

static void server(struct user *self)
{
    struct user_op receive;

    area = user_map(self, 1);
    user_recv_memory_begin(self, &receive, user_cap(self, "service"), 1, area);
    user_submit(self);
    (void)user_thread(self, unmapper, 1);
    user_line(self, 3);
    for (;;) {
        struct cqe cqe = user_next(self);
        struct ring_reply reply = {
            .flags = RING_EXCEPTION, .kind = CAP_EXCEPTION_KIND_FAILED};

        if (cqe.kind == RING_CQE_CALL) {
            USER_EQUAL(ring_return(&self->ring, cqe.call_id, &reply), 0);
        }
    }
}

static void run(struct user *self)
{
    uint64_t endpoint = user_endpoint(self);
    uint64_t facet = user_mint(self, endpoint, 5);
    struct user_grant grant = {"service", endpoint};
    int64_t child = user_spawn(self, server, &grant, 1);
    struct user_op call;

    USER_EXPECT(child > 0);
    /* The server alone has it: its end closes the facet. */
    USER_EQUAL(user_release(self, endpoint), 0);
    user_wanted(2);
    user_line(self, 3);
    user_reverse_begin(self, &call, facet, self->memory, PARAMS_BYTES);
    user_submit(self);
    explore_calm();
    /* Whether it was delivered or not: it ends with its server. */
    user_sleep(self, 1000000);
    USER_EQUAL(user_kill(self, (uint64_t)child), 0);
    USER_EXPECT(user_await(self, &call) < 0);
    USER_EQUAL(user_wait(self, (uint64_t)child), 0);
    user_finish(self);
}

const struct explore_scenario scenario_message = {
    .name = "message-unmap",
    .about = "a message is copied into memory that its receiver unmaps",
    .cpus = 2,
    .both = true,
    .run = run,
};

/* -------------------------------------------------------------- the results */

/* Has the call before the line; returns what lies in its own memory. */
static void replier(struct user *self)
{
    struct ring_reply reply = {
        .bytes = RESULT_BYTES,
        .payload = (const void *)(uintptr_t)self->memory,
    };
    struct user_op receive;
    struct cqe cqe;

    user_recv_memory_begin(self, &receive, user_cap(self, "service"), 1,
                           user_map(self, 1));
    cqe = user_next(self);
    USER_EQUAL(cqe.kind, RING_CQE_CALL);
    user_line(self, 2);
    USER_EQUAL(ring_return(&self->ring, cqe.call_id, &reply), 0);
    for (;;) {
        (void)user_next(self);
    }
}

static void result_unmapper(struct user *self)
{
    unmap_area(self, 2);
}

static void run_result(struct user *self)
{
    uint64_t endpoint = user_endpoint(self);
    uint64_t facet = user_mint(self, endpoint, 5);
    struct user_grant grant = {"service", endpoint};
    int64_t child = user_spawn(self, replier, &grant, 1);
    struct user_op call;
    uint64_t thread;
    int32_t status;

    USER_EXPECT(child > 0);
    area = user_map(self, 1);
    user_reverse_begin(self, &call, facet, self->memory, PARAMS_BYTES);
    self->ring.sqes[(self->ring.sq_tail - 1) & self->ring.sq_mask].result =
        area;
    thread = user_thread(self, result_unmapper, 1);
    user_wanted(2);
    status = user_await(self, &call);
    USER_EXPECT(status == (int32_t)RESULT_BYTES || status == ERR_BAD_BUFFER);
    explore_calm();
    USER_EXPECT(user_join(self, thread) >= 0);
    user_finish_without(self, (uint64_t)child);
}

const struct explore_scenario scenario_result_unmap = {
    .name = "result-unmap",
    .about = "a message is copied into a result buffer that its caller unmaps",
    .cpus = 2,
    .both = true,
    .run = run_result,
};
