/* annotate.h - what a memory checker is told: nothing, in plain builds. */
#ifndef CAPOS_CORE_ANNOTATE_H
#define CAPOS_CORE_ANNOTATE_H

#include <stddef.h>

/* The bytes belong to nobody: any access is an error. */
static inline void annotate_noaccess(const void *bytes, size_t size)
{
    (void)bytes, (void)size;
}

/* The bytes are allocated and hold nothing yet. */
static inline void annotate_undefined(const void *bytes, size_t size)
{
    (void)bytes, (void)size;
}

/* The bytes hold values. */
static inline void annotate_defined(const void *bytes, size_t size)
{
    (void)bytes, (void)size;
}

/* Blocks of a pool: who allocated and who freed is shown in reports. */
static inline void annotate_pool(const void *pool)
{
    (void)pool;
}

static inline void annotate_pool_alloc(const void *pool, const void *block,
                                       size_t size)
{
    (void)pool, (void)block, (void)size;
}

static inline void annotate_pool_free(const void *pool, const void *block)
{
    (void)pool, (void)block;
}

#endif
