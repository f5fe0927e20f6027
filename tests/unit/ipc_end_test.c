/*
 * ipc_end_test.c - calls that end otherwise than by a RETURN: cancelled, their
 * client, server, thread, facet or endpoint gone, in each state of the call.
 */
#include "check_run.h"
#include "core_check.h"
#include "core_service.h"
#include "ipc/endpoint.h"

static struct service s;

/* ------------------------------------------------------------------- CANCEL */

START_TEST(test_cancel_queued)
{
    struct sqe sqe;

    service_begin(&s, 0);
    service_call(&s, 5);
    service_call(&s, 6);
    service_cancel(&s.client, 5);
    sqe = service_recv_sqe(&s.server, s.endpoint, 2, 0, 0);
    player_submit(&s.server, &sqe);
    ck_assert_uint_eq(service_receive(&s.server).words[0], 6);
    service_nothing(&s.server);
    service_end(&s);
}
END_TEST

START_TEST(test_cancel_delivered)
{
    uint64_t id;

    service_begin(&s, 0);
    service_arm(&s, 1, 0);
    id = service_taken(&s, 5);
    service_call(&s, 6);
    service_nothing(&s.server);
    service_cancel(&s.client, 5);
    service_nothing(&s.server);
    /* The late RETURN gives the credit back, and the next call comes. */
    service_return_late(&s.server, id);
    (void)player_enter(&s.server, 0, TIMEOUT_POLL);
    ck_assert_uint_eq(service_receive(&s.server).words[0], 6);
    service_return_late(&s.server, id);
    service_nothing(&s.server);
    service_end(&s);
}
END_TEST

START_TEST(test_cancel_nothing)
{
    struct sqe sqe = service_cancel_sqe(5);

    service_begin(&s, 0);
    ck_assert_int_eq(player_do(&s.client, &sqe), ERR_NOT_FOUND);
    service_end(&s);
}
END_TEST

START_TEST(test_cancel_kernel_calls)
{
    uint64_t timer;
    struct sqe sqe;

    fixture_begin();
    timer = player_cap(&fixture_init, "timer");
    sqe = player_call_sqe(&fixture_init, timer, TIMER_INTERFACE_ID,
                          TIMER_METHOD_SLEEP, (const uint64_t[4]){1000});
    sqe.user_data = 5;
    player_submit(&fixture_init, &sqe);
    service_cancel(&fixture_init, 5);
    ck_assert_uint_eq(fake->armed_ns, UINT64_MAX);
    sqe = player_call_sqe(&fixture_init, player_cap(&fixture_init, "console"),
                          CONSOLE_INTERFACE_ID, CONSOLE_METHOD_READ,
                          (const uint64_t[4]){10});
    sqe.user_data = 5;
    player_submit(&fixture_init, &sqe);
    service_cancel(&fixture_init, 5);
    machine_input = "nobody reads";
    core_on_irq(HAL_IRQ_TERMINAL);
    core_check();
    service_nothing(&fixture_init);
    fixture_end();
}
END_TEST

START_TEST(test_cancel_receive)
{
    uint64_t id;

    service_begin(&s, 0);
    service_arm(&s, 2, 0);
    id = service_taken(&s, 5);
    service_cancel(&s.server, SERVICE_RECV);
    service_call(&s, 6);
    service_nothing(&s.server);
    /* The delivered call is still the server's to return. */
    service_return(&s.server, id);
    service_nothing(&s.server);
    ck_assert_int_eq(player_expect(&s.client, 5).result, 0);
    ck_assert_ptr_null(s.server.thread->receives[0].endpoint);
    service_end(&s);
}
END_TEST

/* All credits busy: the receive must still be found. */
START_TEST(test_cancel_busy_receive)
{
    uint64_t id;

    service_begin(&s, 0);
    service_arm(&s, 1, 0);
    id = service_taken(&s, 5);
    service_cancel(&s.server, SERVICE_RECV);
    service_cancel(&s.client, 5);
    service_return_late(&s.server, id);
    (void)player_enter(&s.server, 0, TIMEOUT_POLL);
    ck_assert_ptr_null(s.server.thread->receives[0].endpoint);
    service_end(&s);
}
END_TEST

/* ---------------------------------------------------------------------- ends */

START_TEST(test_server_dies)
{
    service_begin(&s, 0);
    service_arm(&s, 1, 0);
    service_call(&s, 5);
    service_call(&s, 6);
    (void)service_receive(&s.server);
    fixture_kill(&fixture_init, s.server.handle, 1);
    ck_assert_int_eq(player_expect(&s.client, 5).result, ERR_DISCONNECTED);
    ck_assert_int_eq(player_expect(&s.client, 6).result, ERR_DISCONNECTED);
    service_call(&s, 7);
    ck_assert_int_eq(player_expect(&s.client, 7).result, ERR_DISCONNECTED);
    service_end(&s);
}
END_TEST

