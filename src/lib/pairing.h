/*
 * pairing.h - a priority queue whose nodes lie inside what they order.
 *
 * A pairing heap: insert and first are O(1), removal is O(log n) amortised.
 * Nothing here allocates or recurses, so it is fit for a small kernel stack
 * and for nodes that live inside timers and threads.
 *
 * Equal nodes leave in the order in which they came: the heap numbers them at
 * insertion and decides ties by number, so less() need only look at the key.
 * The key of a node must not change while it is in a heap: remove it, change
 * it, insert it again. Whoever owns the heap serialises all access.
 */
#ifndef CAPOS_LIB_PAIRING_H
#define CAPOS_LIB_PAIRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "container.h"

/* Zero-filled: a node that is in no heap. */
struct pairing_node {
    struct pairing_node *child; /* first of the children */
    struct pairing_node *next;  /* sibling */
    struct pairing_node *prev;  /* sibling, or parent of a first child, or */
                                /* itself at the root; NULL in no heap */
    uint64_t sequence;          /* order of insertion */
};

/* True if a must leave before b. Must be a strict weak order. */
typedef bool pairing_less_fn(const struct pairing_node *a,
                             const struct pairing_node *b);

struct pairing_heap {
    struct pairing_node *root;
    pairing_less_fn *less;
    uint64_t sequence; /* of the next insertion */
};

/* Makes an empty heap. */
void pairing_init(struct pairing_heap *heap, pairing_less_fn *less);

/* Adds a node that is in no heap. */
void pairing_insert(struct pairing_heap *heap, struct pairing_node *node);

/* The least node, left where it is; NULL if the heap is empty. */
struct pairing_node *pairing_first(const struct pairing_heap *heap);

/* Takes the least node out; NULL if the heap is empty. */
struct pairing_node *pairing_remove_first(struct pairing_heap *heap);

/* Takes out a node that is in this heap, wherever it stands. */
void pairing_remove(struct pairing_heap *heap, struct pairing_node *node);

bool pairing_empty(const struct pairing_heap *heap);

/* True if the node is in a heap. It must once have been zero-filled. */
bool pairing_contains(const struct pairing_node *node);

/* What is below, when the least node has children. */
struct pairing_node *pairing_replace_root(struct pairing_heap *heap,
                                          struct pairing_node *node);

/*
 * Takes the least node out and adds one that does not leave before it, in one.
 * The heap is not empty.
 */
static inline struct pairing_node *
pairing_replace_first(struct pairing_heap *heap, struct pairing_node *node)
{
    struct pairing_node *first = heap->root;

    if (first->child) {
        return pairing_replace_root(heap, node);
    }
    node->child = NULL;
    node->next = NULL;
    node->prev = node;
    node->sequence = heap->sequence++;
    heap->root = node;
    first->prev = NULL;
    return first;
}

#endif
