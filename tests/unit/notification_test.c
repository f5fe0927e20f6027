/*
 * notification_test.c - Notification in the whole kernel.
 */
#include "check_run.h"
#include "core_fixture.h"
#include "ipc/kernel_call.h"

static struct sqe wait_sqe(const struct player *player, uint64_t cap,
                           uint64_t user_data)
{
    struct sqe sqe = player_call_sqe(player, cap, NOTIFICATION_INTERFACE_ID,
                                     NOTIFICATION_METHOD_WAIT, NULL);

    sqe.user_data = user_data;
    return sqe;
}

static void signal_bits(struct player *player, uint64_t cap, uint64_t bits)
{
    struct sqe sqe = player_call_sqe(player, cap, NOTIFICATION_INTERFACE_ID,
                                     NOTIFICATION_METHOD_SIGNAL,
                                     (const uint64_t[4]){bits});

    player_submit(player, &sqe);
}

START_TEST(test_notification_bits)
{
    struct player *init = &fixture_init;
    struct sqe sqe;
    struct cqe cqe;
    uint64_t cap;

    fixture_begin();
    cap = fixture_notification(init);
    signal_bits(init, cap, 1);
    (void)player_expect(init, cap ^ NOTIFICATION_METHOD_SIGNAL);
    signal_bits(init, cap, 1ull << 63);
    (void)player_expect(init, cap ^ NOTIFICATION_METHOD_SIGNAL);
    sqe = wait_sqe(init, cap, 5);
    player_submit(init, &sqe);
    cqe = player_expect(init, 5);
    ck_assert_int_eq(cqe.result, 0);
    ck_assert_uint_eq(cqe.words[0], 1 | 1ull << 63);
    player_submit(init, &sqe);
    ck_assert(!player_pop(init, &cqe));
    signal_bits(init, cap, 0);
    (void)player_expect(init, cap ^ NOTIFICATION_METHOD_SIGNAL);
    ck_assert(!player_pop(init, &cqe));
    signal_bits(init, cap, 6);
    cqe = player_expect(init, 5);
    ck_assert_uint_eq(cqe.words[0], 6);
    (void)player_expect(init, cap ^ NOTIFICATION_METHOD_SIGNAL);
    fixture_end();
}
END_TEST

START_TEST(test_notification_ends)
{
    struct player *init = &fixture_init;
    struct fixture_request request = {0};
    struct player child;
    struct sqe sqe;
    uint64_t cap;

    fixture_begin();
    cap = fixture_notification(init);
    request.grants[0] = (struct fixture_grant){"bell", cap};
    fixture_spawn(init, &request, &child);
    sqe = wait_sqe(&child, player_cap(&child, "bell"), 1);
    player_submit(&child, &sqe);
    sqe = wait_sqe(init, cap, 2);
    player_submit(init, &sqe);
    fixture_kill(init, child.handle, 5); /* it was first in line */
    signal_bits(init, cap, 8);
    ck_assert_uint_eq(player_expect(init, 2).words[0], 8);
    (void)player_expect(init, cap ^ NOTIFICATION_METHOD_SIGNAL);
    player_submit(init, &sqe);
    sqe = (struct sqe){
        .opcode = RING_RELEASE, .flags = RING_QUIET, .cap = cap};
    player_submit(init, &sqe);
    ck_assert_int_eq(player_expect(init, 2).result, ERR_DISCONNECTED);
    player_detach(&child);
    fixture_end();
}
END_TEST

/* Found just before the last capability went: nobody could ever signal. */
START_TEST(test_notification_closed)
{
    struct player *init = &fixture_init;
    struct object *object;
    struct sqe sqe;
    struct cqe cqe;
    uint64_t cap;

    fixture_begin();
    cap = fixture_notification(init);
    object = cap_get(&init->process->caps, cap);
    fixture_release(init, cap);
    sqe = wait_sqe(init, cap, 5);
    kernel_call_run(init->thread, object, &revocation_root, &sqe);
    cqe = player_expect(init, 5);
    ck_assert_int_eq(cqe.result, ERR_EXCEPTION_TRUNCATED);
    ck_assert_int_eq((int32_t)cqe.words[1], ERR_DISCONNECTED);
    object_put(object);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_notification_bits,
        test_notification_ends,
        test_notification_closed,
        NULL,
    };

    return check_run("notification", tests);
}
