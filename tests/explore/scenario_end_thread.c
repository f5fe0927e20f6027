/*
 * scenario_end_thread.c - a thread is ended by another one of its process while
 * it calls, is answered and waits; and a process is killed twice at once.
 */
#include "user.h"

#include "capos.gen.h"

static uint64_t facet;

static void caller(struct user *self)
{
    uint64_t cap = facet;
    struct user_op call;

    user_line(self, 2);
    user_call_begin(self, &call, cap, NOTIFICATION_INTERFACE_ID,
                    NOTIFICATION_METHOD_WAIT, 0, 0, 0);
    (void)user_await(self, &call);
    for (;;) {
        (void)user_next(self);
    }
}

static void run_end(struct user *self)
{
    struct user_op made;
    uint64_t thread;

    user_call_begin(self, &made, user_cap(self, "notifications"),
                    NOTIFICATION_FACTORY_INTERFACE_ID,
                    NOTIFICATION_FACTORY_METHOD_CREATE, 0, 0, 0);
    (void)user_await(self, &made);
    facet = user_result_cap(self, &made, 0);
    thread = user_thread(self, caller, 1);
    user_wanted(1);
    user_line(self, 2);
    USER_EQUAL(user_call(self, thread, THREAD_HANDLE_INTERFACE_ID,
                         THREAD_HANDLE_METHOD_END, 9, 0, 0), 0);
    USER_EQUAL(user_call(self, facet, NOTIFICATION_INTERFACE_ID,
                         NOTIFICATION_METHOD_SIGNAL, 1, 0, 0), 0);
    USER_EXPECT(user_join(self, thread) >= 0);
    user_finish(self);
}

const struct explore_scenario scenario_end_thread = {
    .name = "end-thread",
    .about = "a thread is ended while it goes to wait and is woken",
    .cpus = 2,
    .run = run_end,
};

/* ------------------------------------------------------------------ two kills */

static uint64_t victim;

static void idler(struct user *self)
{
    user_line(self, 3);
    for (;;) {
        (void)user_next(self);
    }
}

static void killer(struct user *self)
{
    uint64_t cap = victim;

    user_line(self, 3);
    USER_EQUAL(user_kill(self, cap), 0);
    user_done();
}

static void run_kill(struct user *self)
{
    int64_t child = user_spawn(self, idler, NULL, 0);
    uint64_t thread;

    USER_EXPECT(child > 0);
    victim = (uint64_t)child;
    thread = user_thread(self, killer, 1);
    user_wanted(2);
    user_line(self, 3);
    USER_EQUAL(user_kill(self, victim), 0);
    USER_EXPECT(user_wait(self, victim) >= 0);
    USER_EXPECT(user_join(self, thread) >= 0);
    user_finish(self);
}

const struct explore_scenario scenario_kill_kill = {
    .name = "kill-kill",
    .about = "a process is killed by two threads at once",
    .cpus = 2,
    .run = run_kill,
};
