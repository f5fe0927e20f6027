/*
 * heap.c - the kernel heap (heap.h): slabs of one page, and runs of pages.
 *
 * Both begin with a struct heap_page of 64 bytes at the start of a page, so
 * that a block's header is found from its address: no block is page-aligned and
 * none but the first of a run starts beyond its first page. A slab holds
 * blocks of one class; a bitmap in its header says which are free, so nothing
 * is written into free blocks and the lowest one is taken first. Slabs that
 * have room stand in their class's list; an empty slab goes back to the frames
 * at once, a full one stands in no list.
 *
 * Debug builds fill free blocks with HEAP_POISON and stop when one has been
 * written to by the time it is allocated again.
 */
#include "mem/heap.h"

#include "annotate.h"
#include "check/inject.h"
#include "fail.h"
#include "hal.h"
#include "list.h"
#include "lock.h"
#include "mem/frames.h"
#include "variant.h"

#define HEAP_MAGIC 0x70616568u /* "heap" */
#define HEAP_POISON 0xdd
#define HEAP_HEADER_BYTES 64u
#define HEAP_BITMAP_WORDS 4u

/*
 * Bytes of the blocks of each class: such that a page has little left over,
 * and that a multiple of 64 lands in a class that is one.
 */
static const uint16_t heap_classes[] = {16,  32,  48,  64,  96,
                                        128, 192, 256, 384, 512,
                                        640, 768, 960, 1344, 1984};

#define HEAP_CLASSES (sizeof(heap_classes) / sizeof(heap_classes[0]))

struct heap_page {
    uint32_t magic;
    uint16_t class; /* HEAP_CLASSES: a run */
    uint16_t used;  /* slab: blocks taken */
    uint64_t phys;
    struct list_node node; /* slab: in the list of its class, or in none */
    union {
        uint64_t free[HEAP_BITMAP_WORDS]; /* slab: bit set, block free */
        uint64_t pages;                   /* run */
    };
};

_Static_assert(sizeof(struct heap_page) == HEAP_HEADER_BYTES, "header");
_Static_assert((PAGE_SIZE - HEAP_HEADER_BYTES) / 16 <= HEAP_BITMAP_WORDS * 64,
               "a slab's bitmap has a bit for each block");

static struct heap {
    struct lock lock; /* guards lists and slab headers */
    struct list partial[HEAP_CLASSES];
    uint64_t used[HEAP_CLASSES]; /* blocks taken, under the lock */
    uint64_t slabs;
    sync_u64 runs; /* in use: how many << 32 | their pages */
} heap;

/* What heap.runs changes by with a run of so many pages. */
static uint64_t run_one(uint64_t pages)
{
    return 1ull << 32 | pages;
}

void heap_init(void)
{
    lock_init(&heap.lock, LOCK_HEAP);
    annotate_pool(&heap);
    for (uint32_t class = 0; class < HEAP_CLASSES; class++) {
        list_init(&heap.partial[class]);
    }
}

static uint32_t slab_blocks(uint32_t class)
{
    return (PAGE_SIZE - HEAP_HEADER_BYTES) / heap_classes[class];
}

static uint32_t class_of(size_t bytes)
{
    uint32_t class = 0;

    while (class < HEAP_CLASSES && heap_classes[class] < bytes) {
        class++;
    }
    return class;
}

static struct heap_page *page_of(const void *block)
{
    return (struct heap_page *)((uintptr_t)block &
                                ~(uintptr_t)(PAGE_SIZE - 1));
}

/* Takes pages and writes their header. NULL: the machine is out of them. */
static struct heap_page *page_create(uint32_t class, uint64_t pages)
{
    uint64_t phys = frames_take(pages);
    struct heap_page *page;

    if (phys == HAL_NO_FRAME) {
        return NULL;
    }
    page = hal_phys_pointer(phys);
    if (VARIANT_CHECKS) {
        __builtin_memset(page, HEAP_POISON, pages * PAGE_SIZE);
    }
    annotate_noaccess(page, pages * PAGE_SIZE);
    annotate_undefined(page, HEAP_HEADER_BYTES);
    __builtin_memset(page, 0, HEAP_HEADER_BYTES);
    page->magic = HEAP_MAGIC;
    page->class = (uint16_t)class;
    page->phys = phys;
    list_node_init(&page->node);
    return page;
}

static void page_destroy(struct heap_page *page, uint64_t pages)
{
    page->magic = 0;
    frames_return(page->phys, pages);
}

static struct heap_page *slab_create_locked(uint32_t class)
{
    struct heap_page *slab = page_create(class, 1);

    if (!slab) {
        return NULL;
    }
    for (uint32_t i = 0; i < slab_blocks(class); i++) {
        slab->free[i / 64] |= 1ull << (i % 64);
    }
    list_push_front(&heap.partial[class], &slab->node);
    heap.slabs++;
    return slab;
}

