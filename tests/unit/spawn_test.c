/*
 * spawn_test.c - spawns that are refused: at each allocation, charge and mapping
 * on the way, and for their limits. Nothing may be left of them.
 */
#include "check/authority_check.h"
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
                   {"timer", player_cap(&fixture_init, "timer")}},
        .limits[LEDGER_OBJECTS] = 200000};
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

/* Leaves init only so much of a kind; a ledger below it takes the rest. */
static struct ledger *take_all_but(enum ledger_kind kind, uint64_t free)
{
    struct ledger *ledger = fixture_init.process->ledger;
    uint64_t left = ledger_limit(ledger, kind) - ledger_used(ledger, kind);
    uint64_t limits[LEDGER_KINDS] = {0};
    struct ledger *taken;

    free += kind == LEDGER_OBJECTS ? sizeof(*taken) : 0;
    limits[kind] = left > free ? left - free : 0;
    ck_assert_int_eq(ledger_create(ledger, limits, &taken), 0);
    return taken;
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
    ck_assert_uint_gt(request.pages, 15);
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
            check_frames_own += got;
            want -= got;
            phys[count++] = got;
        }
        done = spawn_once(&fixture_init, &plain);
        while (count) {
            count -= 2;
            frames_free(phys[count], phys[count + 1]);
            check_frames_own -= phys[count + 1];
        }
    } while (!done);
    fixture_mark();
    fixture_end();
}
END_TEST

START_TEST(test_spawn_without_caps)
{
    struct fixture_request request = plain;
    struct ledger *taken;

    fixture_begin();
    for (uint32_t caps = 1; caps < 4; caps++) {
        request.caps = caps;
        ck_assert(!spawn_once(&fixture_init, &request));
    }
    request.caps = 4;
    ck_assert(spawn_once(&fixture_init, &request));
    /* And the parent, which has no place for the handle. */
    taken = take_all_but(LEDGER_CAPS, 4);
    ck_assert(!spawn_once(&fixture_init, &request));
    ledger_put(taken);
    fake_retire();
    fixture_mark();
    fixture_end();
}
END_TEST

/* Refused whatever kind it is of which the payer has too little. */
START_TEST(test_spawn_poor_payer)
{
    static const struct fixture_request request = {
        .pages = 40, .threads = 1, .caps = 8, .processes = 1};
    struct ledger *taken;
    uint64_t free = 0;
    bool spawned;

    fixture_begin();
    do {
        taken = take_all_but((enum ledger_kind)_i, free);
        spawned = spawn_once(&fixture_init, &request);
        ledger_put(taken);
        fake_retire();
        free = free ? free * 2 : 1;
    } while (!spawned);
    ck_assert_uint_gt(free, 1);
    fixture_mark();
    fixture_end();
}
END_TEST

/* Refused, of whatever kind the child itself has too little. */
START_TEST(test_spawn_poor_child)
{
    struct fixture_request request = plain;
    uint64_t limit = 1;

    fixture_begin();
    for (; limit < 100000; limit += 1 + limit / 32) {
        request.limits[_i] = limit;
        if (spawn_once(&fixture_init, &request)) {
            break;
        }
    }
    ck_assert_uint_lt(limit, 100000);
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

/* A child's quotas are at most what its parent has left, a part by default. */
START_TEST(test_spawn_limits_of_parent)
{
    struct fixture_request request;
    struct player parent;
    struct player child;

    fixture_begin();
    request = parental();
    request.pages = 400;
    request.caps = 80;
    fixture_spawn(&fixture_init, &request, &parent);
    request = (struct fixture_request){.pages = 400};
    ck_assert_int_eq(fixture_try_spawn(&parent, &request, &child).result,
                     ERR_EXCEPTION);
    request = (struct fixture_request){.caps = 80};
    ck_assert_int_eq(fixture_try_spawn(&parent, &request, &child).result,
                     ERR_EXCEPTION);
    fixture_spawn(&parent, &plain, &child);
    ck_assert_uint_eq(ledger_limit(child.process->ledger, LEDGER_PAGES), 50);
    ck_assert_uint_eq(ledger_limit(child.process->ledger, LEDGER_CAPS), 10);
    player_detach(&child);
    player_detach(&parent);
    fixture_end();
}
END_TEST

int main(void)
{
    TCase *kinds = tcase_create("kinds");
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

    check_add(kinds, tests);
    tcase_add_loop_test(kinds, test_spawn_poor_payer, 0, LEDGER_KINDS);
    tcase_add_loop_test(kinds, test_spawn_poor_child, 0, LEDGER_KINDS);
    return check_run_case("spawn", kinds, CHECK_TIMEOUT_S);
}
