/*
 * cap_table_test.c - capability tables: ids, the free list, growth, limits; and
 * the counts of the objects in them.
 */
#include <string.h>

#include "cap/table.h"
#include "check_run.h"
#include "core_machine.h"
#include "proc/ledger.h"

static struct {
    struct cap_table table;
    struct ledger *ledger;
    uint32_t blocks;
} t;

static struct object thing;
static uint32_t unheld;
static uint32_t destroyed;
static uint32_t freed;

static void thing_unheld(struct object *object)
{
    ck_assert_ptr_eq(object, &thing);
    unheld++;
}

static void thing_destroy(struct object *object)
{
    ck_assert_ptr_eq(object, &thing);
    destroyed++;
}

static void thing_free(struct object *object)
{
    ck_assert_ptr_eq(object, &thing);
    freed++;
}

static const struct object_type thing_type = {
    .interface_id = 1,
    .name = "thing",
    .unheld = thing_unheld,
    .destroy = thing_destroy,
    .free = thing_free,
};

static void begin(uint64_t caps)
{
    const uint64_t limits[LEDGER_KINDS] = {[LEDGER_CAPS] = caps};

    t.blocks = machine_heap_blocks;
    ledger_tree_init();
    ck_assert_int_eq(ledger_create(NULL, limits, &t.ledger), 0);
    memset(&t.table, 0, sizeof(t.table));
    cap_table_init(&t.table, t.ledger, 1);
    object_init(&thing, &thing_type);
}

static void end(void)
{
    uint32_t cursor = 0;

    while (!cap_table_drain(&t.table, &cursor, 10)) {
    }
    cap_table_fini(&t.table);
    ck_assert_uint_eq(ledger_used(t.ledger, LEDGER_CAPS), 0);
    ledger_put(t.ledger);
    fake_retire();
    ck_assert_uint_eq(sync_load(&thing.holders), 0);
    ck_assert_uint_eq(sync_load(&thing.references), 1);
    ck_assert_uint_eq(machine_heap_blocks, t.blocks);
    lock_assert_none();
}

/* cap_insert of the thing, through the root. */
static int32_t try_insert(uint64_t *cap)
{
    const struct cap_edge edge = {.object = &thing};

    return cap_insert(&t.table, &edge, cap);
}

static uint64_t insert(void)
{
    uint64_t cap = 0;

    ck_assert_int_eq(try_insert(&cap), 0);
    ck_assert_uint_ne(cap, 0);
    ck_assert_ptr_eq(cap_lookup(&t.table, cap), &thing);
    return cap;
}

/* Free list and generations in one number, to see whether they changed. */
static uint64_t fingerprint(void)
{
    uint64_t sum = t.table.live;

    for (uint32_t at = t.table.free_first; at;
         at = cap_slot_at(&t.table, at - 1)->next) {
        sum = sum * 31 + at;
    }
    sum = sum * 31 + t.table.free_last;
    for (uint32_t slot = 0; slot < t.table.slots; slot++) {
        sum = sum * 31 +
              sync_load(&cap_slot_at(&t.table, slot)->generation);
    }
    return sum;
}

START_TEST(test_ids)
{
    uint64_t cap;

    begin(100);
    cap = insert();
    ck_assert_uint_eq(cap, 1ull << 32);
    ck_assert_int_eq(cap_release(&t.table, cap), 0);
    ck_assert_ptr_null(cap_lookup(&t.table, cap));
    ck_assert_int_eq(cap_release(&t.table, cap), ERR_BAD_CAPABILITY);
    /* The slot comes last again, under another generation. */
    for (uint32_t i = 1; i < CAP_CHUNK_SLOTS; i++) {
        ck_assert_uint_eq((uint32_t)insert(), i);
    }
    ck_assert_uint_eq(insert(), 3ull << 32);
    ck_assert_ptr_null(cap_lookup(&t.table, cap));
    end();
}
END_TEST

