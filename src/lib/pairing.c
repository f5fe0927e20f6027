/*
 * pairing.c - the intrusive pairing heap (pairing.h).
 *
 * Invariant: a node in a heap has prev != NULL; prev->child == node if it is
 * a first child, else prev->next == node; the root's prev is the root itself
 * and its next is NULL. No parent is ordered after a child of its.
 */
#include "pairing.h"

static bool before(const struct pairing_heap *heap,
                   const struct pairing_node *a, const struct pairing_node *b)
{
    if (heap->less(a, b)) {
        return true;
    }
    return !heap->less(b, a) && a->sequence < b->sequence;
}

/* Joins two trees whose roots have no siblings; either may be NULL. */
static struct pairing_node *meld(const struct pairing_heap *heap,
                                 struct pairing_node *a,
                                 struct pairing_node *b)
{
    struct pairing_node *swap;

    if (a == NULL || b == NULL) {
        return a == NULL ? b : a;
    }
    if (before(heap, b, a)) {
        swap = a;
        a = b;
        b = swap;
    }
    b->next = a->child;
    if (b->next != NULL) {
        b->next->prev = b;
    }
    b->prev = a;
    a->child = b;
    return a;
}

/*
 * Joins a chain of siblings into one tree: first in pairs from the left, then
 * the pairs from the right. The second pass walks back over the first, which
 * therefore leaves its results linked in reverse.
 */
static struct pairing_node *meld_siblings(const struct pairing_heap *heap,
                                          struct pairing_node *node)
{
    struct pairing_node *pairs = NULL;
    struct pairing_node *tree = NULL;

    while (node != NULL) {
        struct pairing_node *a = node;
        struct pairing_node *b = a->next;

        node = b == NULL ? NULL : b->next;
        a->next = NULL;
        if (b != NULL) {
            b->next = NULL;
        }
        a = meld(heap, a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs != NULL) {
        struct pairing_node *next = pairs->next;

        pairs->next = NULL;
        tree = meld(heap, tree, pairs);
        pairs = next;
    }
    return tree;
}

static void root_set(struct pairing_heap *heap, struct pairing_node *root)
{
    heap->root = root;
    if (root != NULL) {
        root->next = NULL;
        root->prev = root;
    }
}

void pairing_init(struct pairing_heap *heap, pairing_less_fn *less)
{
    heap->root = NULL;
    heap->less = less;
    heap->sequence = 0;
}

void pairing_insert(struct pairing_heap *heap, struct pairing_node *node)
{
    node->child = NULL;
    node->next = NULL;
    node->sequence = heap->sequence++;
    root_set(heap, meld(heap, heap->root, node));
}

struct pairing_node *pairing_first(const struct pairing_heap *heap)
{
    return heap->root;
}

struct pairing_node *pairing_remove_first(struct pairing_heap *heap)
{
    struct pairing_node *first = heap->root;

    if (first != NULL) {
        pairing_remove(heap, first);
    }
    return first;
}

struct pairing_node *pairing_replace_root(struct pairing_heap *heap,
                                          struct pairing_node *node)
{
    struct pairing_node *first = heap->root;

    node->child = NULL;
    node->next = NULL;
    node->sequence = heap->sequence++;
    root_set(heap, meld(heap, meld_siblings(heap, first->child), node));
    first->child = NULL;
    first->prev = NULL;
    return first;
}

void pairing_remove(struct pairing_heap *heap, struct pairing_node *node)
{
    struct pairing_node *rest = meld_siblings(heap, node->child);

    if (node == heap->root) {
        root_set(heap, rest);
    } else {
        if (node->prev->child == node) {
            node->prev->child = node->next;
        } else {
            node->prev->next = node->next;
        }
        if (node->next != NULL) {
            node->next->prev = node->prev;
        }
        root_set(heap, meld(heap, heap->root, rest));
    }
    node->child = NULL;
    node->next = NULL;
    node->prev = NULL;
}

bool pairing_empty(const struct pairing_heap *heap)
{
    return heap->root == NULL;
}

bool pairing_contains(const struct pairing_node *node)
{
    return node->prev != NULL;
}
