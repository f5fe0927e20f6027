/*
 * machine_alloc.c - the core's allocators, watched.
 *
 * The linker sends calls of the frame allocator and of the heap through these
 * functions (--wrap), so the explorer knows what is free: a freed frame must be
 * out of everybody's reach, and freed memory is not to be touched.
 */
#include "machine.h"
#include "machine_alloc.h"

#include "engine.h"
#include "mem/frames.h"
#include "mem/heap.h"

#define UNIT_BYTES 16u

uint64_t __real_frame_alloc(void);
uint64_t __real_frame_alloc_zeroed(void);
uint64_t __real_frames_alloc_run(uint64_t pages, uint64_t *got);
uint64_t __real_frames_alloc_contiguous(uint64_t pages);
uint64_t __real_frames_take(uint64_t pages);
void __real_frames_free(uint64_t phys, uint64_t pages);
void __real_frames_return(uint64_t phys, uint64_t pages);
void *__real_heap_alloc(size_t bytes);
void __real_heap_free(void *block);

uint64_t __wrap_frame_alloc(void);
uint64_t __wrap_frame_alloc_zeroed(void);
uint64_t __wrap_frames_alloc_run(uint64_t pages, uint64_t *got);
uint64_t __wrap_frames_alloc_contiguous(uint64_t pages);
uint64_t __wrap_frames_take(uint64_t pages);
void __wrap_frames_free(uint64_t phys, uint64_t pages);
void __wrap_frames_return(uint64_t phys, uint64_t pages);
void *__wrap_heap_alloc(size_t bytes);
void __wrap_heap_free(void *block);

/* Of each block, where it begins. */
static uint32_t block_bytes[MACHINE_MEMORY_BYTES / UNIT_BYTES];
static uint32_t blocks;

uint32_t machine_blocks(void)
{
    return blocks;
}

static void changes(void *at, size_t bytes)
{
    uint32_t offset;

    if (state_holds(at, &offset)) {
        state_dirty(offset, (uint32_t)bytes);
    }
}

static uint32_t *bytes_of(const void *block)
{
    size_t offset = (size_t)((const unsigned char *)block - machine_memory);
    uint32_t *bytes = &block_bytes[offset / UNIT_BYTES];

    REQUIRE(offset < MACHINE_MEMORY_BYTES);
    changes(bytes, sizeof(*bytes));
    changes(&blocks, sizeof(blocks));
    return bytes;
}

/* --------------------------------------------------------------------- frames */

static uint64_t taken(uint64_t phys, uint64_t pages)
{
    explore_allocator_end();
    if (phys != HAL_NO_FRAME) {
        explore_taken(hal_phys_pointer(phys), pages * PAGE_SIZE);
    }
    return phys;
}

uint64_t __wrap_frame_alloc(void)
{
    explore_allocator_begin();
    return taken(__real_frame_alloc(), 1);
}

uint64_t __wrap_frame_alloc_zeroed(void)
{
    explore_allocator_begin();
    return taken(__real_frame_alloc_zeroed(), 1);
}

uint64_t __wrap_frames_alloc_run(uint64_t pages, uint64_t *got)
{
    uint64_t phys;

    explore_allocator_begin();
    phys = __real_frames_alloc_run(pages, got);
    return taken(phys, *got);
}

uint64_t __wrap_frames_alloc_contiguous(uint64_t pages)
{
    explore_allocator_begin();
    return taken(__real_frames_alloc_contiguous(pages), pages);
}

uint64_t __wrap_frames_take(uint64_t pages)
{
    explore_allocator_begin();
    return taken(__real_frames_take(pages), pages);
}

void __wrap_frames_free(uint64_t phys, uint64_t pages)
{
    machine_unreachable(phys, pages);
    explore_freed(hal_phys_pointer(phys), pages * PAGE_SIZE);
    explore_allocator_begin();
    __real_frames_free(phys, pages);
    explore_allocator_end();
}

void __wrap_frames_return(uint64_t phys, uint64_t pages)
{
    machine_unreachable(phys, pages);
    explore_freed(hal_phys_pointer(phys), pages * PAGE_SIZE);
    explore_allocator_begin();
    __real_frames_return(phys, pages);
    explore_allocator_end();
}

/* ----------------------------------------------------------------------- heap */

void *__wrap_heap_alloc(size_t bytes)
{
    void *block;

    explore_allocator_begin();
    block = __real_heap_alloc(bytes);
    explore_allocator_end();
    if (block) {
        explore_taken(block, (bytes + UNIT_BYTES - 1) & ~(UNIT_BYTES - 1));
        *bytes_of(block) = (uint32_t)bytes;
        blocks++;
    }
    return block;
}

void __wrap_heap_free(void *block)
{
    if (block) {
        uint32_t *bytes = bytes_of(block);

        if (*bytes == 0) {
            explore_fail("double free", "block at state of the heap");
        }
        explore_freed(block, (*bytes + UNIT_BYTES - 1) & ~(UNIT_BYTES - 1));
        *bytes = 0;
        blocks--;
    }
    explore_allocator_begin();
    __real_heap_free(block);
    explore_allocator_end();
}

/* ---------------------------------------------------------------------- locks */

/*
 * Who owns a lock is written by the owner alone and asked by each CPU about
 * itself, so no other CPU can change what these find: no point is needed.
 */
struct lock;
void __real_lock_check_wanted(const struct lock *lock);
void __real_lock_check_taken(struct lock *lock);
void __real_lock_check_leaving(struct lock *lock);
void __wrap_lock_check_wanted(const struct lock *lock);
void __wrap_lock_check_taken(struct lock *lock);
void __wrap_lock_check_leaving(struct lock *lock);

void __wrap_lock_check_wanted(const struct lock *lock)
{
    explore_quiet(true);
    __real_lock_check_wanted(lock);
    explore_quiet(false);
}

void __wrap_lock_check_taken(struct lock *lock)
{
    explore_quiet(true);
    __real_lock_check_taken(lock);
    explore_quiet(false);
}

void __wrap_lock_check_leaving(struct lock *lock)
{
    explore_quiet(true);
    __real_lock_check_leaving(lock);
    explore_quiet(false);
}
