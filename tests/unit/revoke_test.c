/*
 * revoke_test.c - revocation nodes: what a revoked one lets go, what is below it,
 * calls and mappings made through it, and that the number of holders costs
 * nothing.
 */
#include <string.h>

#include "cap/transfer.h"
#include "check_run.h"
#include "revoke_play.h"

static struct service s;

static bool works(uint64_t cap)
{
    return player_call(&fixture_init, cap, MEMORY_OBJECT_INTERFACE_ID,
                       MEMORY_OBJECT_METHOD_SIZE, 0, 0, 0)
               .result == 0;
}

START_TEST(test_attach_and_revoke)
{
    uint64_t own;
    uint64_t memory;
    uint64_t lent;
    struct cap_edge edge;

    fixture_begin();
    own = revoker();
    memory = page();
    lent = attach(own, memory);
    edge = edge_of(lent);
    ck_assert_ptr_ne(edge.node, &revocation_root);
    ck_assert_ptr_eq(edge.object, edge_of(memory).object);
    ck_assert_uint_eq(edge.giver, fixture_init.process->id);
    ck_assert_uint_eq(edge.giver_cap, memory);
    ck_assert_uint_eq(sync_load(&edge.object->holders), 2);
    ck_assert(works(lent));
    revoke(own);
    ck_assert(!works(lent) && works(memory));
    ck_assert_uint_eq(sync_load(&edge.object->holders), 1);
    revoke(own); /* again: nothing */
    fixture_release(&fixture_init, lent);
    fixture_release(&fixture_init, memory);
    fixture_release(&fixture_init, own);
    fixture_end();
}
END_TEST

/* Everything that attach refuses leaves nothing behind (fixture_end looks). */
START_TEST(test_attach_refused)
{
    struct ring_xfer xfer;
    uint64_t own;
    uint64_t memory;

    fixture_begin();
    own = revoker();
    memory = page();
    xfer = (struct ring_xfer){.cap = memory, .mode = RING_XFER_MOVE};
    ck_assert_int_lt(attach_xfer(own, &xfer).result, 0);
    xfer = (struct ring_xfer){.cap = memory + (2ull << 32)};
    ck_assert_int_lt(attach_xfer(own, &xfer).result, 0);
    xfer = (struct ring_xfer){.cap = player_cap(&fixture_init, "self-memory")};
    ck_assert_int_lt(attach_xfer(own, &xfer).result, 0);
    xfer = (struct ring_xfer){.cap = memory, .flags = 4};
    ck_assert_int_lt(attach_xfer(own, &xfer).result, 0);
    revoke(own);
    xfer = (struct ring_xfer){.cap = memory};
    ck_assert_int_lt(attach_xfer(own, &xfer).result, 0);
    ck_assert(works(memory));
    fixture_release(&fixture_init, memory);
    fixture_release(&fixture_init, own);
    fixture_end();
}
END_TEST

/* A revoker's node below another's, and what the kernel gave through it. */
START_TEST(test_below)
{
    uint64_t outer;
    uint64_t inner;
    uint64_t memory;
    uint64_t lent;
    uint64_t lent_on;
    uint64_t view;
    struct cqe cqe;

    fixture_begin();
    outer = revoker();
    inner = revoker();
    memory = page();
    lent = attach(outer, memory);
    lent_on = attach(inner, lent);
    cqe = player_call(&fixture_init, lent_on, MEMORY_OBJECT_INTERFACE_ID,
                      MEMORY_OBJECT_METHOD_SHARE, 0, 0, 0);
    view = player_result_cap(&fixture_init, &cqe, 0);
    ck_assert_ptr_ne(edge_of(view).node, &revocation_root);
    ck_assert(works(view));
    revoke(outer);
    ck_assert(works(memory));
    ck_assert(!works(lent) && !works(lent_on) && !works(view));
    revoke(inner);
    fixture_release(&fixture_init, view);
    fixture_release(&fixture_init, lent_on);
    fixture_release(&fixture_init, lent);
    fixture_release(&fixture_init, memory);
    fixture_release(&fixture_init, inner);
    fixture_release(&fixture_init, outer);
    fixture_end();
}
END_TEST

/* Nothing happens when a revoker goes unused. */
START_TEST(test_revoker_gone)
{
    uint64_t own;
    uint64_t memory;
    uint64_t lent;

    fixture_begin();
    own = revoker();
    memory = page();
    lent = attach(own, memory);
    fixture_release(&fixture_init, own);
    ck_assert(works(lent));
    fixture_release(&fixture_init, lent);
    fixture_release(&fixture_init, memory);
    fixture_end();
}
END_TEST

