/*
 * cap_transfer_test.c - capabilities from one table to another: what arrives, and
 * that what is refused at any step changes nothing: tables (free lists in their
 * order, generations), ledgers, holders, heap.
 */
#include <string.h>

#include "cap/transfer.h"
#include "check_run.h"
#include "core_machine.h"
#include "proc/ledger.h"

#define THINGS 4u

/* A table with its ledger. */
struct side {
    struct cap_table table;
    struct ledger *ledger;
};

static struct side from;
static struct side to;
static struct object things[THINGS];
static uint64_t caps[THINGS]; /* of the things, in from */
static uint32_t blocks;

static void thing_free(struct object *object)
{
    (void)object;
}

static const struct object_type thing_type = {
    .interface_id = 1,
    .name = "thing",
    .free = thing_free,
};

static void side_begin(struct side *side, uint64_t limit, uint64_t id)
{
    const uint64_t limits[LEDGER_KINDS] = {
        [LEDGER_CAPS] = limit, [LEDGER_OBJECTS] = 100000};

    memset(side, 0, sizeof(*side));
    ck_assert_int_eq(ledger_create(NULL, limits, &side->ledger), 0);
    cap_table_init(&side->table, side->ledger, id);
}

/* from has id 7 and the things, to id 3 and room for that many. */
static void begin(uint64_t room)
{
    ledger_tree_init();
    blocks = machine_heap_blocks;
    side_begin(&from, 100, 7);
    side_begin(&to, room, 3);
    for (uint32_t i = 0; i < THINGS; i++) {
        struct cap_edge edge = {.object = &things[i]};

        object_init(&things[i], &thing_type);
        ck_assert_int_eq(cap_insert(&from.table, &edge, &caps[i]), 0);
    }
}

static void side_end(struct side *side)
{
    uint32_t cursor = 0;

    ck_assert_uint_eq(ledger_used(side->ledger, LEDGER_CAPS),
                      sync_load(&side->table.live));
    ck_assert(cap_table_drain(&side->table, &cursor, UINT32_MAX));
    cap_table_fini(&side->table);
    ck_assert_uint_eq(ledger_used(side->ledger, LEDGER_CAPS), 0);
    ledger_put(side->ledger);
}

static void end(void)
{
    side_end(&from);
    side_end(&to);
    fake_retire();
    for (uint32_t i = 0; i < THINGS; i++) {
        ck_assert_uint_eq(sync_load(&things[i].holders), 0);
        ck_assert_uint_eq(sync_load(&things[i].references), 1);
    }
    ck_assert_uint_eq(machine_heap_blocks, blocks);
    lock_assert_none();
}

static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * 0x100000001b3ull;
}

/* Everything of a side that a refused transfer must leave alone. */
static uint64_t side_print(const struct side *side)
{
    const struct cap_table *table = &side->table;
    uint64_t sum = mix(table->free_first, table->free_last);

    for (uint32_t at = table->free_first; at;
         at = cap_slot_at(table, at - 1)->next) {
        sum = mix(sum, at);
    }
    for (uint32_t slot = 0; slot < sync_load(&table->slots); slot++) {
        const struct cap_slot *place = cap_slot_at(table, slot);
        uint32_t generation = sync_load(&place->generation);

        sum = mix(sum, generation);
        if (generation & 1) {
            sum = mix(sum, (uint64_t)sync_load_pointer(&place->object));
            sum = mix(sum, (uint64_t)sync_load_pointer(&place->node));
            sum = mix(mix(sum, place->mode), place->origin);
            sum = mix(mix(sum, place->giver), place->giver_cap);
        }
    }
    sum = mix(sum, sync_load(&table->live));
    return mix(sum, ledger_used(side->ledger, LEDGER_CAPS));
}

static uint64_t print(void)
{
    uint64_t sum = mix(side_print(&from), side_print(&to));

    for (uint32_t i = 0; i < THINGS; i++) {
        sum = mix(mix(sum, sync_load(&things[i].holders)),
                  sync_load(&things[i].references));
    }
    return mix(sum, machine_heap_blocks);
}

