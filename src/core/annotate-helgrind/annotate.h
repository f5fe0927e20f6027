/*
 * annotate.h - tells Valgrind's Helgrind when the kernel's memory changes hands:
 * who gets a block owns it, whoever had it before.
 */
#ifndef CAPOS_CORE_ANNOTATE_H
#define CAPOS_CORE_ANNOTATE_H

#include <stddef.h>

#include <valgrind/helgrind.h>

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

/* Blocks of a pool. */
static inline void annotate_pool(const void *pool)
{
    (void)pool;
}

static inline void annotate_pool_alloc(const void *pool, const void *block,
                                       size_t size)
{
    (void)pool;
    VALGRIND_HG_CLEAN_MEMORY(block, size);
}

static inline void annotate_pool_free(const void *pool, const void *block)
{
    (void)pool, (void)block;
}

#endif
