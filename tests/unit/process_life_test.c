/*
 * process_life_test.c - processes and threads from spawn to their end.
 */
#include "check_run.h"
#include "core_check.h"
#include "core_fixture.h"
#include "mem/frames.h"

START_TEST(test_spawn_and_kill)
{
    struct player child;

    fixture_begin();
    fixture_spawn(&fixture_init, &(struct fixture_request){0}, &child);
    player_go(&child);
    fixture_kill(&fixture_init, child.handle, 5);
    ck_assert_int_eq(child.process->state, PROCESS_ENDED);
    player_detach(&child);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_spawn_and_kill,
        NULL,
    };

    return check_run("process_life", tests);
}
