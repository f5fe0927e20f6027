/*
 * revoke_parts_test.c - what else ends with a revoked capability: receives that
 * were armed through it with the calls that they took, parked operations on memory
 * that was mapped through it, and processes whose program it was.
 */
#include "check_run.h"
#include "revoke_play.h"

/* A server that got its endpoint through a revoker, and init that has it too. */
static struct player server;
static struct player client;
static uint64_t own;      /* init's revoker */
static uint64_t endpoint; /* init's */
static uint64_t lent;     /* the server's */
static uint64_t facet;    /* the client's, which does not come from lent */

static void lend(void)
{
    struct fixture_request request = {0};
    uint64_t through;
    uint64_t minted;

    fixture_begin();
    own = revoker();
    endpoint = fixture_endpoint(&fixture_init);
    minted = fixture_mint(&fixture_init, endpoint, SERVICE_TAG, 0);
    through = attach(own, endpoint);
    request.grants[0] = (struct fixture_grant){"service", through};
    fixture_spawn(&fixture_init, &request, &server);
    request.grants[0] = (struct fixture_grant){"echo", minted};
    fixture_spawn(&fixture_init, &request, &client);
    fixture_release(&fixture_init, through);
    fixture_release(&fixture_init, minted);
    lent = player_cap(&server, "service");
    facet = player_cap(&client, "echo");
}

static void lend_end(void)
{
    fixture_kill(&fixture_init, server.handle, 0);
    fixture_kill(&fixture_init, client.handle, 0);
    player_detach(&server);
    player_detach(&client);
    fixture_release(&fixture_init, own);
    fixture_release(&fixture_init, endpoint);
    fixture_end();
}

static void arm(struct player *player, uint64_t cap, uint32_t credits)
{
    struct sqe sqe = service_recv_sqe(player, cap, credits, 0, 0);

    player_submit(player, &sqe);
}

static void call(uint64_t user_data)
{
    struct sqe sqe = service_call_sqe(facet, user_data, 0);

    player_submit(&client, &sqe);
}

static int32_t answer(struct player *player, uint64_t id)
{
    struct sqe sqe = service_return_sqe(id, 9, 1);

    return player_do(player, &sqe);
}

/* Calls 1 and 2 end, in whichever order. */
static void expect_cut(void)
{
    uint64_t found = 0;

    for (uint32_t i = 0; i < 2; i++) {
        struct cqe cqe;

        ck_assert(player_pop(&client, &cqe));
        ck_assert_int_eq(cqe.result, ERR_DISCONNECTED);
        found |= 1ull << cqe.user_data;
    }
    ck_assert_uint_eq(found, 1u << 1 | 1u << 2);
}

/* The armed receive ends, the calls it took too; who waits is served by others. */
START_TEST(test_receive)
{
    struct sqe sqe;
    struct cqe cqe;
    uint64_t id;

    lend();
    arm(&server, lent, 2);
    for (uint64_t i = 1; i <= 3; i++) {
        call(i);
    }
    id = service_receive(&server).call_id;
    (void)service_receive(&server);
    revoke(own);
    player_go(&server);
    ck_assert_int_eq(player_expect(&server, SERVICE_RECV).result,
                     ERR_DISCONNECTED);
    player_go(&client);
    expect_cut();
    service_nothing(&client);
    ck_assert_int_eq(answer(&server, id), ERR_CALL_GONE);
    sqe = service_recv_sqe(&server, lent, 1, 0, 0);
    ck_assert_int_eq(player_do(&server, &sqe), ERR_BAD_CAPABILITY);
    arm(&fixture_init, endpoint, 1);
    cqe = service_receive(&fixture_init);
    sqe = service_return_sqe(cqe.call_id, 9, 5);
    player_submit(&fixture_init, &sqe);
    cqe = player_expect(&client, 3);
    ck_assert_int_eq(cqe.result, 0);
    ck_assert_uint_eq(cqe.words[0], 5);
    sqe = service_cancel_sqe(SERVICE_RECV);
    player_submit(&fixture_init, &sqe);
    ck_assert_int_eq(player_expect(&fixture_init, SERVICE_RECV).result,
                     ERR_CANCELLED);
    ck_assert_int_eq(player_expect(&fixture_init, SERVICE_RECV + 1).result, 0);
    lend_end();
}
END_TEST

/* Cancelling the receive beforehand keeps no call from being cut. */
START_TEST(test_receive_cancelled)
{
    struct sqe sqe = service_cancel_sqe(SERVICE_RECV);
    uint64_t id;

    lend();
    arm(&server, lent, 1);
    call(1);
    id = service_receive(&server).call_id;
    player_submit(&server, &sqe);
    ck_assert_int_eq(player_expect(&server, SERVICE_RECV).result,
                     ERR_CANCELLED);
    ck_assert_int_eq(player_expect(&server, SERVICE_RECV + 1).result, 0);
    revoke(own);
    player_go(&server);
    service_nothing(&server);
    player_go(&client);
    ck_assert_int_eq(player_expect(&client, 1).result, ERR_DISCONNECTED);
    ck_assert_int_eq(answer(&server, id), ERR_CALL_GONE);
    lend_end();
}
END_TEST