START_TEST(test_server_faults)
{
    const struct hal_fault fault = {.vector = 14};

    service_begin(&s, 0);
    service_arm(&s, 1, 0);
    service_call(&s, 5);
    player_go(&s.server);
    core_on_fault(&fault);
    core_check();
    ck_assert_int_eq(player_expect(&s.client, 5).result, ERR_DISCONNECTED);
    service_end(&s);
}
END_TEST

START_TEST(test_client_dies)
{
    uint64_t id;

    service_begin(&s, 0);
    service_arm(&s, 1, 0);
    service_call(&s, 5);
    service_call(&s, 6);
    id = service_receive(&s.server).call_id;
    fixture_kill(&fixture_init, s.client.handle, 1);
    service_return_late(&s.server, id);
    player_go(&s.server);
    (void)player_enter(&s.server, 0, TIMEOUT_POLL);
    /* Nobody holds its facet any more. */
    ck_assert_int_eq(player_expect(&s.server, SERVICE_RECV).kind,
                     RING_CQE_UNHELD);
    service_nothing(&s.server);
    service_end(&s);
}
END_TEST

/* A thread of the server ends with calls in its hands and others waiting. */
START_TEST(test_server_thread_dies)
{
    struct player second;
    struct sqe sqe;
    uint64_t handle;
    uint64_t id;

    service_begin(&s, 0);
    handle = fixture_thread(&s.server, &second);
    sqe = service_recv_sqe(&s.server, s.endpoint, 1, 0, 0);
    player_submit(&second, &sqe);
    service_call(&s, 5);
    service_call(&s, 6);
    id = service_receive(&second).call_id;
    ck_assert_int_eq(player_call(&s.server, handle, THREAD_HANDLE_INTERFACE_ID,
                                 THREAD_HANDLE_METHOD_END, 3, 0, 0).result,
                     0);
    /* The process has the call still; another thread returns it. */
    service_return(&s.server, id);
    ck_assert_int_eq(player_expect(&s.client, 5).result, 0);
    player_submit(&s.server, &sqe);
    ck_assert_uint_eq(service_receive(&s.server).words[0], 6);
    player_detach(&second);
    service_end(&s);
}
END_TEST

/* A call must not go to a thread that ended a moment ago. */
START_TEST(test_call_after_thread_end)
{
    struct player second;
    struct sqe sqe;
    uint64_t facet;
    uint64_t handle;

    service_begin(&s, 0);
    handle = fixture_thread(&s.server, &second);
    facet = fixture_mint(&s.server, s.endpoint, SERVICE_TAG, 0);
    sqe = service_recv_sqe(&s.server, s.endpoint, 1, 0, 0);
    player_submit(&second, &sqe);
    /* Both in one entry: the thread is not taken apart between them. */
    player_go(&s.server);
    sqe = player_call_sqe(&s.server, handle, THREAD_HANDLE_INTERFACE_ID,
                          THREAD_HANDLE_METHOD_END, (const uint64_t[4]){3});
    player_push(&s.server, &sqe);
    sqe = service_call_sqe(facet, 5, 5);
    player_push(&s.server, &sqe);
    (void)player_enter(&s.server, 0, TIMEOUT_POLL);
    ck_assert_int_eq(player_expect(&s.server, handle ^ 1).result, 0);
    sqe = service_recv_sqe(&s.server, s.endpoint, 1, 0, 0);
    player_submit(&s.server, &sqe);
    ck_assert_uint_eq(service_receive(&s.server).words[0], 5);
    player_detach(&second);
    service_end(&s);
}
END_TEST

START_TEST(test_client_thread_dies)
{
    struct player second;
    struct sqe sqe;
    uint64_t handle;
    uint64_t id;

    service_begin(&s, 0);
    service_arm(&s, 1, 0);
    handle = fixture_thread(&s.client, &second);
    sqe = service_call_sqe(s.facet, 5, 5);
    player_submit(&second, &sqe);
    player_submit(&second, &sqe);
    id = service_receive(&s.server).call_id;
    ck_assert_int_eq(player_call(&s.client, handle, THREAD_HANDLE_INTERFACE_ID,
                                 THREAD_HANDLE_METHOD_END, 3, 0, 0).result,
                     0);
    service_return_late(&s.server, id);
    service_call(&s, 6);
    (void)player_enter(&s.client, 0, TIMEOUT_POLL);
    player_go(&s.server);
    (void)player_enter(&s.server, 0, TIMEOUT_POLL);
    ck_assert_uint_eq(service_receive(&s.server).words[0], 6);
    player_detach(&second);
    service_end(&s);
}
END_TEST

