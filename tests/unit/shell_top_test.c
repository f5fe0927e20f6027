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

/* What is read while it runs elsewhere can seem to go back. */
START_TEST(test_shell_top_back)
{
    memset(&before, 0, sizeof(before));
    memset(&now, 0, sizeof(now));
    add(&before, 1, 100);
    add(&now, 1, 99);
    ck_assert_uint_eq(top_rows_since(&before, &now, rows), 0);
    ck_assert_uint_eq(rows[0].cpu_ns, 0);
}
END_TEST

START_TEST(test_shell_top_cpus)
{
    struct top_cpu cpus[LIMIT_CPUS];

    memset(&before, 0, sizeof(before));
    memset(&now, 0, sizeof(now));
    before.cpu_count = 2;
    before.cpus[0].busy_ns = 500;
    before.cpus[1].busy_ns = 90;
    now.cpu_count = 3;
    now.cpus[0] = (struct top_cpu){.busy_ns = 700, .queued = 4, .thread = 9};
    now.cpus[1].busy_ns = 80;
    now.cpus[2].busy_ns = 30;
    ck_assert_uint_eq(top_cpus_since(&before, &now, cpus), 230);
    ck_assert_uint_eq(cpus[0].busy_ns, 200);
    ck_assert_uint_eq(cpus[0].queued, 4);
    ck_assert_uint_eq(cpus[0].thread, 9);
    ck_assert_uint_eq(cpus[1].busy_ns, 0);
    ck_assert_uint_eq(cpus[2].busy_ns, 30);
    ck_assert_uint_eq(now.cpus[0].busy_ns, 700);
}
END_TEST

START_TEST(test_shell_top_name)
{
    memset(&now, 0, sizeof(now));
    add(&now, 3, 0);
    memcpy(now.rows[0].name, "hello", sizeof("hello"));
    ck_assert_str_eq(top_rows_name(&now, 3), "hello");
    ck_assert_str_eq(top_rows_name(&now, 0), "-");
    ck_assert_str_eq(top_rows_name(&now, 4), "-");
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
    const TTest *const tests[] = {
        test_shell_top_since, test_shell_top_back, test_shell_top_cpus,
        test_shell_top_name,  test_shell_top_share, NULL,
    };

    return check_run("shell_top", tests);
}