/* A mapping: zeros, in the frame of the space, and the memory goes. */
START_TEST(test_mapping)
{
    struct space *space;
    uint64_t own;
    uint64_t memory;
    uint64_t lent;
    uint64_t word = 0x1234;
    uint64_t phys;
    uint32_t protection;
    uint64_t va;

    fixture_begin();
    space = &fixture_init.process->space;
    own = revoker();
    memory = page();
    lent = attach(own, memory);
    va = map_page(lent);
    player_write(&fixture_init, va, &word, sizeof(word));
    ck_assert_uint_eq(ledger_used(space->ledger, LEDGER_SCRATCH), 1);
    fixture_release(&fixture_init, memory);
    fixture_release(&fixture_init, lent);
    revoke(own); /* finds it though nobody holds the capability */
    player_read(&fixture_init, va, &word, sizeof(word));
    ck_assert_uint_eq(word, 0);
    ck_assert(hal_space_query(&space->hal, va, &phys, &protection));
    ck_assert_uint_eq(phys, space->scratch);
    ck_assert_uint_eq(protection, HAL_READ | HAL_WRITE);
    ck_assert_int_eq(space_unmap(space, va, 1), 0);
    fixture_release(&fixture_init, own);
    scratch_forget();
    fixture_end();
}
END_TEST

/* Calls in a server's hands and in its queue end; the server's RETURN is late. */
START_TEST(test_calls)
{
    struct cap_edge edge;
    struct cap_edge lent;
    struct sqe call;
    struct sqe answer;
    uint64_t cap;
    uint64_t id;

    service_begin(&s, 0);
    service_arm(&s, 1, 0);
    ck_assert(cap_read(&s.client.process->caps, s.facet, &edge));
    lent = edge;
    ck_assert_int_eq(node_create(&revocation_root, edge.object, NULL,
                                 s.client.process->ledger, &lent.node), 0);
    ck_assert_int_eq(cap_insert(&s.client.process->caps, &lent, &cap), 0);
    for (uint64_t i = 1; i <= 3; i++) {
        call = service_call_sqe(i == 3 ? s.facet : cap, i, 0);
        player_submit(&s.client, &call);
    }
    id = service_receive(&s.server).call_id;
    ck_assert_int_eq(node_cut_step(lent.node), NODE_CUT_MORE);
    ck_assert_int_eq(node_cut_step(lent.node), NODE_CUT_MORE);
    ck_assert_int_eq(node_cut_step(lent.node), NODE_CUT_DONE);
    player_go(&s.client);
    ck_assert_int_eq(player_expect(&s.client, 1).result, ERR_DISCONNECTED);
    ck_assert_int_eq(player_expect(&s.client, 2).result, ERR_DISCONNECTED);
    service_nothing(&s.client);
    call = service_call_sqe(cap, 4, 0);
    ck_assert_int_eq(player_do(&s.client, &call), ERR_BAD_CAPABILITY);
    answer = service_return_sqe(id, 9, 1);
    ck_assert_int_eq(player_do(&s.server, &answer), ERR_CALL_GONE);
    /* The third call had another way. */
    answer = service_return_sqe(service_receive(&s.server).call_id, 9, 1);
    player_submit(&s.server, &answer);
    ck_assert_int_eq(player_expect(&s.client, 3).result, 0);
    fixture_release(&s.client, cap);
    object_put(&lent.node->object);
    service_end(&s);
}
END_TEST

/* Cuts a node with that many holders; the steps that it took. */
static uint32_t steps_with(uint32_t holders)
{
    struct cap_table *table = &fixture_init.process->caps;
    uint64_t memory = page();
    struct cap_edge lent = edge_of(memory);
    const struct object *object = lent.object;
    uint64_t caps[1000];
    uint32_t steps = 1;

    ck_assert_uint_le(holders, 1000);
    ck_assert_int_eq(node_create(&revocation_root, lent.object, NULL, NULL,
                                 &lent.node), 0);
    for (uint32_t i = 0; i < holders; i++) {
        ck_assert_int_eq(cap_insert(table, &lent, &caps[i]), 0);
    }
    ck_assert_uint_eq(sync_load(&lent.node->object.holders), holders);
    while (node_cut_step(lent.node) != NODE_CUT_DONE) {
        steps++;
    }
    ck_assert_uint_eq(sync_load(&object->holders), 1);
    for (uint32_t i = 0; i < holders; i++) {
        ck_assert_ptr_null(cap_lookup(table, caps[i]));
        ck_assert_int_eq(cap_release(table, caps[i]), 0);
    }
    object_put(&lent.node->object);
    fixture_release(&fixture_init, memory);
    return steps;
}

START_TEST(test_holders)
{
    fixture_begin();
    (void)steps_with(1000); /* the table stays grown */
    fixture_mark();
    ck_assert_uint_eq(steps_with(10), 1);
    ck_assert_uint_eq(steps_with(1000), 1);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_attach_and_revoke,
        test_attach_refused,
        test_below,
        test_revoker_gone,
        test_mapping,
        test_calls,
        test_holders,
        NULL,
    };

    return check_run("revoke", tests);
}
