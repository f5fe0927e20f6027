/*
 * scenario_notify.c - signal against wait: a thread waits for a notification
 * while another one signals it. The bits arrive, once.
 */
#include "user.h"

#include "capos.gen.h"

static uint64_t notification;
static uint64_t got;

static uint64_t wait_bits(struct user *self, uint64_t cap)
{
    struct user_op op;

    user_call_begin(self, &op, cap, NOTIFICATION_INTERFACE_ID,
                    NOTIFICATION_METHOD_WAIT, 0, 0, 0);
    USER_EXPECT(user_await(self, &op) >= 0);
    return op.rpc.rwords[0];
}

static void waiter(struct user *self)
{
    uint64_t cap = notification;
    uint64_t bits = 0;

    user_line(self, 2);
    while (bits != 3) {
        uint64_t some = wait_bits(self, cap);

        USER_EXPECT(some && !(some & bits));
        bits |= some;
    }
    got = bits;
    user_done();
}

static void run(struct user *self)
{
    struct user_op made;
    uint64_t thread;

    user_call_begin(self, &made, user_cap(self, "notifications"),
                    NOTIFICATION_FACTORY_INTERFACE_ID,
                    NOTIFICATION_FACTORY_METHOD_CREATE, 0, 0, 0);
    (void)user_await(self, &made);
    notification = user_result_cap(self, &made, 0);
    thread = user_thread(self, waiter, 1);
    user_wanted(2);
    user_line(self, 2);
    for (uint64_t bit = 1; bit < 4; bit <<= 1) {
        USER_EQUAL(user_call(self, notification, NOTIFICATION_INTERFACE_ID,
                             NOTIFICATION_METHOD_SIGNAL, bit, 0, 0), 0);
    }
    explore_calm();
    USER_EXPECT(user_join(self, thread) >= 0);
    USER_EQUAL(got, 3);
    user_finish(self);
}

const struct explore_scenario scenario_notify = {
    .name = "notify",
    .about = "a notification is signalled while a thread comes to wait for it",
    .cpus = 2,
    .run = run,
};
