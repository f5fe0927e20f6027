/*
 * spawn_test.c - spawns that are refused: at each allocation, charge and mapping
 * on the way, and for their limits. Nothing may be left of them.
 */
#include "check_run.h"
#include "core_fixture.h"
#include "mem/frames.h"

static const struct fixture_request plain;

/* A request with what the child needs to spawn children of its own. */
static struct fixture_request parental(void)
{
    return (struct fixture_request){
        .grants = {{"spawner", player_cap(&fixture_init, "spawner")},
                   {"image", fixture_image},
                   {"timer", player_cap(&fixture_init, "timer")}}};
}

/* After a refusal all is as before; a success is undone by hand. */
static bool spawn_once(struct player *parent,
                       const struct fixture_request *request)
{
    struct player child;
    struct cqe cqe;

    fixture_mark();
    cqe = fixture_try_spawn(parent, request, &child);
    machine_refuse_heap(UINT64_MAX);
    fake_refuse_map(UINT64_MAX);
    if (cqe.result > 0) {
        player_detach(&child);
        fixture_end();
        return true;
    }
    ck_assert(cqe.result == ERR_EXCEPTION || cqe.result == ERR_TOO_LARGE ||
              cqe.result == ERR_EXCEPTION_TRUNCATED);
    fixture_end();
    return false;
}

START_TEST(test_spawn_without_heap)
{
    uint64_t blocks = 0;

    fixture_begin();
    do {
        machine_refuse_heap(blocks++);
    } while (!spawn_once(&fixture_init, &plain));
    ck_assert_uint_gt(blocks, 10);
    fixture_end();
}
END_TEST

START_TEST(test_spawn_without_maps)
{
    uint64_t maps = 0;

    fixture_begin();
    do {
        fake_refuse_map(maps++);
    } while (!spawn_once(&fixture_init, &plain));
    ck_assert_uint_gt(maps, 5);
    fixture_end();
}
END_TEST

START_TEST(test_spawn_without_pages)
{
    struct fixture_request request = plain;

    fixture_begin();
    request.pages = 1;
    while (!spawn_once(&fixture_init, &request)) {
        request.pages++;
    }
    ck_assert_uint_gt(request.pages, 20);
    fixture_end();
}
END_TEST

START_TEST(test_spawn_without_frames)
{
    uint64_t left = 0;
    bool done;

    fixture_begin();
    do {
        uint64_t phys[64];
        uint64_t count = 0;
        uint64_t want = frames_available() - left++;

        while (want) {
            uint64_t got;

            ck_assert(count < 64);
            phys[count] = frames_alloc_run(want, &got);
            ck_assert_uint_ne(phys[count++], HAL_NO_FRAME);
            want -= got;
            phys[count++] = got;
        }
        done = spawn_once(&fixture_init, &plain);
        while (count) {
            count -= 2;
            frames_free(phys[count], phys[count + 1]);
        }
    } while (!done);
    fixture_mark();
    fixture_end();
}
END_TEST

START_TEST(test_spawn_without_caps)
{
    struct fixture_request request = plain;

    fixture_begin();
    for (uint32_t caps = 1; caps < 3; caps++) {
        request.caps = caps;
        ck_assert(!spawn_once(&fixture_init, &request));
    }
    request.caps = 3;
    ck_assert(spawn_once(&fixture_init, &request));
    /* And the parent, which has no place for the handle. */
    fixture_init.process->ledger->limit[LEDGER_CAPS] =
        ledger_used(fixture_init.process->ledger, LEDGER_CAPS);
    ck_assert(!spawn_once(&fixture_init, &plain));
    fixture_end();
}
END_TEST

START_TEST(test_spawn_without_result)
{
    struct fixture_request request = plain;

    fixture_begin();
    for (request.result_len = 1; request.result_len < 32;
         request.result_len++) {
        ck_assert(!spawn_once(&fixture_init, &request));
    }
    fixture_end();
}
END_TEST

START_TEST(test_spawn_children_limit)
{
    struct fixture_request request;
    struct player parent;
    struct player child;

    fixture_begin();
    request = parental();
    request.processes = 2;
    fixture_spawn(&fixture_init, &request, &parent);
    for (uint32_t i = 0; i < 2; i++) {
        fixture_spawn(&parent, &plain, &child);
        player_detach(&child);
    }
    ck_assert_int_eq(fixture_try_spawn(&parent, &plain, &child).result,
                     ERR_EXCEPTION);
    player_detach(&parent);
    fixture_end();
}
END_TEST

/* A child's quotas are at most its parent's. */
START_TEST(test_spawn_limits_of_parent)
{
    struct fixture_request request;
    struct player parent;
    struct player child;

    fixture_begin();
    request = parental();
    request.pages = 500;
    request.caps = 20;
    fixture_spawn(&fixture_init, &request, &parent);
    request = (struct fixture_request){.pages = 501};
    ck_assert_int_eq(fixture_try_spawn(&parent, &request, &child).result,
                     ERR_EXCEPTION);
    request = (struct fixture_request){.caps = 21};
    ck_assert_int_eq(fixture_try_spawn(&parent, &request, &child).result,
                     ERR_EXCEPTION);
    fixture_spawn(&parent, &plain, &child);
    ck_assert_uint_eq(child.process->ledger->limit[LEDGER_PAGES], 500);
    ck_assert_uint_eq(child.process->ledger->limit[LEDGER_CAPS], 20);
    player_detach(&child);
    player_detach(&parent);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_spawn_without_heap,
        test_spawn_without_maps,
        test_spawn_without_pages,
        test_spawn_without_frames,
        test_spawn_without_caps,
        test_spawn_without_result,
        test_spawn_children_limit,
        test_spawn_limits_of_parent,
        NULL,
    };

    return check_run("spawn", tests);
}