static int32_t transfer(const struct ring_xfer *xfers, uint32_t count,
                        uint64_t *new)
{
    const struct cap_transfer all = {
        .from = &from.table,
        .to = &to.table,
        .origin = CAP_ORIGIN_IPC_TRANSFER,
        .xfers = xfers,
        .count = count,
        .caps = new,
    };

    return cap_transfer(&all);
}

static enum cap_mode mode_of(struct cap_table *table, uint64_t cap)
{
    struct cap_edge edge;

    ck_assert(cap_read(table, cap, &edge));
    return edge.mode;
}

START_TEST(test_copy_and_move)
{
    struct ring_xfer all[3];
    struct cap_edge edge;
    uint64_t new[3];

    begin(10);
    all[0] = (struct ring_xfer){.cap = caps[1], .mode = RING_XFER_COPY};
    all[1] = (struct ring_xfer){.cap = caps[2], .mode = RING_XFER_MOVE};
    all[2] = all[0];
    ck_assert_int_eq(transfer(all, 3, new), 0);
    ck_assert_ptr_eq(cap_lookup(&to.table, new[0]), &things[1]);
    ck_assert_ptr_eq(cap_lookup(&to.table, new[1]), &things[2]);
    ck_assert_ptr_eq(cap_lookup(&to.table, new[2]), &things[1]);
    ck_assert_ptr_eq(cap_lookup(&from.table, caps[1]), &things[1]);
    ck_assert_ptr_null(cap_lookup(&from.table, caps[2]));
    ck_assert_uint_eq(sync_load(&things[1].holders), 3);
    ck_assert_uint_eq(sync_load(&things[2].holders), 1);
    ck_assert_uint_eq(ledger_used(from.ledger, LEDGER_CAPS), THINGS - 1);
    ck_assert_uint_eq(ledger_used(to.ledger, LEDGER_CAPS), 3);
    ck_assert(cap_read(&to.table, new[1], &edge));
    ck_assert_int_eq(edge.origin, CAP_ORIGIN_IPC_TRANSFER);
    ck_assert_int_eq(edge.mode, CAP_MODE_COPY);
    ck_assert_uint_eq(edge.giver, 7);
    ck_assert_uint_eq(edge.giver_cap, caps[2]);
    end();
}
END_TEST

/* Every mode passed on in every way: refused, or with the mode that it has. */
START_TEST(test_modes)
{
    static const uint32_t flags[] = {0, RING_XFER_MOVE_ONLY,
                                     RING_XFER_NON_TRANSFERABLE,
                                     RING_XFER_MOVE_ONLY |
                                         RING_XFER_NON_TRANSFERABLE};
    static const enum cap_mode least[] = {
        CAP_MODE_COPY, CAP_MODE_MOVE, CAP_MODE_NON_TRANSFERABLE,
        CAP_MODE_NON_TRANSFERABLE};

    for (uint32_t i = 0; i < CAP_MODES * 2 * 4; i++) {
        enum cap_mode mode = (enum cap_mode)(i % CAP_MODES);
        struct cap_edge edge = {.object = &things[0], .mode = mode};
        struct ring_xfer xfer = {.mode = i / CAP_MODES % 2,
                                 .flags = flags[i / CAP_MODES / 2]};
        enum cap_mode narrow = least[i / CAP_MODES / 2];
        uint64_t before;
        uint64_t new;

        begin(10);
        ck_assert_int_eq(cap_insert(&from.table, &edge, &xfer.cap), 0);
        before = print();
        if (mode == CAP_MODE_NON_TRANSFERABLE ||
            (mode == CAP_MODE_MOVE && xfer.mode == RING_XFER_COPY)) {
            ck_assert_int_eq(transfer(&xfer, 1, &new), ERR_NOT_TRANSFERABLE);
            ck_assert_uint_eq(print(), before);
        } else {
            ck_assert_int_eq(transfer(&xfer, 1, &new), 0);
            ck_assert_int_eq(mode_of(&to.table, new),
                             narrow > mode ? narrow : mode);
        }
        end();
    }
}
END_TEST