/* Ids that nobody was given. */
START_TEST(test_forged)
{
    uint64_t cap;

    begin(100);
    cap = insert();
    for (uint64_t generation = 0; generation < 5; generation++) {
        for (uint64_t slot = 0; slot < 70; slot++) {
            uint64_t forged = slot | generation << 32;

            if (forged != cap) {
                ck_assert_ptr_null(cap_lookup(&t.table, forged));
                ck_assert_int_eq(cap_release(&t.table, forged),
                                 ERR_BAD_CAPABILITY);
            }
        }
    }
    ck_assert_ptr_null(cap_lookup(&t.table, UINT64_MAX));
    ck_assert_ptr_null(cap_lookup(&t.table, cap | 1ull << 63));
    ck_assert_int_eq(cap_release(&t.table, UINT64_MAX), ERR_BAD_CAPABILITY);
    /* A free slot's own generation, and the one that it will have. */
    ck_assert_int_eq(cap_release(&t.table, cap), 0);
    for (uint64_t generation = 0; generation < 5; generation++) {
        ck_assert_ptr_null(cap_lookup(&t.table, generation << 32));
    }
    end();
}
END_TEST

/* Several at once: all, or nothing has changed. */
START_TEST(test_several)
{
    const struct cap_edge edges[4] = {
        {.object = &thing}, {.object = &thing}, {.object = &thing},
        {.object = &thing},
    };
    uint64_t caps[4];
    uint64_t before;

    begin(3);
    ck_assert_int_eq(cap_release(&t.table, insert()), 0);
    before = fingerprint();
    ck_assert_int_eq(cap_insert_all(&t.table, edges, 4, caps), ERR_OVERLOADED);
    ck_assert_uint_eq(fingerprint(), before);
    ck_assert_uint_eq(ledger_used(t.ledger, LEDGER_CAPS), 0);
    ck_assert_uint_eq(sync_load(&thing.holders), 0);
    ck_assert_int_eq(cap_insert_all(&t.table, edges, 3, caps), 0);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(caps[i], (i + 1) | 1ull << 32);
        ck_assert_ptr_eq(cap_lookup(&t.table, caps[i]), &thing);
    }
    ck_assert_uint_eq(sync_load(&thing.holders), 3);
    end();
}
END_TEST

/* What a slot says of its edge, and nothing once it was released. */
START_TEST(test_edge)
{
    struct cap_edge edge = {
        .object = &thing,
        .mode = CAP_MODE_MOVE,
        .origin = CAP_ORIGIN_RESULT_CAP,
        .giver = 7,
        .giver_cap = 0x500000003,
    };
    uint64_t cap;

    begin(100);
    ck_assert_int_eq(cap_insert(&t.table, &edge, &cap), 0);
    memset(&edge, 0, sizeof(edge));
    ck_assert(cap_read(&t.table, cap, &edge));
    ck_assert_ptr_eq(edge.object, &thing);
    ck_assert_ptr_eq(edge.node, &revocation_root);
    ck_assert_int_eq(edge.mode, CAP_MODE_MOVE);
    ck_assert_int_eq(edge.origin, CAP_ORIGIN_RESULT_CAP);
    ck_assert_uint_eq(edge.giver, 7);
    ck_assert_uint_eq(edge.giver_cap, 0x500000003);
    ck_assert_int_eq(cap_release(&t.table, cap), 0);
    ck_assert(!cap_read(&t.table, cap, &edge));
    end();
}
END_TEST

/* A table from which a process's end takes things gets nothing more. */
START_TEST(test_closed)
{
    uint32_t cursor = 0;
    uint64_t before;
    uint64_t cap;

    begin(100);
    (void)insert();
    ck_assert(cap_table_drain(&t.table, &cursor, UINT32_MAX));
    before = fingerprint();
    ck_assert_int_eq(try_insert(&cap), ERR_DISCONNECTED);
    ck_assert_uint_eq(fingerprint(), before);
    ck_assert_uint_eq(ledger_used(t.ledger, LEDGER_CAPS), 0);
    end();
}
END_TEST

/* What is refused changes neither free list nor generations. */
START_TEST(test_refused)
{
    uint64_t before;
    uint64_t cap;

    begin(2);
    cap = insert();
    (void)insert();
    ck_assert_int_eq(cap_release(&t.table, cap), 0);
    (void)insert();
    before = fingerprint();
    ck_assert_int_eq(try_insert(&cap), ERR_OVERLOADED);
    ck_assert_uint_eq(fingerprint(), before);
    ck_assert_uint_eq(ledger_used(t.ledger, LEDGER_CAPS), 2);
    end();
}
END_TEST

