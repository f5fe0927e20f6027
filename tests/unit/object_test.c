/*
 * object_test.c - references and holders of kernel objects, and who dies with
 * whom: facets keep their endpoint, handles keep the struct behind them.
 */
#include "check_run.h"
#include "core_check.h"
#include "core_service.h"
#include "ipc/endpoint.h"
#include "ipc/facet.h"

START_TEST(test_ids_differ)
{
    const struct object_type type = {.interface_id = 9, .name = "thing"};
    struct object objects[3];

    for (uint32_t i = 0; i < 3; i++) {
        object_init(&objects[i], &type);
        ck_assert_uint_eq(sync_load(&objects[i].references), 1);
        ck_assert_uint_eq(sync_load(&objects[i].holders), 0);
        ck_assert_uint_eq(object_interface(&objects[i]), 9);
        ck_assert(i == 0 || objects[i].id > objects[i - 1].id);
    }
}
END_TEST

static const struct facet_request echo_facet = {
    .tag = 5,
    .interface_id = ECHO_INTERFACE_ID,
};

START_TEST(test_facet_keeps_endpoint)
{
    struct endpoint *endpoint;
    struct facet *facet;
    uint32_t blocks;

    fixture_begin();
    blocks = machine_heap_blocks;
    ck_assert_int_eq(endpoint_create(NULL, &endpoint), 0);
    ck_assert_int_eq(facet_create(NULL, endpoint, &echo_facet, &facet), 0);
    ck_assert_uint_eq(object_interface(&facet->object), ECHO_INTERFACE_ID);
    ck_assert_uint_eq(facet->queue_limit, FACET_QUEUE_LIMIT_DEFAULT);
    object_put(&endpoint->object);
    ck_assert_uint_eq(machine_heap_blocks, blocks + 2);
    object_put(&facet->object);
    fake_retire();
    ck_assert_uint_eq(machine_heap_blocks, blocks);
    fixture_end();
}
END_TEST

/* "Nobody holds it" comes before "nobody refers to it". */
START_TEST(test_endpoint_closes_unheld)
{
    struct endpoint *endpoint;
    struct facet *facet;

    fixture_begin();
    ck_assert_int_eq(endpoint_create(NULL, &endpoint), 0);
    ck_assert_int_eq(facet_create(NULL, endpoint, &echo_facet, &facet), 0);
    object_hold(&endpoint->object);
    object_hold(&endpoint->object);
    object_unhold(&endpoint->object);
    ck_assert(!endpoint->closed && !facet->closed);
    object_unhold(&endpoint->object);
    ck_assert(endpoint->closed && facet->closed);
    ck_assert_int_eq(facet_create(NULL, endpoint, &echo_facet, &facet),
                     ERR_DISCONNECTED);
    object_put(&facet->object);
    object_put(&endpoint->object);
    fixture_end();
}
END_TEST

/* Many facets of one tag are closed in one pass over them. */
START_TEST(test_close_many)
{
    static struct facet *facets[5000];
    struct endpoint *endpoint;

    fixture_begin();
    ck_assert_int_eq(endpoint_create(NULL, &endpoint), 0);
    for (uint32_t i = 0; i < 5000; i++) {
        const struct facet_request request = {.tag = i % 2};

        ck_assert(facet_create(NULL, endpoint, &request, &facets[i]) == 0);
    }
    ck_assert_uint_eq(endpoint_close_tag(endpoint, 1), 2500);
    ck_assert_uint_eq(endpoint_close_tag(endpoint, 1), 0);
    ck_assert_uint_eq(endpoint_close_tag(endpoint, 7), 0);
    for (uint32_t i = 0; i < 5000; i++) {
        ck_assert(facets[i]->closed == i % 2);
        object_put(&facets[i]->object);
    }
    object_put(&endpoint->object);
    fixture_end();
}
END_TEST

/* The handle of a dead process keeps its struct and nothing else. */
START_TEST(test_handle_outlives)
{
    struct player child;
    struct process *process;

    fixture_begin();
    fixture_spawn(&fixture_init, &(struct fixture_request){0}, &child);
    fixture_kill(&fixture_init, child.handle, 1);
    process = child.process;
    player_detach(&child);
    ck_assert_uint_eq(sync_load(&process->object.references), 1);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_ids_differ,
        test_facet_keeps_endpoint,
        test_endpoint_closes_unheld,
        test_close_many,
        test_handle_outlives,
        NULL,
    };

    return check_run("object", tests);
}
