/*
 * scenario_park_unpark.c - park against unpark: a thread parks as long as a word
 * is 0 while another one sets it and wakes who is parked on it.
 */
#include "user.h"

#define TIMEOUT_NS 1000u

static uint64_t word;
static uint64_t timeout_ns;
static int32_t parked;

static void sleeper(struct user *self)
{
    uint64_t address = word;
    uint64_t limit_ns = timeout_ns;
    struct user_op op;

    user_line(self, 2);
    user_park_begin(self, &op, address, 0, limit_ns);
    parked = user_await(self, &op);
    USER_EXPECT(parked == 0 || parked == ERR_VALUE_CHANGED ||
                (parked == ERR_TIMED_OUT && limit_ns != TIMEOUT_NEVER));
    user_done();
}

static void run(struct user *self)
{
    uint64_t thread;
    int32_t woken;

    word = self->memory;
    timeout_ns = explore_scenario->ticks ? TIMEOUT_NS : TIMEOUT_NEVER;
    user_store(self, word, 0);
    thread = user_thread(self, sleeper, 1);
    user_wanted(2);
    user_line(self, 2);
    user_store(self, word, 1);
    woken = user_unpark(self, word, 1);
    explore_calm();
    USER_EQUAL(user_join(self, thread), 0);
    USER_EQUAL(woken, parked == 0);
    user_finish(self);
}

const struct explore_scenario scenario_park_unpark = {
    .name = "park-unpark",
    .about = "a thread parks on a word while another one sets it and unparks",
    .cpus = 2,
    .both = true,
    .run = run,
};

const struct explore_scenario scenario_park_timeout = {
    .name = "park-timeout",
    .about = "a thread is unparked while its time is over",
    .cpus = 2,
    .both = true,
    .ticks = true,
    .run = run,
};