START_TEST(test_growth)
{
    uint64_t caps[1000];

    begin(1000);
    for (uint32_t i = 0; i < 1000; i++) {
        caps[i] = insert();
        ck_assert_uint_eq((uint32_t)caps[i], i);
    }
    for (uint32_t i = 0; i < 1000; i++) {
        ck_assert_ptr_eq(cap_lookup(&t.table, caps[i]), &thing);
    }
    ck_assert_uint_eq(t.table.live, 1000);
    ck_assert_uint_eq(sync_load(&thing.holders), 1000);
    end();
}
END_TEST

START_TEST(test_ledger_limit)
{
    uint64_t cap;

    begin(3);
    for (uint32_t i = 0; i < 3; i++) {
        (void)insert();
    }
    ck_assert_int_eq(try_insert(&cap),
                     ERR_OVERLOADED);
    ck_assert_uint_eq(sync_load(&thing.holders), 3);
    ck_assert_int_eq(cap_release(&t.table, 1 | 1ull << 32), 0);
    (void)insert();
    end();
}
END_TEST

START_TEST(test_table_limit)
{
    uint64_t cap;

    begin(UINT64_MAX);
    for (uint32_t i = 0; i < LIMIT_CAPS_PER_PROCESS; i++) {
        if (try_insert(&cap) != 0) {
            ck_abort_msg("slot %u", i);
        }
    }
    ck_assert_int_eq(try_insert(&cap),
                     ERR_OVERLOADED);
    ck_assert_uint_eq(ledger_used(t.ledger, LEDGER_CAPS),
                      LIMIT_CAPS_PER_PROCESS);
    end();
}
END_TEST

START_TEST(test_no_memory)
{
    uint64_t cap;

    for (uint64_t blocks = 0; blocks < 2; blocks++) {
        begin(100);
        machine_refuse_heap(blocks);
        ck_assert_int_eq(try_insert(&cap), ERR_NO_MEMORY);
        ck_assert_uint_eq(ledger_used(t.ledger, LEDGER_CAPS), 0);
        machine_refuse_heap(UINT64_MAX);
        (void)insert();
        end();
    }
}
END_TEST

START_TEST(test_next)
{
    uint64_t cap;

    begin(100);
    ck_assert_ptr_null(cap_next(&t.table, 0, &cap));
    for (uint32_t i = 0; i < 5; i++) {
        (void)insert();
    }
    ck_assert_int_eq(cap_release(&t.table, 2 | 1ull << 32), 0);
    ck_assert_ptr_nonnull(cap_next(&t.table, 2, &cap));
    ck_assert_uint_eq(cap, 3 | 1ull << 32);
    ck_assert_ptr_null(cap_next(&t.table, 5, &cap));
    ck_assert_ptr_null(cap_next(&t.table, UINT32_MAX, &cap));
    end();
}
END_TEST

/* Draining looks at no more slots than it may. */
START_TEST(test_drain_budget)
{
    uint32_t cursor = 0;

    begin(200);
    for (uint32_t i = 0; i < 100; i++) {
        (void)insert();
    }
    ck_assert(!cap_table_drain(&t.table, &cursor, 64));
    ck_assert_uint_eq(t.table.live, 36);
    ck_assert(cap_table_drain(&t.table, &cursor, 64));
    ck_assert_uint_eq(t.table.live, 0);
    end();
}
END_TEST

START_TEST(test_unheld_and_destroyed)
{
    uint64_t first;
    uint64_t second;

    begin(10);
    unheld = 0;
    destroyed = 0;
    first = insert();
    second = insert();
    ck_assert_int_eq(cap_release(&t.table, first), 0);
    ck_assert_uint_eq(unheld, 0);
    ck_assert_int_eq(cap_release(&t.table, second), 0);
    ck_assert_uint_eq(unheld, 1);
    ck_assert_uint_eq(destroyed, 0);
    object_get(&thing);
    object_put(&thing);
    ck_assert_uint_eq(destroyed, 0);
    object_put(&thing);
    ck_assert_uint_eq(destroyed, 1);
    ck_assert_uint_eq(freed, 0);
    fake_retire();
    ck_assert_uint_eq(freed, 1);
    object_init(&thing, &thing_type);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_ids,
        test_forged,
        test_several,
        test_edge,
        test_closed,
        test_refused,
        test_growth,
        test_ledger_limit,
        test_table_limit,
        test_no_memory,
        test_next,
        test_drain_budget,
        test_unheld_and_destroyed,
        NULL,
    };

    return check_run("cap_table", tests);
}
