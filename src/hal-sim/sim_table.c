/*
 * sim_table.c - the radix tree of a window (see sim_window.h).
 *
 * Invariant: a node below the root has used > 0; used counts its non-zero
 * entries. A node with used > 0 holds one frame.
 */
#include "sim_window.h"

#include "host.h"
#include "sim.h"
#include "sim_valgrind.h"

enum {
    LEVELS = 3
};

void sim_table_init(struct sim_table *table)
{
    table->spare = HAL_NO_FRAME;
    table->spares = 0;
}

/* Spare frames are linked through their first word. */
void sim_table_give(struct sim_table *table, uint64_t phys)
{
    uint64_t *link = hal_phys_pointer(phys);

    sim_valgrind_defined(link, sizeof(*link));
    *link = table->spare;
    table->spare = phys;
    table->spares++;
}

uint64_t sim_table_take(struct sim_table *table)
{
    uint64_t phys = table->spare;

    if (phys != HAL_NO_FRAME) {
        table->spare = *(uint64_t *)hal_phys_pointer(phys);
        table->spares--;
    }
    return phys;
}

/* A new entry in the node, which is paid for with its first one. */
static void node_add(struct sim_table *table, struct sim_node *node)
{
    if (node->used++ == 0) {
        node->frame = sim_table_take(table);
        if (node->frame == HAL_NO_FRAME) {
            hal_stop("a mapping was not prepared with hal_space_tables");
        }
    }
}

static void node_remove(struct sim_table *table, struct sim_node *node)
{
    if (--node->used == 0) {
        sim_table_give(table, node->frame);
    }
}

static uint32_t index_at(uint64_t page, uint32_t level)
{
    return (uint32_t)(page >> (SIM_NODE_BITS * level)) & (SIM_NODE_ENTRIES - 1);
}

uint64_t sim_table_get(const struct sim_table *table, uint64_t page)
{
    const struct sim_node *node = &table->root;

    if (page >= SIM_TABLE_PAGES) {
        return 0;
    }
    for (uint32_t level = LEVELS - 1; level > 0; level--) {
        node = node->child[index_at(page, level)];
        if (node == NULL) {
            return 0;
        }
    }
    return node->entry[index_at(page, 0)];
}

/* Frees the nodes on the way to page that hold nothing. */
static void prune(struct sim_table *table, uint64_t page)
{
    struct sim_node *top = &table->root;
    struct sim_node *middle = top->child[index_at(page, 2)];

    if (middle == NULL) {
        return;
    }
    struct sim_node *leaf = middle->child[index_at(page, 1)];

    if (leaf != NULL && leaf->used == 0) {
        host_free(leaf);
        middle->child[index_at(page, 1)] = NULL;
        node_remove(table, middle);
    }
    if (middle->used == 0) {
        host_free(middle);
        top->child[index_at(page, 2)] = NULL;
        node_remove(table, top);
    }
}

bool sim_table_set(struct sim_table *table, uint64_t page, uint64_t entry)
{
    struct sim_node *node = &table->root;

    for (uint32_t level = LEVELS - 1; level > 0; level--) {
        struct sim_node **child = &node->child[index_at(page, level)];

        if (*child == NULL) {
            *child = host_alloc(sizeof(**child));
            if (*child == NULL) {
                prune(table, page);
                return false;
            }
            node_add(table, node);
        }
        node = *child;
    }
    uint64_t *slot = &node->entry[index_at(page, 0)];

    if (*slot == 0) {
        node_add(table, node);
    }
    *slot = entry;
    return true;
}

void sim_table_clear(struct sim_table *table, uint64_t page)
{
    struct sim_node *node = &table->root;

    for (uint32_t level = LEVELS - 1; level > 0; level--) {
        node = node->child[index_at(page, level)];
        if (node == NULL) {
            return;
        }
    }
    uint64_t *slot = &node->entry[index_at(page, 0)];

    if (*slot != 0) {
        *slot = 0;
        node_remove(table, node);
        prune(table, page);
    }
}

uint64_t sim_table_missing(const struct sim_table *table, uint64_t page,
                           uint64_t end)
{
    uint64_t missing = table->root.used == 0;
    uint64_t middle_page = 1ull << (2 * SIM_NODE_BITS);
    uint64_t leaf_page = 1ull << SIM_NODE_BITS;

    while (page < end) {
        const struct sim_node *middle =
            table->root.child[index_at(page, 2)];
        uint64_t next = (page / middle_page + 1) * middle_page;

        missing += middle == NULL;
        for (; page < next && page < end;
             page = (page / leaf_page + 1) * leaf_page) {
            missing += middle == NULL ||
                       middle->child[index_at(page, 1)] == NULL;
        }
    }
    return missing;
}

uint64_t sim_table_next(const struct sim_table *table, uint64_t page,
                        uint64_t end)
{
    while (page < end) {
        const struct sim_node *node = &table->root;
        uint32_t level = LEVELS - 1;

        while (level > 0 && node->child[index_at(page, level)] != NULL) {
            node = node->child[index_at(page, level)];
            level--;
        }
        if (level == 0 && node->entry[index_at(page, 0)] != 0) {
            return page;
        }
        uint64_t step = 1ull << (SIM_NODE_BITS * level);

        page = (page / step + 1) * step;
    }
    return end;
}

uint64_t sim_table_run(const struct sim_table *table, uint64_t page,
                       uint64_t end)
{
    uint64_t first = sim_table_get(table, page) & SIM_ENTRY_PROTECTION;
    uint64_t count = 1;

    while (page + count < end) {
        uint64_t entry = sim_table_get(table, page + count);

        if (entry == 0 || (entry & SIM_ENTRY_PROTECTION) != first) {
            break;
        }
        count++;
    }
    return count;
}

void sim_table_fini(struct sim_table *table)
{
    for (uint32_t i = 0; i < SIM_NODE_ENTRIES; i++) {
        struct sim_node *middle = table->root.child[i];

        for (uint32_t j = 0; middle != NULL && j < SIM_NODE_ENTRIES; j++) {
            host_free(middle->child[j]);
        }
        host_free(middle);
        table->root.child[i] = NULL;
    }
    table->root.used = 0;
}
