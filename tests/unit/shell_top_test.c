/* shell_top_test.c - who used the CPU between two looks. */
#include <string.h>

#include "check_run.h"
#include "top_rows.h"

static struct top_sample before;
static struct top_sample now;
static struct top_row rows[TOP_PROCESSES_MAX];

static void add(struct top_sample *sample, uint64_t id, uint64_t cpu_ns)
{
    sample->rows[sample->count++] =
        (struct top_row){.id = id, .cpu_ns = cpu_ns};
}

START_TEST(test_shell_top_since)
{
    memset(&before, 0, sizeof(before));
    memset(&now, 0, sizeof(now));
    add(&before, 1, 100);
    add(&before, 2, 500); /* will be gone */
    add(&before, 3, 1000);
    add(&before, 4, 70);
    add(&now, 1, 150);
    add(&now, 3, 1000);
    add(&now, 4, 370);
    add(&now, 9, 50); /* is new */
    ck_assert_uint_eq(top_rows_since(&before, &now, rows), 400);
    ck_assert_uint_eq(rows[0].id, 4);
    ck_assert_uint_eq(rows[0].cpu_ns, 300);
    ck_assert_uint_eq(rows[1].id, 1); /* of equals the lower id */
    ck_assert_uint_eq(rows[2].id, 9);
    ck_assert_uint_eq(rows[3].id, 3);
    ck_assert_uint_eq(rows[3].cpu_ns, 0);
    ck_assert_uint_eq(now.rows[0].cpu_ns, 150);
}
END_TEST

START_TEST(test_shell_top_share)
{
    ck_assert_uint_eq(top_rows_share(0, 0), 0);
    ck_assert_uint_eq(top_rows_share(5, 999), 0);
    ck_assert_uint_eq(top_rows_share(1000000000, 1000000000), 1000);
    ck_assert_uint_eq(top_rows_share(2000000000, 1000000000), 2000);
    ck_assert_uint_eq(top_rows_share(1499999, 1000000000), 1);
    ck_assert_uint_eq(top_rows_share(1500000, 1000000000), 2);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_shell_top_since,
                                         test_shell_top_share, NULL};

    return check_run("shell_top", tests);
}
