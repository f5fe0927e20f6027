/*
 * sim_window.h - a window of the simulator's address space, with the page table
 * of the hal_space that owns it.
 *
 * The table says what user code may reach; beside it the host has mappings of
 * the same extent and protection. It has the geometry of the CPU's page tables,
 * three levels of 512 entries, and each node is paid for with a frame that was
 * given, so a program's account is the same on both machines; what a node holds
 * lies in the host's memory. Nodes come and go with what is mapped. One owner at
 * a time, guarded by the core's lock of the space.
 */
#ifndef SIM_WINDOW_H
#define SIM_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "sync.h"

#define SIM_NODE_BITS 9u
#define SIM_NODE_ENTRIES (1u << SIM_NODE_BITS)
#define SIM_TABLE_PAGES (1ull << (3 * SIM_NODE_BITS))

/* An entry: frame address, enum hal_protection, and a bit that it is there. */
#define SIM_ENTRY_PRESENT 8ull
#define SIM_ENTRY_PROTECTION 7ull
#define SIM_ENTRY_PHYS (~0xfffull)

struct sim_node {
    uint32_t used;
    uint64_t frame; /* that pays for it; the root's only while it is used */
    union {
        struct sim_node *child[SIM_NODE_ENTRIES];
        uint64_t entry[SIM_NODE_ENTRIES];
    };
};

struct sim_table {
    struct sim_node root;
    uint64_t spare; /* frames given and not used, linked; HAL_NO_FRAME: none */
    uint32_t spares;
};

/* An empty table without frames. */
void sim_table_init(struct sim_table *table);

/* Nodes that are missing to map [page, end), which is not empty. */
uint64_t sim_table_missing(const struct sim_table *table, uint64_t page,
                           uint64_t end);

/* Adds a frame to pay nodes with, and takes an unused one back. */
void sim_table_give(struct sim_table *table, uint64_t phys);
uint64_t sim_table_take(struct sim_table *table);

/* The entry of a page (its number in the window); 0: not mapped. */
uint64_t sim_table_get(const struct sim_table *table, uint64_t page);

/*
 * Sets an entry; false: no host memory for a node, nothing changed. Stops the
 * machine if a node cannot be paid for.
 */
bool sim_table_set(struct sim_table *table, uint64_t page, uint64_t entry);

void sim_table_clear(struct sim_table *table, uint64_t page);

/* First mapped page in [page, end), or end. */
uint64_t sim_table_next(const struct sim_table *table, uint64_t page,
                        uint64_t end);

/* Pages of equal protection, adjacent, from page (mapped) on, before end. */
uint64_t sim_table_run(const struct sim_table *table, uint64_t page,
                       uint64_t end);

/* Frees all nodes. */
void sim_table_fini(struct sim_table *table);

struct hal_space;

struct sim_window {
    sync_pointer space; /* struct hal_space *; NULL: free */
    uint32_t next_free;
    bool broken; /* the host could not follow the table: see sim_space.c */
    struct sim_table table;
};

/*
 * sim_image: programs whose text is mapped from a file. A debugger reads the
 * table, live or in a core file.
 */
#define SIM_IMAGES_MAX 512u
#define SIM_IMAGE_NAME_BYTES 32u
#define SIM_IMAGE_PATH_BYTES 128u

struct sim_image {
    uint64_t base; /* 0: free */
    uint64_t bytes;
    uint64_t text_low; /* [text_low, text_high) is mapped from the file */
    uint64_t text_high;
    uint64_t text_offset; /* of text_low in the image's bytes */
    uint64_t text_bytes;  /* from there that come from the file */
    uint64_t phys;        /* of the image's bytes */
    char name[SIM_IMAGE_NAME_BYTES];
    char path[SIM_IMAGE_PATH_BYTES];
};

extern struct sim_image sim_images[SIM_IMAGES_MAX];

/* Once, before the machine starts. */
void sim_image_setup(void);

/* For debuggers to stop at: the symbols of path are valid at base now. */
void sim_debug_image(const char *path, uint64_t base);

/*
 * True if the file of an image is mapped at [va, va + bytes), executable, and
 * phys holds the same bytes: nothing needs to be mapped.
 */
bool sim_image_keeps(uint64_t va, uint64_t phys, uint64_t bytes);

/*
 * The pages in [va, va + bytes) change: text there must come from frames from
 * now on. Gives up one image's file if one is touched, says where it was mapped
 * and returns true.
 */
bool sim_image_drop(uint64_t va, uint64_t bytes, uint64_t *low, uint64_t *high);

/* The image around va; NULL: none. */
const struct sim_image *sim_image_find(uint64_t va);

/* Forgets the images in a window that ends. */
void sim_image_forget(uint64_t base, uint64_t size);

#endif