/* One descriptor of three is bad, each in turn. */
static void check_refused(const struct ring_xfer *bad, int32_t error)
{
    for (uint32_t place = 0; place < 3; place++) {
        struct ring_xfer xfers[3];
        uint64_t new[3];
        uint64_t before = print();

        for (uint32_t i = 0; i < 3; i++) {
            xfers[i] = (struct ring_xfer){.cap = caps[i],
                                          .mode = RING_XFER_MOVE};
        }
        xfers[place] = *bad;
        ck_assert_int_eq(transfer(xfers, 3, new), error);
        ck_assert_uint_eq(print(), before);
    }
}

START_TEST(test_bad_descriptors)
{
    struct ring_xfer bad;
    uint64_t gone;

    begin(10);
    gone = caps[3];
    ck_assert_int_eq(cap_release(&from.table, gone), 0);
    bad = (struct ring_xfer){.cap = gone};
    check_refused(&bad, ERR_BAD_CAPABILITY);
    bad = (struct ring_xfer){.cap = 0};
    check_refused(&bad, ERR_BAD_CAPABILITY);
    bad = (struct ring_xfer){.cap = UINT64_MAX};
    check_refused(&bad, ERR_BAD_CAPABILITY);
    bad = (struct ring_xfer){.cap = caps[0], .mode = 2};
    check_refused(&bad, ERR_BAD_FLAGS);
    bad = (struct ring_xfer){.cap = caps[0], .flags = 4};
    check_refused(&bad, ERR_BAD_FLAGS);
    end();
}
END_TEST

/* What is moved is named once. */
START_TEST(test_named_twice)
{
    for (uint32_t modes = 1; modes < 4; modes++) {
        struct ring_xfer xfers[3];
        uint64_t new[3];
        uint64_t before;

        begin(10);
        xfers[0] = (struct ring_xfer){.cap = caps[0], .mode = modes & 1};
        xfers[1] = (struct ring_xfer){.cap = caps[1]};
        xfers[2] = (struct ring_xfer){.cap = caps[0], .mode = modes >> 1};
        before = print();
        ck_assert_int_eq(transfer(xfers, 3, new), ERR_BAD_CAPABILITY);
        ck_assert_uint_eq(print(), before);
        end();
    }
}
END_TEST

/* The receiver has room for two, three come. */
START_TEST(test_over_ledger)
{
    struct ring_xfer xfers[3];
    uint64_t new[3];
    uint64_t before;
    int32_t error;

    begin(2);
    for (uint32_t i = 0; i < 3; i++) {
        xfers[i] = (struct ring_xfer){.cap = caps[i], .mode = i % 2};
    }
    before = print();
    error = transfer(xfers, 3, new);
    ck_assert_int_eq(error, ERR_OVERLOADED);
    ck_assert(cap_transfer_no_room(error));
    ck_assert_uint_eq(print(), before);
    ck_assert_int_eq(transfer(xfers, 2, new), 0);
    end();
}
END_TEST

/* The receiver's table cannot grow, at each of the allocations that it needs. */
START_TEST(test_no_memory)
{
    for (uint64_t allowed = 0; allowed < 2; allowed++) {
        struct ring_xfer xfer = {.mode = RING_XFER_MOVE};
        uint64_t before;
        uint64_t new;

        begin(10);
        xfer.cap = caps[0];
        before = side_print(&from);
        machine_refuse_heap(allowed);
        ck_assert_int_eq(transfer(&xfer, 1, &new), ERR_NO_MEMORY);
        machine_refuse_heap(UINT64_MAX);
        ck_assert_uint_eq(side_print(&from), before);
        ck_assert_uint_eq(ledger_used(to.ledger, LEDGER_CAPS), 0);
        ck_assert_int_eq(transfer(&xfer, 1, &new), 0);
        end();
    }
}
END_TEST

