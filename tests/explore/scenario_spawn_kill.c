/*
 * scenario_spawn_kill.c - spawn against kill: a process is killed while it
 * spawns one of its own. Nothing of either is left.
 */
#include "user.h"

#include "capos.gen.h"

static void grandchild(struct user *self)
{
    user_exit(self, 0);
}

static void child(struct user *self)
{
    user_line(self, 2);
    (void)user_spawn(self, grandchild, NULL, 0);
    for (;;) {
        (void)user_next(self);
    }
}

static void run(struct user *self)
{
    struct user_grant grants[] = {
        {"spawner", user_cap(self, "spawner")},
        {"package", user_cap(self, "package")},
    };
    int64_t process = user_spawn(self, child, grants, 2);

    USER_EXPECT(process > 0);
    user_wanted(1);
    user_line(self, 2);
    USER_EQUAL(user_kill(self, (uint64_t)process), 0);
    USER_EXPECT(user_wait(self, (uint64_t)process) >= 0);
    user_finish(self);
}

const struct explore_scenario scenario_spawn_kill = {
    .name = "spawn-kill",
    .about = "a process is killed while it spawns another one",
    .cpus = 2,
    .run = run,
};
