/*
 * list.h - a doubly linked list whose nodes lie inside what they link.
 *
 * Nothing here allocates. The list is a ring through its head, so insertion
 * and removal have no special cases. A node that is in no list points to
 * itself (list_node_init, and again after removal), so "is it queued?" is one
 * comparison. Whoever owns the list serialises all access.
 */
#ifndef CAPOS_LIB_LIST_H
#define CAPOS_LIB_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "container.h"

struct list_node {
    struct list_node *next;
    struct list_node *prev;
};

struct list {
    struct list_node head;
};

/* Makes a node one that is in no list. */
static inline void list_node_init(struct list_node *node)
{
    node->next = node;
    node->prev = node;
}

/* True if the node is in a list. It must have been initialised. */
static inline bool list_linked(const struct list_node *node)
{
    return node->next != node;
}

/* Makes an empty list. */
static inline void list_init(struct list *list)
{
    list_node_init(&list->head);
}

static inline bool list_empty(const struct list *list)
{
    return list->head.next == &list->head;
}

/* Puts node, which is in no list, before another one. */
static inline void list_insert_before(struct list_node *other,
                                      struct list_node *node)
{
    node->prev = other->prev;
    node->next = other;
    other->prev->next = node;
    other->prev = node;
}

/* Puts node, which is in no list, at the end. */
static inline void list_push_back(struct list *list, struct list_node *node)
{
    list_insert_before(&list->head, node);
}

/* Puts node, which is in no list, at the start. */
static inline void list_push_front(struct list *list, struct list_node *node)
{
    list_insert_before(list->head.next, node);
}

/* Takes a node out of its list; no effect on a node that is in none. */
static inline void list_remove(struct list_node *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_node_init(node);
}

/* The first node; NULL if there is none. */
static inline struct list_node *list_first(const struct list *list)
{
    return list_empty(list) ? NULL : list->head.next;
}

/* The node after one of the list; NULL after the last. */
static inline struct list_node *list_next(const struct list *list,
                                          const struct list_node *node)
{
    return node->next == &list->head ? NULL : node->next;
}

/* Takes the first node out and returns it; NULL if there is none. */
static inline struct list_node *list_pop_front(struct list *list)
{
    struct list_node *node = list_first(list);

    if (node != NULL) {
        list_remove(node);
    }
    return node;
}

#endif
