/*
 * context_refused_test.c - scheduling contexts: what is refused when they are made
 * and bound, and bindings through capabilities that are revoked.
 */
#include "context_play.h"

#include "cap/node.h"

static struct player players[2];

static void spawn(uint32_t index)
{
    const struct fixture_request request = {.threads = 8};

    fixture_spawn(&fixture_init, &request, &players[index]);
}

static void end(void)
{
    for (uint32_t i = 0; i < 2; i++) {
        if (players[i].thread) {
            player_detach(&players[i]);
        }
    }
    fixture_end();
}

START_TEST(test_refused_numbers)
{
    const struct {
        uint64_t budget_ns;
        uint64_t period_ns;
        uint32_t weight;
    } bad[] = {
        {0, 0, 15},
        {0, 0, 65537},
        {0, 10 * MS, 1024},
        {11 * MS, 10 * MS, 1024},
        {MS / 10 - 1, 10 * MS, 1024},
        {MS / 2, MS - 1, 1024},
        {UINT64_MAX, 0, 1024},
        {UINT64_MAX, UINT64_MAX, 1024},
        {MS, UINT64_MAX, 1024},
        {100001 * MS, 0, 1024},
        {MS, 100001 * MS, 1024},
    };
    struct cqe cqe;

    fixture_begin();
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cqe = context_try(bad[i].weight, bad[i].budget_ns, bad[i].period_ns,
                          0, 0);
        ck_assert_int_eq(cqe.result, ERR_EXCEPTION);
        ck_assert_int_eq((int32_t)cqe.words[1], ERR_INVALID);
    }
    cqe = context_try(1024, MS, 10 * MS, fixture_image, 1);
    ck_assert_int_eq((int32_t)cqe.words[1], ERR_INVALID);
    cqe = context_try(1024, MS, 10 * MS, 12345, 1);
    ck_assert_int_eq((int32_t)cqe.words[1], ERR_INVALID);
    end();
}
END_TEST

START_TEST(test_refused_bindings)
{
    uint64_t context;
    uint64_t other;
    uint64_t handle;

    fixture_begin();
    spawn(0);
    context = context_new(1024, MS, 10 * MS);
    other = context_new(1024, 0, 0);
    handle = context_handle(&players[0]);
    ck_assert_int_eq(context_do(context, SCHEDULING_CONTEXT_METHOD_BIND, 0),
                     ERR_INVALID);
    ck_assert_int_eq(
        context_do(context, SCHEDULING_CONTEXT_METHOD_BIND, context),
        ERR_INVALID);
    ck_assert_int_eq(context_do(context, SCHEDULING_CONTEXT_METHOD_BIND,
                                players[0].handle),
                     ERR_INVALID);
    ck_assert_int_eq(
        context_do(context, SCHEDULING_CONTEXT_METHOD_BIND_PROCESS, handle),
        ERR_INVALID);
    ck_assert_int_eq(context_do(context, SCHEDULING_CONTEXT_METHOD_BIND,
                                handle),
                     0);
    ck_assert_int_eq(context_do(other, SCHEDULING_CONTEXT_METHOD_BIND, handle),
                     ERR_EXISTS);
    context_bind_process_of(context, &players[0]);
    ck_assert_int_eq(context_do(other, SCHEDULING_CONTEXT_METHOD_BIND_PROCESS,
                                players[0].handle),
                     ERR_EXISTS);
    ck_assert_int_eq(context_at(other)->sharers, 0);
    ck_assert_int_eq(context_at(context)->sharers, 1);
    end();
}
END_TEST

/* A binding goes with the capability that it was made through. */
START_TEST(test_revoked)
{
    struct revocation_node *node;
    struct sched_context *context;
    uint64_t cap;

    fixture_begin();
    spawn(0);
    spawn(1);
    cap = context_new(1024, MS, 10 * MS);
    context = context_at(cap);
    ck_assert_int_eq(node_create(&revocation_root, &context->object, NULL,
                                 fixture_init.process->ledger, &node),
                     0);
    ck_assert_int_eq(context_bind(context, node, players[0].process, NULL),
                     0);
    ck_assert_int_eq(context_bind(context, node, players[1].process,
                                  players[1].thread),
                     0);
    ck_assert_int_eq(context->sharers, 2);
    while (node_cut_step(node) != NODE_CUT_DONE) {
    }
    ck_assert_int_eq(context->sharers, 0);
    ck_assert_ptr_null(context_runs_on(&players[0]));
    ck_assert_int_eq(context_bind(context, node, players[0].process, NULL),
                     ERR_BAD_CAPABILITY);
    object_put(&node->object);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_refused_numbers,
        test_refused_bindings,
        test_revoked,
        NULL,
    };

    return check_run("context-refused", tests);
}
