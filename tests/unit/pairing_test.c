/*
 * pairing_test.c - the pairing heap against a sorted array, and list.h.
 */
#include "pairing.h"

#include "check_run.h"
#include "list.h"

#define NODES 200u

struct item {
    struct pairing_node node;
    uint32_t key;
    uint32_t order; /* of insertion */
};

static bool item_less(const struct pairing_node *a,
                      const struct pairing_node *b)
{
    return container_of_const(a, struct item, node)->key <
           container_of_const(b, struct item, node)->key;
}

static uint32_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(*state >> 33);
}

START_TEST(test_pairing_empty)
{
    struct pairing_heap heap;

    pairing_init(&heap, item_less);
    ck_assert(pairing_empty(&heap));
    ck_assert_ptr_null(pairing_first(&heap));
    ck_assert_ptr_null(pairing_remove_first(&heap));
}
END_TEST

START_TEST(test_pairing_equal_nodes_leave_in_order)
{
    static struct item items[NODES];
    struct pairing_heap heap;

    pairing_init(&heap, item_less);
    for (uint32_t i = 0; i < NODES; i++) {
        items[i].key = i % 3;
        items[i].order = i;
        ck_assert(!pairing_contains(&items[i].node));
        pairing_insert(&heap, &items[i].node);
        ck_assert(pairing_contains(&items[i].node));
    }
    for (uint32_t i = 0, key = 0, last = 0; i < NODES; i++) {
        struct item *item =
            container_of(pairing_remove_first(&heap), struct item, node);

        ck_assert(!pairing_contains(&item->node));
        ck_assert_uint_ge(item->key, key);
        ck_assert(item->key > key || i == 0 || item->order > last);
        key = item->key;
        last = item->order;
    }
    ck_assert(pairing_empty(&heap));
}
END_TEST

/* The item that must come first, by a search through all. */
static struct item *first_of(struct item *items, uint32_t count)
{
    struct item *first = NULL;

    for (uint32_t i = 0; i < count; i++) {
        struct item *item = &items[i];

        if (pairing_contains(&item->node) &&
            (first == NULL || item->key < first->key ||
             (item->key == first->key && item->order < first->order))) {
            first = item;
        }
    }
    return first;
}

START_TEST(test_pairing_random_against_search)
{
    static struct item items[NODES];
    struct pairing_heap heap;
    uint64_t random = 7;
    uint32_t order = 0;

    pairing_init(&heap, item_less);
    for (uint32_t step = 0; step < 20000; step++) {
        struct item *item = &items[random_next(&random) % NODES];
        struct item *expected = first_of(items, NODES);

        ck_assert_ptr_eq(pairing_first(&heap),
                         expected == NULL ? NULL : &expected->node);
        if (random_next(&random) % 4 == 0 && expected != NULL) {
            ck_assert_ptr_eq(pairing_remove_first(&heap), &expected->node);
        } else if (pairing_contains(&item->node)) {
            pairing_remove(&heap, &item->node);
        } else {
            item->key = random_next(&random) % 50;
            item->order = order++;
            pairing_insert(&heap, &item->node);
        }
    }
}
END_TEST

/* Replacing the first is removing it and inserting another, however many there are. */
START_TEST(test_pairing_replace_first)
{
    static struct item items[NODES + 1];

    for (uint32_t count = 1; count <= NODES; count += 7) {
        struct item *next = &items[count];
        struct pairing_heap heap;
        uint64_t random = count;

        pairing_init(&heap, item_less);
        for (uint32_t i = 0; i <= count; i++) {
            items[i] = (struct item){.key = random_next(&random) % 20,
                                     .order = i};
            if (i < count) {
                pairing_insert(&heap, &items[i].node);
            }
        }
        for (uint32_t order = count; order < 4 * count; order++) {
            struct item *first = first_of(items, count + 1);

            next->key = first->key + random_next(&random) % 20;
            next->order = order;
            ck_assert_ptr_eq(pairing_replace_first(&heap, &next->node),
                             &first->node);
            ck_assert(!pairing_contains(&first->node));
            ck_assert(pairing_contains(&next->node));
            next = first;
        }
        for (uint32_t i = 0; i < count; i++) {
            struct item *first = first_of(items, count + 1);

            ck_assert_ptr_eq(pairing_remove_first(&heap), &first->node);
        }
        ck_assert(pairing_empty(&heap));
    }
}
END_TEST

START_TEST(test_list_order_and_removal)
{
    struct list list;
    struct list_node nodes[4];

    list_init(&list);
    ck_assert(list_empty(&list));
    ck_assert_ptr_null(list_first(&list));
    ck_assert_ptr_null(list_pop_front(&list));
    for (uint32_t i = 0; i < 4; i++) {
        list_node_init(&nodes[i]);
        ck_assert(!list_linked(&nodes[i]));
    }
    list_push_back(&list, &nodes[1]);
    list_push_back(&list, &nodes[2]);
    list_push_front(&list, &nodes[0]);
    list_insert_before(&nodes[2], &nodes[3]);
    ck_assert_ptr_eq(list_next(&list, &nodes[1]), &nodes[3]);
    ck_assert_ptr_null(list_next(&list, &nodes[2]));
    list_remove(&nodes[1]);
    ck_assert(!list_linked(&nodes[1]));
    list_remove(&nodes[1]);
    ck_assert_ptr_eq(list_pop_front(&list), &nodes[0]);
    ck_assert_ptr_eq(list_pop_front(&list), &nodes[3]);
    ck_assert_ptr_eq(list_pop_front(&list), &nodes[2]);
    ck_assert(list_empty(&list));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_pairing_empty,
        test_pairing_equal_nodes_leave_in_order,
        test_pairing_random_against_search,
        test_pairing_replace_first,
        test_list_order_and_removal,
        NULL,
    };

    return check_run("pairing", tests);
}