START_TEST(test_closed)
{
    struct ring_xfer xfer = {.mode = RING_XFER_MOVE};
    uint32_t cursor = 0;
    uint64_t before;
    uint64_t new;

    begin(10);
    xfer.cap = caps[0];
    ck_assert(cap_table_drain(&to.table, &cursor, 1));
    before = print();
    ck_assert_int_eq(transfer(&xfer, 1, &new), ERR_DISCONNECTED);
    ck_assert_uint_eq(print(), before);
    end();
}
END_TEST

/* To oneself: a new CapId, even where no slot was free. */
START_TEST(test_to_oneself)
{
    struct ring_xfer xfer;
    struct cap_transfer self = {
        .from = &from.table, .to = &from.table, .xfers = &xfer, .count = 1};
    uint64_t new;

    begin(10);
    self.caps = &new;
    xfer = (struct ring_xfer){.cap = caps[0], .mode = RING_XFER_MOVE};
    ck_assert_int_eq(cap_transfer(&self), 0);
    ck_assert_uint_ne(new, caps[0]);
    ck_assert_ptr_null(cap_lookup(&from.table, caps[0]));
    ck_assert_ptr_eq(cap_lookup(&from.table, new), &things[0]);
    ck_assert_uint_eq(ledger_used(from.ledger, LEDGER_CAPS), THINGS);
    ck_assert_uint_eq(sync_load(&things[0].holders), 1);
    end();
}
END_TEST

/* Through a node: it goes along, and holds the object once. */
START_TEST(test_node)
{
    struct cap_edge edge = {.object = &things[0]};
    struct ring_xfer xfer = {.mode = RING_XFER_COPY};
    uint64_t before;
    uint64_t new;

    begin(10);
    ck_assert_int_eq(node_create(&revocation_root, &things[0], NULL,
                                 from.ledger, &edge.node), 0);
    ck_assert_int_eq(cap_insert(&from.table, &edge, &xfer.cap), 0);
    object_put(&edge.node->object);
    ck_assert_int_eq(transfer(&xfer, 1, &new), 0);
    ck_assert_uint_eq(sync_load(&edge.node->object.holders), 2);
    ck_assert_uint_eq(sync_load(&things[0].holders), 2);
    ck_assert_int_eq(node_cut_step(edge.node), NODE_CUT_DONE);
    ck_assert_uint_eq(sync_load(&things[0].holders), 1);
    ck_assert_ptr_null(cap_lookup(&to.table, new));
    ck_assert_ptr_null(cap_lookup(&from.table, xfer.cap));
    before = print();
    ck_assert_int_eq(transfer(&xfer, 1, &new), ERR_BAD_CAPABILITY);
    ck_assert_uint_eq(print(), before);
    ck_assert_int_eq(cap_release(&to.table, new), 0);
    end();
}
END_TEST

/* What a kernel object gets: the narrowed edge, and a reference. */
START_TEST(test_peek)
{
    struct ring_xfer xfer;
    struct cap_edge edge;
    uint64_t before;

    begin(10);
    before = print();
    xfer = (struct ring_xfer){.cap = caps[1], .flags = RING_XFER_MOVE_ONLY};
    ck_assert_int_eq(cap_transfer_peek(&from.table, &xfer, &edge), 0);
    ck_assert_ptr_eq(edge.object, &things[1]);
    ck_assert_int_eq(edge.mode, CAP_MODE_MOVE);
    ck_assert_uint_eq(edge.giver, 7);
    ck_assert_uint_eq(sync_load(&things[1].references), 3);
    cap_transfer_put(&edge);
    xfer.mode = RING_XFER_MOVE;
    ck_assert_int_eq(cap_transfer_peek(&from.table, &xfer, &edge),
                     ERR_BAD_FLAGS);
    xfer = (struct ring_xfer){.cap = 5};
    ck_assert_int_eq(cap_transfer_peek(&from.table, &xfer, &edge),
                     ERR_BAD_CAPABILITY);
    ck_assert_uint_eq(print(), before);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_copy_and_move,
        test_modes,
        test_bad_descriptors,
        test_named_twice,
        test_over_ledger,
        test_no_memory,
        test_closed,
        test_to_oneself,
        test_node,
        test_peek,
        NULL,
    };

    return check_run("cap_transfer", tests);
}