/* Two receives: a call that waits is not given to the one that is next. */
START_TEST(test_receives)
{
    lend();
    arm(&server, lent, 1);
    arm(&server, lent, 1);
    for (uint64_t i = 1; i <= 3; i++) {
        call(i);
    }
    (void)service_receive(&server);
    (void)service_receive(&server);
    revoke(own);
    player_go(&server);
    ck_assert_int_eq(player_expect(&server, SERVICE_RECV).result,
                     ERR_DISCONNECTED);
    ck_assert_int_eq(player_expect(&server, SERVICE_RECV).result,
                     ERR_DISCONNECTED);
    service_nothing(&server);
    player_go(&client);
    expect_cut();
    service_nothing(&client);
    lend_end();
}
END_TEST

/* With its thread go the calls of such a receive, and of no other. */
static void end_thread(bool through)
{
    struct player second;
    uint64_t handle;
    uint64_t id;

    lend();
    if (!through) {
        struct ring_xfer xfer = {.cap = endpoint};
        struct fixture_request request = {0};

        fixture_kill(&fixture_init, server.handle, 0);
        player_detach(&server);
        request.grants[0] = (struct fixture_grant){"service", xfer.cap};
        fixture_spawn(&fixture_init, &request, &server);
        lent = player_cap(&server, "service");
    }
    handle = fixture_thread(&server, &second);
    arm(&second, lent, 1);
    call(1);
    id = service_receive(&second).call_id;
    player_call(&server, handle, THREAD_HANDLE_INTERFACE_ID,
                THREAD_HANDLE_METHOD_END, 0, 0, 0);
    player_go(&client);
    if (through) {
        ck_assert_int_eq(player_expect(&client, 1).result, ERR_DISCONNECTED);
        ck_assert_int_eq(answer(&server, id), ERR_CALL_GONE);
    } else {
        struct sqe sqe = service_return_sqe(id, 9, 1);

        service_nothing(&client);
        player_submit(&server, &sqe);
        ck_assert_int_eq(player_expect(&client, 1).result, 0);
    }
    player_detach(&second);
    lend_end();
}

START_TEST(test_receive_thread)
{
    end_thread(true);
}
END_TEST

START_TEST(test_receive_thread_root)
{
    end_thread(false);
}
END_TEST

/* ------------------------------------------------------------------ parking */

/* PARK on a shared word that is 0. */
static void park(uint64_t va, uint64_t timeout_ns, uint64_t user_data)
{
    struct sqe sqe = {
        .opcode = RING_PARK,
        .flags = RING_SHARED,
        .user_data = user_data,
        .park = {.address = va, .timeout_ns = timeout_ns},
    };

    player_submit(&fixture_init, &sqe);
}

static int32_t unpark(uint64_t va)
{
    struct sqe sqe = {
        .opcode = RING_UNPARK,
        .flags = RING_SHARED,
        .user_data = 99,
        .park = {.address = va, .count = 8},
    };

    player_submit(&fixture_init, &sqe);
    return 0;
}

static void revoke_begin(uint64_t cap)
{
    struct sqe sqe =
        player_call_sqe(&fixture_init, cap, REVOKER_INTERFACE_ID,
                        REVOKER_METHOD_REVOKE, (const uint64_t[4]){0});

    sqe.user_data = 77;
    player_submit(&fixture_init, &sqe);
}

/* It ends, whether the word is still mapped or not, and lets the memory go. */
static void park_and_revoke(bool unmap)
{
    struct space *space;
    uint64_t memory;
    uint64_t shown;
    uint64_t through;
    uint64_t va;
    uint64_t pages;
    struct sqe sqe;

    fixture_begin();
    space = &fixture_init.process->space;
    pages = ledger_used(space->ledger, LEDGER_PAGES);
    own = revoker();
    memory = page();
    through = attach(own, memory);
    shown = map_page(memory);
    va = map_page(through);
    park(va, TIMEOUT_NEVER, 5);
    park(shown, TIMEOUT_NEVER, 6);
    service_nothing(&fixture_init);
    if (unmap) {
        ck_assert_int_eq(space_unmap(space, va, 1), 0);
    }
    fixture_release(&fixture_init, through);
    revoke_begin(own);
    ck_assert_int_eq(player_expect(&fixture_init, 5).result, ERR_DISCONNECTED);
    ck_assert_int_eq(player_expect(&fixture_init, 77).result, 0);
    service_nothing(&fixture_init);
    if (!unmap) {
        sqe = (struct sqe){.opcode = RING_PARK,
                           .flags = RING_SHARED,
                           .user_data = 7,
                           .park = {.address = va, .timeout_ns = 1}};
        ck_assert_int_eq(player_do(&fixture_init, &sqe), ERR_BAD_BUFFER);
        ck_assert_int_eq(space_unmap(space, va, 1), 0);
    }
    unpark(shown);
    ck_assert_int_eq(player_expect(&fixture_init, 6).result, 0);
    ck_assert_int_eq(player_expect(&fixture_init, 99).result, 1);
    ck_assert_int_eq(space_unmap(space, shown, 1), 0);
    fixture_release(&fixture_init, memory);
    fixture_release(&fixture_init, own);
    ck_assert_uint_eq(ledger_used(space->ledger, LEDGER_PAGES), pages);
    scratch_forget();
    fixture_end();
}

