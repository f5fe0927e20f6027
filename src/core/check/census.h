/*
 * census.h - all that is charged by itself, whoever refers to it: objects
 * (cap/object.h) and memories (mem/memory.h), for authority_check.
 *
 * Kept by debug builds, and only on machines on which authority_check runs at all:
 * no two CPUs change anything at the same time there, so there is no lock.
 */
#ifndef CAPOS_CORE_CHECK_CENSUS_H
#define CAPOS_CORE_CHECK_CENSUS_H

#include "list.h"
#include "variant.h"

struct census {
    bool kept;
    struct list objects;  /* struct object.census */
    struct list memories; /* struct memory.census */
};

extern struct census census;

/* Before anything is made. */
void census_init(bool kept);

/* The node belongs to something that is charged from now on. */
static inline void census_join(struct list *list, struct list_node *node)
{
    if (VARIANT_CHECKS && census.kept) {
        list_push_back(list, node);
    }
}

/* What it belongs to is not charged any more. */
static inline void census_leave(struct list_node *node)
{
    if (VARIANT_CHECKS && census.kept) {
        list_remove(node);
    }
}

#endif
