/*
 * ring_queue_test.c - the kernel's side of a ring: places promised and kept, the
 * room that is left, and indices that a program has spoilt.
 */
#include <string.h>

#include "check_run.h"
#include "ring/queue.h"

#define SQ 8u
#define CQ 16u

static _Alignas(64) unsigned char memory[8192];
static struct ring_queue queue;

static void begin(void)
{
    memset(memory, 0, sizeof(memory));
    ck_assert_uint_le(ring_bytes(SQ, CQ), sizeof(memory));
    ring_queue_init(&queue, memory, SQ, CQ);
}

/* As a completion does it, in this order. */
static void complete(void)
{
    ring_publish(&queue);
    ring_keep(&queue, 1);
}

static void consume(uint32_t count)
{
    queue.user->cq_head += count;
}

START_TEST(test_queue_room)
{
    begin();
    ck_assert_uint_eq(ring_room(&queue), CQ);
    ring_promise(&queue, 5);
    ck_assert_uint_eq(ring_room(&queue), CQ - 5);
    complete();
    complete();
    ck_assert_uint_eq(ring_room(&queue), CQ - 5);
    ck_assert_uint_eq(ring_available(&queue), 2);
    consume(2);
    ck_assert_uint_eq(ring_room(&queue), CQ - 3);
    /* Promises that fall away, as those of free credits do. */
    ring_keep(&queue, 3);
    ck_assert_uint_eq(ring_room(&queue), CQ);
    ring_promise(&queue, CQ);
    ck_assert_uint_eq(ring_room(&queue), 0);
}
END_TEST

/* Seen in the middle of a completion, room is less than it is, never more. */
START_TEST(test_queue_between)
{
    uint32_t before;

    begin();
    ring_promise(&queue, 3);
    before = ring_room(&queue);
    ring_publish(&queue);
    ck_assert_uint_eq(ring_room(&queue), before - 1);
    ring_keep(&queue, 1);
    ck_assert_uint_eq(ring_room(&queue), before);
}
END_TEST

/* The counts run around. */
START_TEST(test_queue_wraps)
{
    begin();
    sync_store(&queue.promised, UINT32_MAX - 1);
    sync_store(&queue.kept, UINT32_MAX - 1);
    sync_store(&queue.cq_tail, UINT32_MAX - 1);
    consume(UINT32_MAX - 1);
    for (uint32_t i = 0; i < 100; i++) {
        ring_promise(&queue, 4);
        ck_assert_uint_eq(ring_room(&queue), CQ - 4);
        for (uint32_t k = 0; k < 4; k++) {
            ck_assert_ptr_eq(ring_place(&queue),
                             &queue.cq[(sync_load(&queue.cq_tail)) % CQ]);
            complete();
        }
        ck_assert_uint_eq(ring_available(&queue), 4);
        consume(4);
    }
    ck_assert_uint_eq(ring_room(&queue), CQ);
    ck_assert(!sync_load(&queue.corrupt));
}
END_TEST

START_TEST(test_queue_corrupt)
{
    begin();
    complete();
    consume(2); /* more than there was */
    ck_assert_uint_eq(ring_room(&queue), 0);
    ck_assert(sync_load(&queue.corrupt));
    ck_assert_uint_eq(queue.kernel->flags, RING_STATE_CORRUPT);
    /* For ever, also when the index is right again. */
    queue.user->cq_head = 1;
    ck_assert_uint_eq(ring_room(&queue), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_queue_room,
        test_queue_between,
        test_queue_wraps,
        test_queue_corrupt,
        NULL,
    };

    return check_run("ring_queue", tests);
}
