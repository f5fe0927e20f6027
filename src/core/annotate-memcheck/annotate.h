/* annotate.h - tells Valgrind's Memcheck what the kernel's memory is. */
#ifndef CAPOS_CORE_ANNOTATE_H
#define CAPOS_CORE_ANNOTATE_H

#include <stddef.h>

#include <valgrind/memcheck.h>

/* The bytes belong to nobody: any access is an error. */
static inline void annotate_noaccess(const void *bytes, size_t size)
{
    (void)VALGRIND_MAKE_MEM_NOACCESS(bytes, size);
}

/* The bytes are allocated and hold nothing yet. */
static inline void annotate_undefined(const void *bytes, size_t size)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(bytes, size);
}

/* The bytes hold values. */
static inline void annotate_defined(const void *bytes, size_t size)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(bytes, size);
}

/* Blocks of a pool: who allocated and who freed is shown in reports. */
static inline void annotate_pool(const void *pool)
{
    VALGRIND_CREATE_MEMPOOL(pool, 0, 0);
}

static inline void annotate_pool_alloc(const void *pool, const void *block,
                                       size_t size)
{
    VALGRIND_MEMPOOL_ALLOC(pool, block, size);
}

static inline void annotate_pool_free(const void *pool, const void *block)
{
    VALGRIND_MEMPOOL_FREE(pool, block);
}

#endif