START_TEST(test_park)
{
    park_and_revoke(false);
}
END_TEST

START_TEST(test_park_unmapped)
{
    park_and_revoke(true);
}
END_TEST

/* Woken, timed out and cancelled ones let go of their node. */
START_TEST(test_park_ends)
{
    struct space *space;
    struct revocation_node *node;
    struct sqe sqe = service_cancel_sqe(8);
    uint64_t memory;
    uint64_t through;
    uint64_t va;
    uint32_t before;

    fixture_begin();
    space = &fixture_init.process->space;
    own = revoker();
    memory = page();
    through = attach(own, memory);
    va = map_page(through);
    node = edge_of(through).node;
    before = sync_load(&node->object.references);
    park(va, TIMEOUT_NEVER, 5);
    park(va, TIMEOUT_NEVER, 6);
    ck_assert_uint_eq(sync_load(&node->object.references), before + 2);
    unpark(va);
    ck_assert_int_eq(player_expect(&fixture_init, 5).result, 0);
    ck_assert_int_eq(player_expect(&fixture_init, 6).result, 0);
    ck_assert_int_eq(player_expect(&fixture_init, 99).result, 2);
    park(va, 1000000, 7);
    fixture_tick();
    player_go(&fixture_init);
    ck_assert_int_eq(player_expect(&fixture_init, 7).result, ERR_TIMED_OUT);
    park(va, TIMEOUT_NEVER, 8);
    player_submit(&fixture_init, &sqe);
    ck_assert_int_eq(player_expect(&fixture_init, 8).result, ERR_CANCELLED);
    ck_assert_int_eq(player_expect(&fixture_init, 9).result, 0);
    ck_assert_uint_eq(sync_load(&node->object.references), before);
    revoke(own);
    ck_assert_int_eq(space_unmap(space, va, 1), 0);
    fixture_release(&fixture_init, through);
    fixture_release(&fixture_init, memory);
    fixture_release(&fixture_init, own);
    scratch_forget();
    fixture_end();
}
END_TEST

/* ----------------------------------------------------------------- programs */

static struct cqe end_of(uint64_t handle)
{
    struct sqe sqe =
        player_call_sqe(&fixture_init, handle, PROCESS_HANDLE_INTERFACE_ID,
                        PROCESS_HANDLE_METHOD_WAIT, NULL);
    struct cqe cqe;

    player_submit(&fixture_init, &sqe);
    player_go(&fixture_init);
    ck_assert(player_pop(&fixture_init, &cqe));
    return cqe;
}

/* A process ends with its program; one that was made before of another does not. */
START_TEST(test_program)
{
    struct fixture_request request = {0};
    struct player child;
    struct player other;
    struct cqe cqe;

    fixture_begin();
    own = revoker();
    request.image = attach(own, fixture_image);
    fixture_spawn(&fixture_init, &request, &child);
    ck_assert_uint_eq(ledger_used(child.process->ledger, LEDGER_SCRATCH), 1);
    fixture_spawn(&fixture_init, &(struct fixture_request){0}, &other);
    ck_assert_uint_eq(ledger_used(other.process->ledger, LEDGER_SCRATCH), 0);
    revoke(own);
    cqe = end_of(child.handle);
    ck_assert_int_eq(cqe.result, 0);
    ck_assert_uint_eq(cqe.words[0] & 0xffff, EXIT_KIND_KILLED);
    ck_assert_int_eq((int64_t)cqe.words[1], ERR_DISCONNECTED);
    ck_assert_uint_eq(sync_load(&other.thread->state), THREAD_READY);
    cqe = fixture_try_spawn(&fixture_init, &request, &child);
    ck_assert_int_lt(cqe.result, 0);
    player_detach(&child);
    fixture_kill(&fixture_init, other.handle, 0);
    player_detach(&other);
    fixture_release(&fixture_init, request.image);
    fixture_release(&fixture_init, own);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_receive,
        test_receive_cancelled,
        test_receives,
        test_receive_thread,
        test_receive_thread_root,
        test_park,
        test_park_unmapped,
        test_park_ends,
        test_program,
        NULL,
    };

    return check_run("revoke_parts", tests);
}
