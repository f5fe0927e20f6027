/*
 * inject_test.c - refusing one of many: the words, the count, and that what is
 * refused in the whole kernel leaves nothing behind.
 */
#include "check/inject.h"
#include "check_run.h"
#include "core_fixture.h"
#include "capnp/server.h"

#include <stdio.h>
#include <string.h>

#define POINTS_MAX 100u

START_TEST(test_inject_words)
{
    static const char *const good[] = {
        "count", "heap:1", "frames:2", "charge:18446744", "slot:7", "map:1",
        "ipi:3", "watch:0", "watch:12", "skip:3:4:-9:0:0:",
        "skip:3:4:-15:1:-9:6e6f",
    };
    static const char *const bad[] = {
        "", "counts", "heap", "heap:", "heap:0", "heap:-1", "heap:1x",
        "heap:1:2", "heaps:1", "watch", "watch:", "watch:1:2", "skip:3:4",
        "skip:3:4:9:0:0:", "skip:3:4:-9:0:0:6", "skip:3:4:-9:0:0:6g",
        "operation:1", "orders",
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert_msg(inject_init(good[i]) && inject_on, "%s", good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!inject_init(bad[i]), "%s", bad[i]);
    }
    ck_assert(inject_init(NULL) && !inject_on);
    ck_assert(!inject_refuses(INJECT_HEAP));
}
END_TEST

/* The third charge and nothing else. */
START_TEST(test_inject_point)
{
    fixture_begin();
    ck_assert(inject_init("charge:3"));
    for (uint32_t i = 1; i <= POINTS_MAX; i++) {
        ck_assert(!inject_refuses(INJECT_SLOT));
        ck_assert_int_eq(inject_refuses(INJECT_CHARGE), i == 3);
    }
    ck_assert(inject_init(NULL));
    fixture_end();
}
END_TEST

/* The second operation is skipped; one inside of another is no operation. */
START_TEST(test_inject_skip)
{
    struct server_call call;
    int32_t status = 0;

    fixture_begin();
    memset(&call, 0, sizeof(call));
    ck_assert(inject_init("skip:2:9:-15:1:-9:6e6f"));
    ck_assert(inject_begin(&call, &status));
    ck_assert(inject_begin(NULL, &status));
    inject_end(NULL, 0);
    inject_end(&call, 0);
    ck_assert_int_eq(call.exception_kind, 0);
    ck_assert(!inject_begin(&call, &status));
    ck_assert_int_eq(status, ERR_EXCEPTION);
    ck_assert_uint_eq(call.exception_kind, 1);
    ck_assert_int_eq(call.exception_detail, -9);
    ck_assert_str_eq(call.exception_reason, "no");
    ck_assert(inject_begin(&call, &status));
    inject_end(&call, 0);
    ck_assert(inject_init(NULL));
    fixture_end();
}
END_TEST

/* It asks right before the place it was sent to, and does what it is told there. */
START_TEST(test_inject_orders)
{
    static const char *const orders[] = {"to:charge:2", "to:operation:2",
                                         "skip:2:9:-9:0:0:", "to:heap:0", NULL};
    int32_t status = 0;

    fixture_begin();
    fake_orders = orders;
    ck_assert(inject_init("orders"));
    ck_assert(!inject_refuses(INJECT_HEAP));
    ck_assert(!inject_refuses(INJECT_CHARGE));
    ck_assert_ptr_eq(fake_orders, orders + 1);
    ck_assert(!inject_refuses(INJECT_CHARGE));
    ck_assert_ptr_eq(fake_orders, orders + 2);
    ck_assert(inject_begin(NULL, &status));
    inject_end(NULL, 0);
    ck_assert_ptr_eq(fake_orders, orders + 2);
    ck_assert(!inject_begin(NULL, &status));
    ck_assert_int_eq(status, -9);
    ck_assert(!inject_init("orders"));
    ck_assert(!inject_init("orders"));
    ck_assert(inject_init(NULL));
    fixture_end();
}
END_TEST

/* A copy of the machine refuses what the machine itself goes past. */
START_TEST(test_inject_order_refuses)
{
    static const char *const orders[] = {"to:slot:3", "slot:3", NULL};

    fixture_begin();
    fake_orders = orders;
    ck_assert(inject_init("orders"));
    for (uint32_t i = 1; i <= POINTS_MAX; i++) {
        ck_assert_int_eq(inject_refuses(INJECT_SLOT), i == 3);
    }
    ck_assert_ptr_eq(fake_orders, orders + 2);
    ck_assert(inject_init(NULL));
    fixture_end();
}
END_TEST

/* A flush that is refused comes after the others had time to run. */
START_TEST(test_inject_flush)
{
    uint32_t relaxes;

    fixture_begin_on(2);
    relaxes = fake_relaxes;
    ck_assert(inject_init("ipi:2"));
    inject_flush();
    ck_assert_uint_eq(fake_relaxes, relaxes);
    inject_flush();
    ck_assert_uint_gt(fake_relaxes, relaxes);
    ck_assert(inject_init(NULL));
    fixture_end();
}
END_TEST

/* An interrupt of another CPU comes when the sender leaves the next time but one. */
START_TEST(test_inject_late)
{
    fixture_begin_on(2);
    ck_assert(inject_init("ipi:1"));
    cpu_interrupt(2);
    ck_assert(!fake_cpus[1].attention);
    inject_leave(&cpus[1]);
    inject_leave(&cpus[0]);
    ck_assert(!fake_cpus[1].attention);
    ck_assert_uint_eq(fake->armed_ns, 0);
    inject_leave(&cpus[0]);
    ck_assert(fake_cpus[1].attention);
    ck_assert(inject_init(NULL));
    fixture_tick();
    fixture_attend();
    fixture_end();
}
END_TEST

/*
 * Each point of making a pipe, in turn: the table is as it was, free list and
 * generations, and fixture_end finds whatever else is left.
 */
static void refuse_pipe(const char *kind)
{
    struct player *init = &fixture_init;
    const struct cap_table *table = &init->process->caps;
    uint32_t first = table->free_first;
    uint32_t last = table->free_last;
    uint32_t generation =
        sync_load(&cap_slot_at(table, first - 1)->generation);
    struct sqe sqe = player_call_sqe(init, player_cap(init, "pipes"),
                                     PIPE_FACTORY_INTERFACE_ID,
                                     PIPE_FACTORY_METHOD_CREATE, NULL);
    uint32_t number = 0;
    int32_t result = ERR_EXCEPTION;

    while (result < 0 && number < POINTS_MAX) {
        char words[32];

        ck_assert_int_eq(result, ERR_EXCEPTION);
        (void)snprintf(words, sizeof(words), "%s:%u", kind, ++number);
        ck_assert(inject_init(words));
        result = player_do(init, &sqe);
        if (result < 0) {
            ck_assert_uint_eq(table->free_first, first);
            ck_assert_uint_eq(table->free_last, last);
            ck_assert_uint_eq(
                sync_load(&cap_slot_at(table, first - 1)->generation),
                generation);
        }
    }
    ck_assert(inject_init(NULL));
    ck_assert_int_gt(result, 0);
    ck_assert_uint_gt(number, 1);
}

START_TEST(test_inject_pipe)
{
    fixture_begin();
    refuse_pipe("charge");
    refuse_pipe("slot");
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_inject_words,
        test_inject_point,
        test_inject_skip,
        test_inject_orders,
        test_inject_order_refuses,
        test_inject_flush,
        test_inject_late,
        test_inject_pipe,
        NULL,
    };

    return check_run("inject", tests);
}
