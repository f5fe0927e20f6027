/*
 * space_model.h - a model of an address space, for space_random_test.c.
 *
 * The model is an array of pages in two stretches of the window: one where the
 * program's image goes, across a table's boundary, and one at the start of the
 * free part. It predicts the result of each change; after it every page, every
 * table and the ledger are compared.
 */
#ifndef CAPOS_TESTS_SPACE_MODEL_H
#define CAPOS_TESTS_SPACE_MODEL_H

#include "mem/memory.h"
#include "mem/region.h"
#include "mem/space.h"

#define STRETCHES 2u
#define STRETCH_PAGES 600u
#define MEMORIES 3u

struct page {
    bool used;
    enum region_kind kind;
    uint32_t protection;
    uint32_t memory; /* index, kind memory */
    uint64_t index;  /* page of it */
    uint64_t mark;   /* what stands in it, kinds that own */
    bool head;       /* first page of a kernel region */
    uint64_t run;    /* its pages */
};

enum verb {
    MAP,
    MAP_MEMORY,
    MAP_KERNEL,
    UNMAP,
    UNMAP_MEMORY,
    UNMAP_KERNEL,
    PROTECT,
    VERBS,
};

struct change {
    enum verb verb;
    uint64_t va; /* 0: anywhere */
    uint64_t pages;
    uint32_t protection;
    uint32_t memory;
    uint64_t index;
};

/* All that a refused change must not touch. */
struct state {
    uint64_t hash;
    uint64_t used;
    uint64_t available;
    uint64_t next;
};

extern struct page model[STRETCHES][STRETCH_PAGES];
extern struct space space;
extern struct ledger *ledger;
extern struct memory *memories[MEMORIES];

/* Address of a page of a stretch, and the model's page; NULL: in none. */
uint64_t page_va(uint32_t stretch, uint64_t i);
struct page *page_at(uint64_t va);

/* What the change should return when nothing is scarce; settles its place. */
int32_t model_expect(struct change *change);

/* Does a change that has succeeded in the model; checks and marks new pages. */
void model_apply(const struct change *change);

/* Compares model and space. */
void model_check(void);

struct state state_now(void);

#endif
