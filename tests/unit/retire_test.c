/*
 * retire_test.c - what is retired is freed when every other CPU has been outside
 * of the kernel since, and not before.
 */
#include "check_run.h"
#include "container.h"
#include "core_check.h"
#include "core_fixture.h"

#define CPUS 3u
#define ITEMS 4u

static struct item {
    struct retired retired;
    uint32_t freed_by; /* CPU + 1 */
} items[ITEMS];

static void item_free(struct retired *retired)
{
    struct item *item = container_of(retired, struct item, retired);

    ck_assert_uint_eq(item->freed_by, 0);
    lock_assert_none();
    item->freed_by = fake->number + 1;
}

static void begin(void)
{
    fixture_begin_on(CPUS);
    fake_on(0);
}

static void end(void)
{
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        ck_assert_uint_eq(cpus[cpu].retirement.passes % 2, 0);
    }
    fixture_end();
}

START_TEST(test_retire_alone)
{
    begin();
    retire_enter(&cpus[0].retirement);
    retire(&items[0].retired, item_free);
    ck_assert_uint_eq(items[0].freed_by, 0);
    ck_assert(!retire_run(&cpus[0]));
    ck_assert_uint_eq(items[0].freed_by, 1);
    retire_leave(&cpus[0].retirement);
    end();
}
END_TEST

START_TEST(test_retire_waits)
{
    begin();
    retire_enter(&cpus[0].retirement);
    retire_enter(&cpus[1].retirement);
    retire_enter(&cpus[2].retirement);
    retire(&items[0].retired, item_free);
    ck_assert(retire_run(&cpus[0]));
    retire_leave(&cpus[2].retirement);
    ck_assert(retire_run(&cpus[0]));
    ck_assert_uint_eq(items[0].freed_by, 0);
    /* That one is inside again, but was outside since. */
    retire_enter(&cpus[2].retirement);
    retire_leave(&cpus[1].retirement);
    ck_assert(!retire_run(&cpus[0]));
    ck_assert_uint_eq(items[0].freed_by, 1);
    retire_leave(&cpus[2].retirement);
    retire_leave(&cpus[0].retirement);
    end();
}
END_TEST

/* What comes later waits for those who are inside then, not the first time. */
START_TEST(test_retire_batches)
{
    begin();
    retire_enter(&cpus[0].retirement);
    retire_enter(&cpus[1].retirement);
    retire(&items[0].retired, item_free);
    ck_assert(retire_run(&cpus[0]));
    retire_enter(&cpus[2].retirement);
    retire(&items[1].retired, item_free);
    retire(&items[2].retired, item_free);
    ck_assert(retire_run(&cpus[0]));
    retire_leave(&cpus[1].retirement);
    ck_assert(retire_run(&cpus[0]));
    ck_assert_uint_eq(items[0].freed_by, 1);
    ck_assert_uint_eq(items[1].freed_by, 0);
    ck_assert_uint_eq(items[2].freed_by, 0);
    retire_leave(&cpus[2].retirement);
    ck_assert(!retire_run(&cpus[0]));
    ck_assert_uint_eq(items[1].freed_by, 1);
    ck_assert_uint_eq(items[2].freed_by, 1);
    retire_leave(&cpus[0].retirement);
    end();
}
END_TEST

/* Who retires frees, and does not wait for itself. */
START_TEST(test_retire_each_cpu)
{
    begin();
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        fake_on(cpu);
        retire_enter(&cpus[cpu].retirement);
        retire(&items[cpu].retired, item_free);
    }
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        fake_on(cpu);
        ck_assert(retire_run(&cpus[cpu]));
    }
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        retire_leave(&cpus[cpu].retirement);
    }
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        fake_on(cpu);
        ck_assert(!retire_run(&cpus[cpu]));
        ck_assert_uint_eq(items[cpu].freed_by, cpu + 1);
    }
    end();
}
END_TEST

/* Freeing may retire more. */
static void item_free_next(struct retired *retired)
{
    item_free(retired);
    retire(&items[1].retired, item_free);
}

START_TEST(test_retire_chain)
{
    begin();
    retire(&items[0].retired, item_free_next);
    ck_assert(!retire_run(&cpus[0]));
    ck_assert_uint_eq(items[0].freed_by, 1);
    ck_assert_uint_eq(items[1].freed_by, 1);
    end();
}
END_TEST

/* In the whole kernel: a released object stays readable for the CPU inside. */
START_TEST(test_retire_object)
{
    struct sqe sqe = {.opcode = RING_RELEASE, .flags = RING_QUIET};
    struct object *object;
    uint32_t blocks;

    begin();
    sqe.cap = fixture_endpoint(&fixture_init);
    player_go(&fixture_init);
    object = cap_lookup(&fixture_init.process->caps, sqe.cap);
    blocks = machine_heap_blocks;
    retire_enter(&cpus[1].retirement);
    player_push(&fixture_init, &sqe);
    core_on_syscall(GATE_ENTER, 0, TIMEOUT_POLL);
    ck_assert_uint_eq(machine_heap_blocks, blocks);
    ck_assert_uint_eq(sync_load(&object->references), 0);
    ck_assert(!object_try_get(object) && !object_try_hold(object));
    /* The CPU will look again, though nothing else is to be done. */
    ck_assert_uint_lt(fake->armed_ns, UINT64_MAX);
    retire_leave(&cpus[1].retirement);
    fixture_tick();
    ck_assert_uint_eq(machine_heap_blocks, blocks - 1);
    ck_assert_uint_eq(fake->armed_ns, UINT64_MAX);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_retire_alone,
        test_retire_waits,
        test_retire_batches,
        test_retire_each_cpu,
        test_retire_chain,
        test_retire_object,
        NULL,
    };

    return check_run("retire", tests);
}