/* The index of the lowest free block, which there is; it is taken. */
static uint32_t slab_take(struct heap_page *slab)
{
    uint32_t word = 0;
    uint32_t bit;

    while (slab->free[word] == 0) {
        word++;
    }
    bit = (uint32_t)__builtin_ctzll(slab->free[word]);
    slab->free[word] &= slab->free[word] - 1;
    slab->used++;
    return word * 64 + bit;
}

static void *slab_alloc_locked(uint32_t class)
{
    struct list_node *node = list_first(&heap.partial[class]);
    struct heap_page *slab;
    uint32_t index;

    slab = node ? container_of(node, struct heap_page, node)
                : slab_create_locked(class);
    if (!slab) {
        return NULL;
    }
    index = slab_take(slab);
    heap.used[class]++;
    if (slab->used == slab_blocks(class)) {
        list_remove(&slab->node);
    }
    return (char *)slab + HEAP_HEADER_BYTES +
           (size_t)index * heap_classes[class];
}

static void slab_free_locked(struct heap_page *slab, const void *block)
{
    uint32_t offset = (uint32_t)((const char *)block - (const char *)slab);
    uint32_t index = (offset - HEAP_HEADER_BYTES) / heap_classes[slab->class];
    uint64_t bit = 1ull << (index % 64);

    ASSERT(!(slab->free[index / 64] & bit));
    slab->free[index / 64] |= bit;
    if (slab->used == slab_blocks(slab->class)) {
        list_push_front(&heap.partial[slab->class], &slab->node);
    }
    slab->used--;
    heap.used[slab->class]--;
    if (slab->used == 0) {
        heap.slabs--;
        list_remove(&slab->node);
        page_destroy(slab, 1);
    }
}

/* A free block must hold nothing but poison. */
static void poison_check(const unsigned char *block, size_t bytes)
{
    annotate_defined(block, bytes);
    for (size_t i = 0; i < bytes; i++) {
        ASSERT(block[i] == HEAP_POISON);
    }
    annotate_noaccess(block, bytes);
}

static void *run_alloc(size_t bytes)
{
    uint64_t pages = (bytes + HEAP_HEADER_BYTES + PAGE_SIZE - 1) / PAGE_SIZE;
    struct heap_page *run = page_create(HEAP_CLASSES, pages);

    if (!run) {
        return NULL;
    }
    run->pages = pages;
    (void)sync_add64(&heap.runs, run_one(pages));
    return (char *)run + HEAP_HEADER_BYTES;
}

void *heap_alloc(size_t bytes)
{
    uint32_t class = class_of(bytes);
    void *block;

    if (bytes == 0 || bytes > HEAP_BYTES_MAX || inject_refuses(INJECT_HEAP)) {
        return NULL;
    }
    if (class == HEAP_CLASSES) {
        block = run_alloc(bytes);
    } else {
        lock_acquire(&heap.lock);
        block = slab_alloc_locked(class);
        lock_release(&heap.lock);
    }
    if (!block) {
        return NULL;
    }
    if (VARIANT_CHECKS) {
        poison_check(block, bytes);
    }
    annotate_pool_alloc(&heap, block, bytes);
    return __builtin_memset(block, 0, bytes);
}

/* Checks that block is the start of one of ours and returns its header. */
static struct heap_page *page_check(const void *block)
{
    struct heap_page *page = page_of(block);
    uintptr_t offset = (uintptr_t)block - (uintptr_t)page;

    ASSERT(offset >= HEAP_HEADER_BYTES && page->magic == HEAP_MAGIC &&
           page->class <= HEAP_CLASSES);
    offset -= HEAP_HEADER_BYTES;
    if (page->class == HEAP_CLASSES) {
        ASSERT(offset == 0);
    } else {
        ASSERT(offset % heap_classes[page->class] == 0 &&
               offset / heap_classes[page->class] < slab_blocks(page->class));
    }
    return page;
}

void heap_free(void *block)
{
    struct heap_page *page;

    if (!block) {
        return;
    }
    page = page_check(block);
    annotate_pool_free(&heap, block);
    if (page->class == HEAP_CLASSES) {
        (void)sync_add64(&heap.runs, 0 - run_one(page->pages));
        page_destroy(page, page->pages);
        return;
    }
    lock_acquire(&heap.lock);
    if (VARIANT_CHECKS) {
        annotate_undefined(block, heap_classes[page->class]);
        __builtin_memset(block, HEAP_POISON, heap_classes[page->class]);
        annotate_noaccess(block, heap_classes[page->class]);
    }
    slab_free_locked(page, block);
    lock_release(&heap.lock);
}

uint32_t heap_use(uint32_t class, uint64_t *used)
{
    uint64_t runs = sync_load64(&heap.runs);

    lock_acquire(&heap.lock);
    *used = class < HEAP_CLASSES    ? heap.used[class]
            : class == HEAP_CLASSES ? runs >> 32
                                    : heap.slabs + (uint32_t)runs;
    lock_release(&heap.lock);
    if (class >= HEAP_CLASSES) {
        return class == HEAP_CLASSES ? HEAP_BYTES_MAX : 0;
    }
    return heap_classes[class];
}
