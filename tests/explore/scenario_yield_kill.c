/*
 * scenario_yield_kill.c - yield against kill: threads of a process give way to one
 * another, which needs no lock of theirs, while the process is killed from another
 * CPU. All of them end, though none waits and none comes back.
 */
#include "user.h"

#include "capos.gen.h"

#define YIELDS 2u

static void yield(struct user *self)
{
    for (uint32_t i = 0; i < YIELDS; i++) {
        USER_EQUAL(ring_nop(&self->ring, NULL, RING_YIELD), 0);
        user_submit(self);
    }
    user_compute(self);
}

static void second(struct user *self)
{
    user_line(self, 3);
    yield(self);
}

static void child(struct user *self)
{
    (void)user_thread(self, second, 1);
    user_line(self, 3);
    yield(self);
}

static void run(struct user *self)
{
    int64_t process = user_spawn(self, child, NULL, 0);

    USER_EXPECT(process > 0);
    user_wanted(1);
    user_line(self, 3);
    USER_EQUAL(user_kill(self, (uint64_t)process), 0);
    USER_EXPECT(user_wait(self, (uint64_t)process) >= 0);
    user_finish(self);
}

const struct explore_scenario scenario_yield_kill = {
    .name = "yield-kill",
    .about = "a process is killed while its threads yield to each other",
    .cpus = 2,
    .both = true,
    .run = run,
};