/* The endpoint's owner lets go: clients and armed receives are told. */
static void release_endpoint(uint32_t credits)
{
    struct sqe sqe;
    uint64_t id;

    service_begin(&s, 0);
    service_arm(&s, credits, 0);
    id = service_taken(&s, 5);
    sqe = (struct sqe){.opcode = RING_RELEASE, .cap = s.endpoint,
                       .user_data = 7};
    player_submit(&s.server, &sqe);
    ck_assert_int_eq(player_expect(&s.client, 5).result, ERR_DISCONNECTED);
    ck_assert_int_eq(player_expect(&s.server, SERVICE_RECV).result,
                     ERR_DISCONNECTED);
    ck_assert_int_eq(player_expect(&s.server, 7).result, 0);
    service_return_late(&s.server, id);
    (void)player_enter(&s.server, 0, TIMEOUT_POLL);
    ck_assert_ptr_null(s.server.thread->receives[0].endpoint);
    service_end(&s);
}

START_TEST(test_endpoint_released)
{
    release_endpoint(2);
}
END_TEST

START_TEST(test_endpoint_released_busy)
{
    release_endpoint(1);
}
END_TEST

START_TEST(test_facet_closed)
{
    struct cqe cqe;
    uint64_t id;

    service_begin(&s, 0);
    service_arm(&s, 1, 0);
    service_call(&s, 5);
    service_call(&s, 6);
    id = service_receive(&s.server).call_id;
    cqe = player_call(&s.server, s.endpoint, ENDPOINT_INTERFACE_ID,
                      ENDPOINT_METHOD_CLOSE, SERVICE_TAG + 1, 0, 0);
    ck_assert_uint_eq(cqe.words[0], 0);
    cqe = player_call(&s.server, s.endpoint, ENDPOINT_INTERFACE_ID,
                      ENDPOINT_METHOD_CLOSE, SERVICE_TAG, 0, 0);
    ck_assert_uint_eq(cqe.words[0], 1);
    ck_assert_int_eq(player_expect(&s.client, 6).result, ERR_DISCONNECTED);
    ck_assert_int_eq(player_expect(&s.client, 5).result, ERR_DISCONNECTED);
    service_call(&s, 7);
    ck_assert_int_eq(player_expect(&s.client, 7).result, ERR_DISCONNECTED);
    service_return_late(&s.server, id);
    service_end(&s);
}
END_TEST

/* A call that brings the caller's own facet. */
static void submit_cap(uint64_t user_data)
{
    const struct ring_xfer xfer = {.cap = s.facet};
    struct sqe sqe = service_message_sqe(&s.client, s.facet, user_data, 8);

    sqe.memory.ncaps = 1;
    sqe.memory.xfers = s.client.scratch + SCRATCH_PARAMS + 64;
    player_write(&s.client, sqe.memory.xfers, &xfer, sizeof(xfer));
    player_submit(&s.client, &sqe);
}

/* The server's end is cut short when it has looked for interrupts so often. */
static void call_while_server_ends(uint32_t looks)
{
    uint64_t endpoint = service_spawn(&s, 0);
    struct cqe cqe;

    service_arm(&s, 2, 2);
    player_go(&s.client);
    fake->irq_after = looks;
    process_end(s.server.process, END_KILLED, 0);
    (void)player_enter(&s.client, 0, TIMEOUT_POLL);
    fake->irq_after = 0;
    fake->irq = true;
    submit_cap(5);
    fake->irq = false;
    (void)player_enter(&s.client, 0, TIMEOUT_POLL);
    ck_assert_uint_eq(process_state(s.server.process), PROCESS_ENDED);
    /* It was delivered and has ended, or it waits for another server. */
    fixture_release(&fixture_init, endpoint);
    ck_assert(player_pop(&s.client, &cqe));
    ck_assert_int_eq(cqe.result, ERR_DISCONNECTED);
    service_kill(&s);
}

/* It may still be delivered to a thread that is about to be taken apart. */
START_TEST(test_call_while_server_ends)
{
    fixture_begin();
    for (uint32_t looks = 1; looks < 16; looks++) {
        call_while_server_ends(looks);
    }
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_cancel_queued,
        test_cancel_delivered,
        test_cancel_nothing,
        test_cancel_kernel_calls,
        test_cancel_receive,
        test_cancel_busy_receive,
        test_server_dies,
        test_server_faults,
        test_client_dies,
        test_server_thread_dies,
        test_call_after_thread_end,
        test_client_thread_dies,
        test_endpoint_released,
        test_endpoint_released_busy,
        test_facet_closed,
        test_call_while_server_ends,
        NULL,
    };

    return check_run("ipc_end", tests);
}
