/*
 * annotate.h - what a memory checker is told, as the fake machine hears it: it
 * looks at frames that are freed (fake_hal.c).
 */
#ifndef CAPOS_TESTS_ANNOTATE_H
#define CAPOS_TESTS_ANNOTATE_H

#include <stddef.h>
#include <stdint.h>

#include "limits.h"

/* Stops the test if some CPU still reaches the frame. */
void fake_frame_freed(const void *frame);

static inline void annotate_noaccess(const void *bytes, size_t size)
{
    (void)bytes, (void)size;
}

static inline void annotate_undefined(const void *bytes, size_t size)
{
    (void)bytes, (void)size;
}

static inline void annotate_defined(const void *bytes, size_t size)
{
    (void)bytes, (void)size;
}

static inline void annotate_pool(const void *pool)
{
    (void)pool;
}

static inline void annotate_pool_alloc(const void *pool, const void *block,
                                       size_t size)
{
    (void)pool, (void)block, (void)size;
}

/* Blocks of the heap never begin a page. */
static inline void annotate_pool_free(const void *pool, const void *block)
{
    (void)pool;
    if ((uintptr_t)block % PAGE_SIZE == 0) {
        fake_frame_freed(block);
    }
}

#endif
